using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Which tokens in scope should a call or enumeration at this place be given?</summary>
internal static class TokenWanted
{
    /// <summary>
    /// None where there is no token to name, where the work it belongs to is over or goes on without its caller, and where the
    /// call stands in the overload that passing it would call. Several when the nearest function has several.
    /// </summary>
    /// <param name="site">The call or enumeration.</param>
    /// <param name="except">Tokens that do not count: one that was made of another, say.</param>
    public static ImmutableArray<ISymbol> At(IOperation site, Func<ISymbol, bool>? except = null)
    {
        var scope = TokenScope.At(site, except);
        return scope.Tokens.IsEmpty || !Within(site, scope.Function) ? [] : scope.Tokens;
    }

    /// <summary>Would a call at this place want a token that <paramref name="function"/> around it has?</summary>
    public static bool Within(IOperation site, IOperation function) =>
        !IsRecursion(site)
        && !site.IsInExpressionTree()
        && AfterCancellation.Of(site, function).Verdict != Verdict.Yes
        && Joined.Within(site, function);

    /// <summary>The overload with the token may be the very member the call stands in.</summary>
    private static bool IsRecursion(IOperation site) =>
        site is IInvocationOperation { TargetMethod: var target } call
        && site.EnclosingMember() is { } member
        && member.Name == target.Name
        && (SymbolEqualityComparer.Default.Equals(member.ContainingType?.OriginalDefinition, target.ContainingType.OriginalDefinition)
            || call.Instance is IInstanceReferenceOperation { Syntax: not BaseExpressionSyntax });
}
