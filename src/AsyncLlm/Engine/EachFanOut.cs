using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace AsyncLlm;

/// <summary>Every outcome as it comes, from items that are pulled one at a time, no sooner than there is a slot for them.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphores' wait handles are never used: there is nothing to dispose.")]
internal sealed class EachFanOut<TSource, TResult> : OutcomeFanOut<TSource, TResult>
{
    private readonly IAsyncEnumerable<TSource> _source;
    private readonly SemaphoreSlim _pull = new(1, 1);
    // A slow reader holds back new calls only when as many outcomes wait for it as calls may run.
    private readonly SemaphoreSlim _room;
    private readonly ConcurrentQueue<(int Index, TSource Item)> _pulled = new();
    private readonly Channel<LlmOutcome<TSource, TResult>> _outcomes =
        Channel.CreateUnbounded<LlmOutcome<TSource, TResult>>(new UnboundedChannelOptions { SingleReader = true });
    private IAsyncEnumerator<TSource>? _items;
    private bool _isExhausted;
    private int _count;
    private int _added = 1;

    private EachFanOut(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller,
        CancellationToken callerToken, CancellationToken enumeratorToken)
        : base(call, options, caller, callerToken, enumeratorToken)
    {
        _source = source;
        _room = new((int)Math.Min(2L * options.Limit, int.MaxValue));
    }

    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> Run(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken) =>
        new Outcomes(source, call, options, CallerContext.Capture(), cancellationToken);

    protected override int? Total => null;

    // An item is pulled when its slot is free.
    protected override TimeSpan QueuedFor(long started) => TimeSpan.Zero;

    protected override async Task PrepareAsync()
    {
        await _room.WaitAsync().ConfigureAwait(false);
        await _pull.WaitAsync().ConfigureAwait(false);
        var found = false;
        try
        {
            if (_isExhausted || Stop.IsStopped)
                return;
            await Caller.Enter();
            Caller.RestoreExecutionContext();
            // Also when the source throws: it is not asked again.
            _isExhausted = true;
            _items ??= _source.GetAsyncEnumerator(Stop.Token);
            found = await _items.MoveNextAsync().ConfigureAwait(false);
            if (!found)
                return;
            _pulled.Enqueue((_count++, _items.Current));
            _isExhausted = false;
            if (_added < Options.Limit)
            {
                _added++;
                QueueWorker();
            }
        }
        finally
        {
            _pull.Release();
            if (!found)
                _room.Release();
        }
    }

    protected override bool TryTake(out int index, out TSource item)
    {
        var taken = _pulled.TryDequeue(out var next);
        (index, item) = next;
        return taken;
    }

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

    protected override async Task CloseAsync()
    {
        if (_items is null)
            return;
        try
        {
            await Caller.Enter();
            await _items.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    protected override void Publish() => _outcomes.Writer.TryComplete();

    private async ValueTask<bool> WaitToReadAsync() => await _outcomes.Reader.WaitToReadAsync().ConfigureAwait(false);

    private bool TryRead(out LlmOutcome<TSource, TResult> outcome)
    {
        if (!_outcomes.Reader.TryRead(out outcome))
            return false;
        _room.Release();
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
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller, CancellationToken callerToken)
        : IAsyncEnumerable<LlmOutcome<TSource, TResult>>
    {
        public async IAsyncEnumerator<LlmOutcome<TSource, TResult>> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            callerToken.ThrowIfCancellationRequested();
            cancellationToken.ThrowIfCancellationRequested();
            var group = new EachFanOut<TSource, TResult>(source, call, options, caller, callerToken, cancellationToken);
            group.QueueWorker();
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
