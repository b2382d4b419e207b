namespace AsyncLlm;

/// <summary>
/// Runs one call on many items: each worker takes an item, runs the call, hands over what came of it and takes the next, until the
/// items end or the group is stopped. The group ends when the last worker is out, or one second after it was stopped.
/// </summary>
internal abstract class FanOut<TSource, TResult> : IThreadPoolWorkItem
{
    private readonly Func<TSource, CancellationToken, Task> _call;
    private readonly ItemSource<TSource> _items;
    private readonly CallerContext _caller;
    private readonly int _workerLimit;
    private readonly bool _timed;
    private readonly long _created;
    private readonly object _progressGate = new();
    private List<Exception>? _failures;
    private LlmProgress _progress;
    private int _added;
    private int _working;
    private int _ended;

    /// <param name="timed">Whether the start of each call has to be known.</param>
    protected FanOut(
        ItemSource<TSource> items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CallerContext caller, bool timed,
        CancellationToken callerToken, CancellationToken enumeratorToken = default)
    {
        _items = items;
        _call = call;
        _caller = caller;
        _workerLimit = Math.Min(options.Limit, items.Count ?? int.MaxValue);
        _timed = timed || options.Progress is not null;
        Options = options;
        _created = Now();
        Stop = new StopSource(Durations.Limit(options.Deadline), options.TimeProvider, End, callerToken, enumeratorToken);
    }

    protected LlmBatchOptions Options { get; }

    protected StopSource Stop { get; }

    /// <summary>What goes around the calls; <see langword="null"/> for nothing.</summary>
    protected ICallKeeper<TSource, TResult>? Keeper { get; init; }

    /// <summary>Guards what calls, even abandoned ones, hand over.</summary>
    protected object Gate { get; } = new();

    /// <summary>The call is about to start; <see langword="false"/> when it must not, because the group was stopped.</summary>
    protected virtual bool TryBegin(int index, TSource item, long started) => !Stop.IsStopped;

    /// <summary>The call has been started.</summary>
    protected virtual void OnStarted(int index, ItemRun run) { }

    /// <summary>The call ended, on its own or because the group was stopped.</summary>
    protected abstract void Complete(int index, TSource item, ItemRun run, Task call);

    /// <summary>The group has ended.</summary>
    protected abstract void Finish();

    /// <summary>Starts the first worker; each worker that finds an item adds the next, so that there are never more than there is work for.</summary>
    protected void AddWorker()
    {
        _added++;
        Interlocked.Increment(ref _working);
        // From the caller's queue: a delegate that blocks must not block the caller.
        _caller.Queue(this);
    }

    void IThreadPoolWorkItem.Execute() => _ = WorkAsync();

    // One box a worker and nothing an item: all an item costs is what its own call allocates.
    private async Task WorkAsync()
    {
        try
        {
            var isNewest = true;
            while (!Stop.IsStopped)
            {
                await _items.PrepareAsync(_caller, Stop).ConfigureAwait(false);
                if (!_items.TryTake(out var index, out var item))
                    break;
                if (isNewest && Options.Throttle is null)
                    AddNextWorker(ref isNewest);
                Task call;
                if (Keeper is not null)
                {
                    // One awaiter for all of it: each kind has its place in every worker's box.
                    call = Keeper.TryEnterAsync(item, Stop.Token);
                    await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    if (!Tasks.ResultOf<bool>(call))
                        continue;
                }
                await _caller.Enter();
                var run = new ItemRun(Now());
                if (!TryBegin(index, item, run.Started))
                    break;
                _caller.RestoreExecutionContext();
                if (Options.Throttle is { } throttle)
                {
                    // With a throttle it is the admission of an item that makes room for the next.
                    var admission = new ThrottledItem(this, item, isNewest);
                    var throttled = throttle.Start<TResult>(admission.InvokeAsync, Stop.Token);
                    run = new ItemRun(run.Started, throttled);
                    OnStarted(index, run);
                    call = throttled.Task;
                    await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    isNewest = admission.IsNewest;
                }
                else
                {
                    call = Invoke(item, Stop.Token);
                    await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                if (Keeper is not null)
                {
                    run = run.EndedAt(Now());
                    call = Keeper.KeepAsync(item, call);
                    await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
                Complete(index, item, run, call);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        if (Interlocked.Decrement(ref _working) > 0)
            return;
        try
        {
            await _items.CloseAsync(_caller).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        End();
    }

    private long Now() => _timed ? Options.TimeProvider.GetTimestamp() : 0;

    private void AddNextWorker(ref bool isNewest)
    {
        if (isNewest && _added < _workerLimit)
            AddWorker();
        isNewest = false;
    }

    private Task Invoke(TSource item, CancellationToken token)
    {
        if (Options.CallTimeout is { } timeout)
            return InvokeTimed(item, timeout, token);
        try
        {
            return _call(item, token) ?? Task.FromException(Tasks.NullTask());
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    private Task<TResult> InvokeTimed(TSource item, TimeSpan timeout, CancellationToken token) =>
        LlmTimeout.RunAsync<TResult>(_caller, stop => _call(item, stop), timeout, Options.TimeProvider, token);

    /// <summary>The attempts of an item in a throttle.</summary>
    private sealed class ThrottledItem(FanOut<TSource, TResult> group, TSource item, bool isNewest)
    {
        private bool _isNewest = isNewest;

        /// <summary>Its worker is the newest and the item was never admitted.</summary>
        public bool IsNewest => _isNewest;

        public Task InvokeAsync(CancellationToken token)
        {
            group.AddNextWorker(ref _isNewest);
            return group.Invoke(item, token);
        }
    }

    /// <summary>Records a failure and stops the group; <see langword="false"/> if it is our own cancellation coming back.</summary>
    protected bool Fail(Exception exception)
    {
        if (!TryRecord(exception))
            return false;
        Stop.Stop(StopReason.Group);
        return true;
    }

    protected bool TryRecord(Exception exception)
    {
        if (IsOwnCancellation(exception))
            return false;
        lock (Gate)
            (_failures ??= []).Add(exception);
        return true;
    }

    protected bool IsOwnCancellation(Exception exception) => exception is OperationCanceledException && Stop.IsStopped;

    /// <summary>What a call failed with: what it threw while it was being cancelled, without the cancellations our own layers have put it into.</summary>
    protected Exception FailureOf(Exception error, ItemRun run) => error is OperationCanceledException cancellation && IsOwnCancellation(error)
        ? Tasks.LateFailure(cancellation, (Options.CallTimeout is null ? 0 : 1) + (Options.Throttle is null ? 0 : 1), run.Throttled) ?? error
        : error;

    /// <summary>Tells the caller of a call that succeeded or failed.</summary>
    protected void Report(bool failed, ItemRun run)
    {
        if (Options.Progress is null)
            return;
        // One report at a time, so that the numbers only grow.
        lock (_progressGate)
        {
            var queuedFor = (_items.Count is null ? TimeSpan.Zero : Options.TimeProvider.GetElapsedTime(_created, run.Started)) + run.QueueTime;
            _progress = new LlmProgress(_progress.Completed + 1, _progress.Failed + (failed ? 1 : 0), _items.Count, queuedFor);
            Options.Progress.Report(_progress);
        }
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;
        Stop.Dispose();
        Finish();
    }

    /// <summary>The failures so far, in the order of time.</summary>
    protected Exception[] Failures()
    {
        lock (Gate)
            return _failures?.ToArray() ?? [];
    }

    /// <summary>What to throw when there is no result: the deadline before the failures of the calls it cancelled.</summary>
    protected Exception[] Errors()
    {
        var failures = Failures();
        return Stop.Reason == StopReason.Clock ? [DeadlinePassed(failures.LastOrDefault()), .. failures] : failures;
    }

    /// <summary>Ends a task that has no result: by the caller's token before all, else by what went wrong.</summary>
    protected void SetError<T>(TaskCompletionSource<T> completion)
    {
        if (Stop.IsCancelledByCaller(out var token))
            completion.SetCanceled(token);
        else
            completion.SetException(Errors());
    }

    protected TimeoutException DeadlinePassed(Exception? inner) => new($"The group did not end within {Options.Deadline}.", inner);
}
