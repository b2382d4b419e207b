using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.HandlerNeverFires;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a handler around model calls catches an exception that their library wraps in one of its own, and so never lets through.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>another handler of the same <c>try</c> catches what the library does throw, or a base type of it;</item>
/// <item>something else in the <c>try</c> may throw that type, or the library behind the call is not known;</item>
/// <item>the call is a stream: what reads from the network while it runs throws what it likes.</item>
/// </list>
/// </summary>
internal sealed class HandlerNeverFiresRule : LlmRule
{
    public const string Id = "ALLM4009";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A handler waits for an exception that this library does not throw",
        message: "'{0}' never throws {1}: its failures arrive as {2}, so this handler never runs and they pass it by",
        DiagnosticSeverity.Warning,
        description: "Client libraries wrap what the network throws in exceptions of their own. A handler for the wrong type compiles, reads well and never runs, and the failure it was written for reaches the caller.");

    private static readonly HashSet<string> HarmlessNamespaces = new(StringComparer.Ordinal)
    {
        "System", "System.Text", "System.Linq", "System.Collections.Generic", "System.Globalization", "Microsoft.Extensions.Logging", "System.Diagnostics",
    };

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 40;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.Catch && name is "HttpRequestException" or "WebException" or nameof(TimeoutException);

    public override Finding? Inspect(Site site)
    {
        if (site.Operation is not ICatchClauseOperation { Parent: ITryOperation attempt, ExceptionType: INamedTypeSymbol caught } clause)
            return null;

        var name = caught.ToDisplayString();
        var calls = new List<LlmCall>();
        foreach (var operation in attempt.Body.Descendants())
        {
            if (operation is IInvocationOperation invocation && LlmCall.From(invocation, site.Context) is { } call)
                calls.Add(call);
            else if (MayThrowIt(operation))
                return null;
        }

        if (calls.Count == 0 || !calls.All(call => call.Shape is CallShape.Task or CallShape.Sync && call.Entry.NeverThrown.Contains(name) && call.Entry.RateLimit.Length > 0))
            return null;

        var error = calls[0].Entry.RateLimit;
        var types = site.Context.Compilation.GetTypesByMetadataName(error.Split(':')[0]);
        return types.IsEmpty || attempt.Catches.Any(other => other != clause && types.Any(type => type.IsOrDerivesFrom(other.ExceptionType)))
            ? null
            : new Finding(
                Descriptor,
                RetryHandler.LocationOf(clause),
                DiagnosticProperties.ErrorType.AddTo(ImmutableDictionary<string, string?>.Empty, error),
                calls[0].Method.Name,
                caught.Name,
                RootOf(types[0]).Name).Quoting(calls[0].Entry, site.Context.Compilation);
    }

    /// <summary>The library's own base of the exception: other failures than an error status derive from it, too.</summary>
    private static INamedTypeSymbol RootOf(INamedTypeSymbol error)
    {
        while (error.BaseType is { } ancestor && SymbolEqualityComparer.Default.Equals(ancestor.ContainingAssembly, error.ContainingAssembly))
            error = ancestor;
        return error;
    }

    /// <summary>What runs beside the model call and is not known to be harmless.</summary>
    private static bool MayThrowIt(IOperation operation) => operation switch
    {
        IInvocationOperation { TargetMethod.Name: nameof(Task.ConfigureAwait) } => false,
        IPropertyReferenceOperation { Property: { Name: TaskWait.ResultName, ContainingType: var task } } => ReturnTypes.IsAsynchronous(task), // in an AggregateException
        IInvocationOperation { TargetMethod: { MethodKind: not MethodKind.DelegateInvoke, ContainingType.ContainingNamespace: { } containing } method } =>
            !HarmlessNamespaces.Contains(containing.ToDisplayString()) && !IsPartOfTheLibrary(method.ContainingType),
        IInvocationOperation => true,
        IThrowOperation => true,
        IForEachLoopOperation { IsAsynchronous: true } => true,
        IUsingDeclarationOperation or IUsingOperation => true,
        _ => false,
    };

    /// <summary>Messages, options and answers are made by the library's own types; only calls send requests.</summary>
    private static bool IsPartOfTheLibrary(INamedTypeSymbol type)
    {
        for (var current = type.ContainingNamespace; current is { IsGlobalNamespace: false }; current = current.ContainingNamespace)
        {
            if (current is { ContainingNamespace.IsGlobalNamespace: true, Name: "OpenAI" or "Anthropic" } || current.ToDisplayString() == "System.ClientModel")
                return type.TypeKind is TypeKind.Class or TypeKind.Struct && !type.Name.EndsWith("Client", StringComparison.Ordinal);
        }

        return false;
    }
}
