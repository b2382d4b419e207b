using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds every call of a private method or local function.</summary>
internal sealed class Callers(LlmContext context)
{
    /// <summary>All calls, or none when one use is not a plain call (a method group, say) and so cannot be followed.</summary>
    public ImmutableArray<IInvocationOperation> Of(IMethodSymbol method, CancellationToken cancellationToken)
    {
        var calls = ImmutableArray.CreateBuilder<IInvocationOperation>();
        foreach (var scope in ScopesOf(method, cancellationToken))
        {
            if (context.GetModel(scope.SyntaxTree) is not { } model)
                return [];

            foreach (var name in scope.DescendantNodes().OfType<SimpleNameSyntax>())
            {
                if (name.Identifier.ValueText != method.Name || !IsReferenceTo(method, name, model, cancellationToken))
                    continue;

                var invocation = name.Ancestors().OfType<InvocationExpressionSyntax>().FirstOrDefault();
                if (invocation is null || Site.NameOf(invocation) != name || model.GetOperation(invocation, cancellationToken) is not IInvocationOperation call)
                    return [];

                calls.Add(call);
            }
        }

        return calls.ToImmutable();
    }

    private static bool IsReferenceTo(IMethodSymbol method, SimpleNameSyntax name, SemanticModel model, CancellationToken cancellationToken)
    {
        var info = model.GetSymbolInfo(name, cancellationToken);
        return (info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols)
            .Any(candidate => SymbolEqualityComparer.Default.Equals(candidate.OriginalDefinition, method.OriginalDefinition));
    }

    private static IEnumerable<SyntaxNode> ScopesOf(IMethodSymbol method, CancellationToken cancellationToken)
    {
        var scope = method.MethodKind == MethodKind.LocalFunction ? method.ContainingSymbol : method.ContainingType;
        while (scope is IMethodSymbol { MethodKind: MethodKind.AnonymousFunction or MethodKind.LocalFunction })
            scope = scope.ContainingSymbol;
        return scope.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax(cancellationToken));
    }
}
