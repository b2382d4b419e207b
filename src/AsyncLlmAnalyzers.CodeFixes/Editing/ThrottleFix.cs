using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Base of the fixes for a rate limit that is given up: the call, marked itself or by its handler, goes through a throttle, or is repeated for itself.</summary>
internal abstract class ThrottleFix(string id) : LlmFix(id)
{
    protected sealed override IEnumerable<FixCandidate> Candidates(FixTarget target) => RefusedCall.Of(target, CallOf(target, default), _ => true);

    private static InvocationExpressionSyntax? CallOf(FixTarget target, CancellationToken cancellationToken) =>
        target.FirstAncestor<CatchClauseSyntax>() is { } clause && !clause.Block.Span.Contains(target.Token.Span)
            ? (clause.Parent as TryStatementSyntax)?.Block.DescendantNodes().OfType<InvocationExpressionSyntax>()
                .FirstOrDefault(call => ThrottleCall.IsAwaited(call) && target.InvocationAt(call, cancellationToken) is { } operation && LlmCall.From(operation, target.Context) is not null)
            : RefusedCall.Marked(target);
}
