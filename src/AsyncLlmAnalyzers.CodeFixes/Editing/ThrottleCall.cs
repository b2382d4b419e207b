using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Makes a call through the throttle of its client: <c>LlmThrottle.For(client).ExecuteAsync(token => call, outer)</c>.</summary>
internal static class ThrottleCall
{
    /// <summary>The document with the awaited call made that way; null where nothing lasting names the client, or the call is not awaited in place.</summary>
    public static Document? Execute(FixTarget target, InvocationExpressionSyntax call, CancellationToken cancellationToken) =>
        IsAwaited(call) && Run(target, call, RuntimeNames.ExecuteAsync, cancellationToken) is { } run
            ? target.Document.WithSyntaxRoot(target.Root.ReplaceNode(call, run.WithTriviaFrom(call)))
            : null;

    /// <summary>The call through the throttle; the token it was given, or the one in scope, is the throttle's, and the call gets the attempt's.</summary>
    public static InvocationExpressionSyntax? Run(FixTarget target, InvocationExpressionSyntax call, string member, CancellationToken cancellationToken)
    {
        if (!target.Context.HasRuntime
            || target.InvocationAt(call, cancellationToken) is not { } operation
            || operation.Receiver() is not { Syntax: ExpressionSyntax client } receiver
            || !IsLasting(receiver)
            || ConditionalAccess.IsInside(call))
            return null;

        var editor = new LlmEditor(target.Root, target.Model);
        var given = operation.Arguments.FirstOrDefault(argument => argument.ArgumentKind == ArgumentKind.Explicit && argument.Value.Type?.Name == nameof(CancellationToken) && !argument.Value.IsNoToken())?.Value.Syntax as ExpressionSyntax;
        var outer = given?.WithoutTrivia().ToString() ?? TokenScope.At(operation).Only?.Name;
        var name = editor.FreshParameterName(outer == "ct" ? "token" : "ct", call);
        var token = SyntaxFactory.IdentifierName(name);
        var inner = given is null
            ? TokenArgument.Add(call, token, target.Model, cancellationToken) as InvocationExpressionSyntax
            : call.ReplaceNode(given, token.WithTriviaFrom(given));

        var run = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmThrottle}.{RuntimeNames.For}({client.WithoutTrivia()}).{member}({(inner is null ? "_" : name)} => {Template.Hole}{(outer is null ? "" : $", {outer}")})");
        return run
            .Fill((inner ?? call).WithoutOuterWhitespace())
            .WithAdditionalAnnotations(Simplifier.AddImportsAnnotation, Simplifier.Annotation);
    }

    private static bool IsAwaited(InvocationExpressionSyntax call) =>
        call.Parent is AwaitExpressionSyntax
        || call.Parent is MemberAccessExpressionSyntax { Name.Identifier.ValueText: "ConfigureAwait", Parent: InvocationExpressionSyntax { Parent: AwaitExpressionSyntax } };

    /// <summary>Not made for this one call: a throttle that nobody else finds limits nothing.</summary>
    private static bool IsLasting(IOperation client) => client switch
    {
        IFieldReferenceOperation or IParameterReferenceOperation => true,
        IPropertyReferenceOperation { Property.IsIndexer: false } property => property.Instance is null or IInstanceReferenceOperation || IsLasting(property.Instance),
        _ => false,
    };
}
