using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace AsyncLlm;

/// <summary>Every outcome as it comes.</summary>
internal sealed class EachFanOut<TSource, TResult> : OutcomeFanOut<TSource, TResult>
{
    private readonly ItemStream<TSource> _items;
    private readonly Channel<LlmOutcome<TSource, TResult>> _outcomes =
        Channel.CreateUnbounded<LlmOutcome<TSource, TResult>>(new UnboundedChannelOptions { SingleReader = true });

    private EachFanOut(
        ItemStream<TSource> items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller,
        CancellationToken callerToken, CancellationToken enumeratorToken)
        : base(items, call, options, caller, callerToken, enumeratorToken) => _items = items;

    /// <param name="room">How many items may have been pulled whose outcome has not been read.</param>
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> Run(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, int room, CallerContext caller, CancellationToken cancellationToken) =>
        new Outcomes(source, call, options, room, caller, cancellationToken);

    protected override bool TryBegin(int index, TSource item, long started)
    {
        if (base.TryBegin(index, item, started))
            return true;
        // It has left the source: nobody else can tell what became of it.
        lock (Gate)
            Deliver(new(item, index));
        return false;
    }

    protected override void Deliver(LlmOutcome<TSource, TResult> outcome) => _outcomes.Writer.TryWrite(outcome);

    protected override void Publish() => _outcomes.Writer.TryComplete();

    private async ValueTask<bool> WaitToReadAsync() => await _outcomes.Reader.WaitToReadAsync().ConfigureAwait(false);

    private bool TryRead(out LlmOutcome<TSource, TResult> outcome)
    {
        if (!_outcomes.Reader.TryRead(out outcome))
            return false;
        _items.MakeRoom();
        return true;
    }

    private void ThrowIfStopped()
    {
        if (Stop.IsStopped && Stop.IsCancelledByCaller(out var token))
            throw new OperationCanceledException("The caller cancelled the group.", token);
        if (Errors() is [var error, ..])
            ExceptionDispatchInfo.Throw(error);
    }

    /// <summary>The loop's view: each loop over it is a group of its own.</summary>
    private sealed class Outcomes(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, int room, CallerContext caller, CancellationToken callerToken)
        : IAsyncEnumerable<LlmOutcome<TSource, TResult>>
    {
        public async IAsyncEnumerator<LlmOutcome<TSource, TResult>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            var items = new ItemStream<TSource>(source, room);
            var group = new EachFanOut<TSource, TResult>(items, call, options, caller, callerToken, cancellationToken);
            group.AddWorker();
            try
            {
                while (await group.WaitToReadAsync().ConfigureAwait(false))
                    while (group.TryRead(out var outcome))
                        yield return outcome;
                group.ThrowIfStopped();
            }
            finally
            {
                group.Stop.Stop(StopReason.Group);
                while (await group.WaitToReadAsync().ConfigureAwait(false))
                    while (group.TryRead(out _)) ;
            }
        }
    }
}
