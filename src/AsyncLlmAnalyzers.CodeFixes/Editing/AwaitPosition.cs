using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>May an <c>await</c> stand here, once the function around it is async? Where only the compiler's last phase would object, it is asked here.</summary>
internal static class AwaitPosition
{
    /// <summary>The function whose async-ness the place depends on: a lambda, a local function, a method, or the file of top-level statements; null for none that could be async.</summary>
    public static SyntaxNode? FunctionOf(SyntaxNode place)
    {
        foreach (var ancestor in place.Ancestors())
        {
            switch (ancestor)
            {
                case AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax or MethodDeclarationSyntax:
                    return ancestor;
                case GlobalStatementSyntax:
                    return ancestor.Parent;
                case MemberDeclarationSyntax or AccessorDeclarationSyntax or AttributeListSyntax:
                    return null;
            }
        }

        return null;
    }

    public static bool Allows(ExpressionSyntax place, SyntaxNode function, SemanticModel model, CancellationToken cancellationToken)
    {
        for (SyntaxNode child = place, parent = place.Parent!; child != function && parent is not null; child = parent, parent = parent.Parent!)
        {
            switch (parent)
            {
                case LockStatementSyntax @lock when child == @lock.Statement:
                case CatchFilterClauseSyntax or UnsafeStatementSyntax or FixedStatementSyntax:
                case QueryExpressionSyntax query when child != query.FromClause:
                case TryStatementSyntax @try when child == @try.Block && @try.Catches.Any(CatchesAggregate):
                case CommonForEachStatementSyntax forEach when child == forEach.Statement && model.GetForEachStatementInfo(forEach).GetEnumeratorMethod?.ReturnType.IsRefLikeType == true:
                case UsingStatementSyntax { Expression: { } resource } when child != resource && IsRefLike(resource):
                    return false;
            }

            if (parent is ExpressionSyntax or ArgumentSyntax or BaseArgumentListSyntax or EqualsValueClauseSyntax && EvaluatedBefore(child, parent).Any(IsRefLike))
                return false;
        }

        return !RefLikeLocals(function, place, model, cancellationToken).Any(local => IsReadAfter(local, place, function, model, cancellationToken));

        // An await throws the first exception itself, so this handler would no longer be reached.
        bool CatchesAggregate(CatchClauseSyntax handler) =>
            handler.Declaration is { } declaration && model.GetTypeInfo(declaration.Type, cancellationToken).Type is { Name: nameof(AggregateException) };

        bool IsRefLike(SyntaxNode expression) => expression.DescendantNodesAndSelf().OfType<ExpressionSyntax>().Any(part =>
            model.GetTypeInfo(part, cancellationToken) is var info && (info.Type?.IsRefLikeType == true || info.ConvertedType?.IsRefLikeType == true)
            || model.GetSymbolInfo(part, cancellationToken).Symbol is IMethodSymbol { RefKind: not RefKind.None } or IPropertySymbol { RefKind: not RefKind.None });
    }

    private static IEnumerable<SyntaxNode> EvaluatedBefore(SyntaxNode child, SyntaxNode parent) => parent.ChildNodes().TakeWhile(node => node != child);

    /// <summary>The locals declared before the place that cannot be kept while it waits: ref locals and spans.</summary>
    private static IEnumerable<ILocalSymbol> RefLikeLocals(SyntaxNode function, SyntaxNode place, SemanticModel model, CancellationToken cancellationToken) => AsyncFunctions
        .NodesOf(function)
        .Where(node => node.SpanStart < place.SpanStart && node is SingleVariableDesignationSyntax or ForEachStatementSyntax or VariableDeclaratorSyntax)
        .Where(node => node is not VariableDeclaratorSyntax || !node.Span.Contains(place.Span)) // it gets its value after the wait
        .Select(node => model.GetDeclaredSymbol(node, cancellationToken))
        .OfType<ILocalSymbol>()
        .Where(local => local.IsRef || local.Type.IsRefLikeType);

    private static bool IsReadAfter(ILocalSymbol local, SyntaxNode place, SyntaxNode function, SemanticModel model, CancellationToken cancellationToken)
    {
        var declaration = local.DeclaringSyntaxReferences[0].GetSyntax(cancellationToken);
        var loop = place.Ancestors().LastOrDefault(ancestor => ancestor is StatementSyntax and (WhileStatementSyntax or DoStatementSyntax or ForStatementSyntax or CommonForEachStatementSyntax)
            && function.Span.Contains(ancestor.Span) && !ancestor.Span.Contains(declaration.Span));
        return local.IsUsing || function.DescendantNodes().OfType<IdentifierNameSyntax>().Any(name =>
            name.Identifier.ValueText == local.Name
            && (name.SpanStart > place.Span.End || loop?.Span.Contains(name.Span) == true)
            && SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(name, cancellationToken).Symbol, local));
    }
}
