using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The runtime's ways to repeat a call that was refused: with all callers of its client, or for itself.</summary>
internal static class RefusedCall
{
    /// <summary>The call whose name the diagnostic marks.</summary>
    public static InvocationExpressionSyntax? Marked(FixTarget target) =>
        target.FirstAncestor<InvocationExpressionSyntax>() is { } call && Site.NameOf(call)?.Identifier == target.Token ? call : null;

    /// <param name="target">The document, which may name the runtime.</param>
    /// <param name="call">The call; null for none.</param>
    /// <param name="isOneOfMany">Many calls share a quota and have to know of each other; one that stands alone needs nobody.</param>
    public static IEnumerable<FixCandidate> Of(FixTarget target, InvocationExpressionSyntax? call, Func<IOperation, bool> isOneOfMany)
    {
        if (!target.Context.HasRuntime
            || call is null
            || ConditionalAccess.IsInside(call)
            || target.InvocationAt(call, default) is not { } operation
            || LlmCall.From(operation, target.Context) is not { Shape: CallShape.Task } request)
            return [];
        if (request.Entry.Kind == CatalogKind.Http)
        {
            return RawRequestCall.CanRepeat(call, operation)
                ? [new FixCandidate("Retry", "Repeat the request with LlmRetry", cancellationToken => Task.FromResult<Document?>(Replaced(RawRequestCall.Run(target, call, operation, cancellationToken))))]
                : [];
        }

        var throttle = new FixCandidate("Throttle", "Call through the client's LlmThrottle, with the client's own retries off", cancellationToken => Task.FromResult(
            ThrottleCall.Run(target, call, RuntimeNames.ExecuteAsync, cancellationToken) is { } run ? Replaced(run) : null));
        var retry = new FixCandidate("Retry", "Repeat the call with LlmRetry, with the client's own retries off", cancellationToken => Task.FromResult<Document?>(
            Replaced(RetryCall.WithDefaults(CallLambda.Of(target, call, operation, hasOwnToken: false, cancellationToken)))));

        return isOneOfMany(operation) ? [throttle, retry] : [retry, throttle];

        Document Replaced(InvocationExpressionSyntax run) => target.Document.WithSyntaxRoot(target.Root.ReplaceNode(call, run.WithTriviaFrom(call)));
    }
}
