using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>The summaries of the functions of this compilation, each read once.</summary>
internal sealed class Bodies(LlmContext context)
{
    private readonly ConcurrentDictionary<IMethodSymbol, BodySummary> _summaries = new(SymbolEqualityComparer.Default);

    /// <summary>The summary of a method or local function; empty when it has no body here.</summary>
    public BodySummary Of(IMethodSymbol method, CancellationToken cancellationToken)
    {
        method = (method.PartialImplementationPart ?? method).OriginalDefinition;
        return _summaries.TryGetValue(method, out var known)
            ? known
            : _summaries.GetOrAdd(method, Summarize(method, cancellationToken));
    }

    public IOperation? Operation(IMethodSymbol method, CancellationToken cancellationToken)
    {
        foreach (var reference in method.DeclaringSyntaxReferences)
        {
            if (context.GetModel(reference.SyntaxTree)?.GetOperation(reference.GetSyntax(cancellationToken), cancellationToken) is { } operation)
                return operation;
        }

        return null;
    }

    /// <summary>The function has a declaration in this compilation, so its body can be read.</summary>
    public bool IsInSource(IMethodSymbol method) =>
        method.DeclaringSyntaxReferences.Any(reference => context.Compilation.ContainsSyntaxTree(reference.SyntaxTree));

    private BodySummary Summarize(IMethodSymbol method, CancellationToken cancellationToken) =>
        Operation(method, cancellationToken) is { } body
            ? new BodyReader(context, body, method, cancellationToken).Read(body)
            : BodySummary.Empty;
}
