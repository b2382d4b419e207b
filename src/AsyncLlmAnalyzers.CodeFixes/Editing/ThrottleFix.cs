using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Base of the fixes for a rate limit that is given up: the call, marked itself or by its handler, goes through a throttle.</summary>
internal abstract class ThrottleFix(string id) : LlmFix(id)
{
    protected sealed override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [new("Throttle", "Call through the client's LlmThrottle, with the client's own retries off", cancellationToken => Task.FromResult(
            CallOf(target, cancellationToken) is { } call ? ThrottleCall.Execute(target, call, cancellationToken) : null))];

    private static InvocationExpressionSyntax? CallOf(FixTarget target, CancellationToken cancellationToken) =>
        target.FirstAncestor<CatchClauseSyntax>() is { } clause && !clause.Block.Span.Contains(target.Token.Span)
            ? (clause.Parent as TryStatementSyntax)?.Block.DescendantNodes().OfType<InvocationExpressionSyntax>()
                .FirstOrDefault(call => target.InvocationAt(call, cancellationToken) is { } operation && LlmCall.From(operation, target.Context) is not null)
            : target.FirstAncestor<InvocationExpressionSyntax>() is { } marked && Site.NameOf(marked)?.Identifier == target.Token ? marked : null;
}
