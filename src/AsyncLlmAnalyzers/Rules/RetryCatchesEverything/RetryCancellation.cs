using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Rules.RetryCatchesEverything;

/// <summary>By which token can what a retry repeats be cancelled?</summary>
internal static class RetryCancellation
{
    /// <summary>The expression of the only one in scope, else of the one that the call is given; empty where that cannot be said again; null for none, so that what looks like a cancellation is a timeout.</summary>
    public static string? Of(RetryHandler retry)
    {
        var scope = TokenScope.At(retry.Clause);
        if (scope.OnlyName is { } token)
            return token;

        return TokenPassed.To(retry.Call, out var passed).Verdict == Verdict.Yes ? Name(passed) : scope.Tokens.IsEmpty ? null : "";
    }

    /// <summary>A chain of names, which can be said twice.</summary>
    private static string Name(IOperation? token) =>
        token?.WithoutConversions() is IFieldReferenceOperation or IPropertyReferenceOperation && token.Syntax.DescendantNodesAndSelf().All(part => part is IdentifierNameSyntax or MemberAccessExpressionSyntax or ThisExpressionSyntax)
            ? token.Syntax.ToString()
            : "";
}
