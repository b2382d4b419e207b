using System.Runtime.ExceptionServices;

namespace AsyncLlm;

/// <summary>One stage of a pipeline; each loop over it is a run of its own.</summary>
/// <param name="room">How many items may have been pulled and not been read.</param>
internal sealed class PipelineStage<TIn, TOut>(
    IAsyncEnumerable<TIn> source, Func<TIn, CancellationToken, Task<TOut>> stage, LlmBatchOptions options, int room, CallerContext caller, CancellationToken callerToken)
    : IAsyncEnumerable<TOut>
{
    public async IAsyncEnumerator<TOut> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        var items = new Upstream(source);
        var outcomes = EachFanOut<TIn, TOut>.Run(items, stage, options, room, caller, callerToken);
        Exception? failure = null;
        await foreach (var outcome in outcomes.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (outcome.TryGetResult(out var result))
                yield return result;
            else if (outcome.Status == LlmOutcomeStatus.Failed)
                failure ??= outcome.Error;
        }
        if ((failure ?? items.Failure) is { } error)
            ExceptionDispatchInfo.Throw(error);
    }

    /// <summary>A source whose failure is its end, so that what it gave before is finished first.</summary>
    private sealed class Upstream(IAsyncEnumerable<TIn> source) : IAsyncEnumerable<TIn>
    {
        public Exception? Failure { get; private set; }

        public IAsyncEnumerator<TIn> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
            new Enumerator(this, source.GetAsyncEnumerator(cancellationToken));

        private sealed class Enumerator(Upstream owner, IAsyncEnumerator<TIn> items) : IAsyncEnumerator<TIn>
        {
            public TIn Current => items.Current;

            public async ValueTask<bool> MoveNextAsync()
            {
                try
                {
                    return await items.MoveNextAsync().ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    owner.Failure = exception;
                    return false;
                }
            }

            public ValueTask DisposeAsync() => items.DisposeAsync();
        }
    }
}
