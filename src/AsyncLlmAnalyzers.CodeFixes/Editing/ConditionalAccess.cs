using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

internal static class ConditionalAccess
{
    /// <summary>The expression begins after a <c>?.</c>: awaiting it alone would lose the test for null, awaiting the whole would await null.</summary>
    public static bool IsInside(ExpressionSyntax expression)
    {
        for (SyntaxNode child = expression, parent = expression.Parent!; parent is ExpressionSyntax; child = parent, parent = parent.Parent!)
        {
            if (parent is ConditionalAccessExpressionSyntax access && access.WhenNotNull == child)
                return true;
        }

        return false;
    }
}
