using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Finds the model call in a piece of code, or the wrapper that makes it, that was given no token.</summary>
internal static class CallWithin
{
    /// <summary>The call, and what it is with the token; null when there is none that takes one.</summary>
    public static (SyntaxNode Call, SyntaxNode WithToken)? WithToken(FixTarget target, SyntaxNode code, ExpressionSyntax token, CancellationToken cancellationToken)
    {
        foreach (var invocation in code.DescendantNodesAndSelf().OfType<InvocationExpressionSyntax>())
        {
            if (target.InvocationAt(invocation, cancellationToken) is { } operation
                && (target.Context.FindRequest(operation.TargetMethod, operation.ReceiverType(), operation) is not null
                    || target.Context.Wrappers.MakesCall(operation.TargetMethod, cancellationToken))
                && TokenPassed.To(operation).Verdict == Verdict.No
                && TokenArgument.Add(invocation, token, target.Model, cancellationToken) is { } withToken)
                return (invocation, withToken);
        }

        return null;
    }
}
