namespace AsyncLlm;

/// <summary>
/// Runs one call on many items: each worker takes an item, runs the call, hands over what came of it and takes the next, until the
/// items end or the group is stopped. The group ends when the last worker is out, or a second after it was stopped.
/// </summary>
internal abstract class FanOut<TSource, TResult>
{
    private readonly Func<TSource, CancellationToken, Task> _call;
    private readonly CallerContext _caller;
    private readonly LlmBatchOptions _options;
    private readonly CancellationToken _callerToken;
    private List<Exception>? _failures;
    private int _workers;
    private int _ended;

    protected FanOut(Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller, CancellationToken callerToken)
    {
        _call = call;
        _options = options;
        _caller = caller;
        _callerToken = callerToken;
        Stop = new StopSource(Durations.Limit(options.Deadline), options.TimeProvider, End, callerToken);
    }

    protected StopSource Stop { get; }

    protected object Gate { get; } = new();

    /// <summary>Puts the next item into the slot; <see langword="false"/> when there is none.</summary>
    protected abstract ValueTask<bool> TakeAsync(Slot slot);

    /// <summary>The call ended: on its own, or because the group was stopped.</summary>
    protected abstract void Complete(Slot slot, Task call);

    /// <summary>The group ended; what abandoned calls bring later is dropped.</summary>
    protected abstract void Finish();

    protected void StartWorkers(int count)
    {
        _workers = count;
        for (var i = 0; i < count; i++)
            _ = WorkAsync(new Slot(), _caller.Start());
    }

    private async Task WorkAsync(Slot slot, CallerContext.Switch entry)
    {
        try
        {
            await entry;
            while (!Stop.IsStopped && await TakeAsync(slot).ConfigureAwait(false))
            {
                await _caller.Enter();
                if (Stop.IsStopped)
                    break;
                _caller.RestoreExecutionContext();
                var call = _options.CallTimeout is { } timeout ? InvokeTimed(slot.Item, timeout) : Invoke(slot.Item);
                await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Complete(slot, call);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        if (Interlocked.Decrement(ref _workers) == 0)
            End();
    }

    private Task Invoke(TSource item)
    {
        try
        {
            return _call(item, Stop.Token) ?? Task.FromException(Tasks.NullTask());
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    private Task<TResult> InvokeTimed(TSource item, TimeSpan timeout) =>
        LlmTimeout.RunAsync<TResult>(_caller, token => _call(item, token), timeout, _options.TimeProvider, Stop.Token);

    /// <summary>Records a failure and stops the group; our own cancellation coming back is none.</summary>
    protected void Fail(Exception exception)
    {
        if (exception is OperationCanceledException && Stop.IsStopped)
            return;
        lock (Gate)
            (_failures ??= []).Add(exception);
        Stop.Stop(StopReason.Group);
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        Stop.Dispose();
        Finish();
    }

    /// <summary>Ends a task with what stopped the group: the caller's token before all, then the clock, then the failures in their order.</summary>
    protected void SetError<T>(TaskCompletionSource<T> completion)
    {
        if (_callerToken.IsCancellationRequested)
            completion.SetCanceled(_callerToken);
        else
            completion.SetException(Errors());
    }

    private Exception[] Errors()
    {
        Exception[] failures;
        lock (Gate)
            failures = _failures?.ToArray() ?? [];
        return Stop.Reason == StopReason.Clock
            ? [new TimeoutException($"The group did not end within {_options.Deadline}.", failures.LastOrDefault()), .. failures]
            : failures;
    }

    /// <summary>What a worker has in hand.</summary>
    protected sealed class Slot
    {
        public int Index;
        public TSource Item = default!;
    }
}
