using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Gives a Semantic Kernel builder an OpenAI client that retries, in place of the key it makes one of whose retries are off:
/// <c>AddOpenAIChatCompletion(model, new OpenAIClient(..))</c>.
/// </summary>
internal static class KernelClientEdit
{
    private const string Client = "OpenAI.OpenAIClient";
    private static readonly HashSet<string> HttpRegistrations = new(StringComparer.Ordinal) { "AddHttpClient", "ConfigureHttpClientDefaults" };

    /// <summary>Null where the builder may have an HttpClient of the application's, which the client would go past, or is given more than a model, a key and an id.</summary>
    public static Document? Apply(FixTarget target, CancellationToken cancellationToken)
    {
        if (RefusedCall.Marked(target) is not { } call
            || target.InvocationAt(call, cancellationToken) is not { } operation
            || target.Context.Catalog.FindClientMethod(operation.TargetMethod, operation.ReceiverType())?.TraitValue("inner") != Client
            || !IsOwnKernel(operation)
            || target.Context.Names.Invocations(HttpRegistrations.Contains, cancellationToken).Any())
            return null;

        var written = operation.Arguments.Where(argument => argument is { ArgumentKind: ArgumentKind.Explicit, Syntax: ArgumentSyntax }).ToList();
        if (written.Exists(argument => argument.Parameter?.Name is not ("modelId" or "apiKey" or "serviceId") || argument.Parameter.Name == "serviceId" && argument.Syntax is ArgumentSyntax { NameColon: null })
            || written.Find(argument => argument.Parameter?.Name == "apiKey")?.Syntax is not ArgumentSyntax key
            || Overload(operation.TargetMethod) is not { } parameter)
            return null;

        var seconds = Hosting.Options.AttemptTimeoutSeconds.Read(target.Options).ToString(CultureInfo.InvariantCulture);
        var client = Template.Short(
            $"new global::{Client}(new global::System.ClientModel.ApiKeyCredential({Template.Hole}), new global::OpenAI.OpenAIClientOptions {{ NetworkTimeout = global::System.TimeSpan.FromSeconds({seconds}), RetryPolicy = new global::System.ClientModel.Primitives.ClientRetryPolicy(maxRetries: 3) }})")
            .Fill(key.Expression.WithoutTrivia())
            .WithTriviaFrom(key.Expression);
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNode(key, key.WithExpression(client).WithNameColon(key.NameColon?.WithName(SyntaxFactory.IdentifierName(parameter)))));
    }

    /// <summary>Made by <c>Kernel.CreateBuilder()</c>, with services of its own.</summary>
    private static bool IsOwnKernel(IInvocationOperation registration)
    {
        var builder = registration.Receiver();
        while (builder is IInvocationOperation { TargetMethod.Name: not "CreateBuilder" } step)
            builder = step.Receiver();
        if (builder is ILocalReferenceOperation local)
            builder = local.Initializer()?.WithoutConversions();
        return builder is IInvocationOperation { TargetMethod: { Name: "CreateBuilder", ContainingType.Name: "Kernel" } };
    }

    /// <summary>What the method that takes a model and a client calls the client.</summary>
    private static string? Overload(IMethodSymbol method) => method.ContainingType.GetMembers(method.Name).OfType<IMethodSymbol>()
        .Select(overload => overload.Parameters)
        .Where(parameters => parameters.Length > 2 && parameters[1].Name == "modelId" && parameters[2].Type is { Name: "OpenAIClient", ContainingNamespace.Name: "OpenAI" })
        .Select(parameters => parameters[2].Name)
        .FirstOrDefault();
}
