using System.Diagnostics.CodeAnalysis;

namespace AsyncLlm;

/// <summary>
/// A block of code that starts calls one by one and is not left before all of them have ended, whatever happens: structured concurrency, as with
/// Python's <c>TaskGroup</c>.
/// </summary>
/// <remarks>
/// <para>Use it with <c>await using</c>. The first call that fails cancels the others, and leaving the block throws its exception, also when the code of the
/// block has seen it: what the block was to bring together is incomplete. A failure that is none has to be caught inside the call. When several fail,
/// <see cref="Task.Exception"/> of <c>DisposeAsync().AsTask()</c> holds them all in the order of time, and none of the cancellations the first one caused.</para>
/// <para>An exception of the block's own code does not end the calls; call <see cref="Cancel"/> where they are of no use without the rest.</para>
/// <para>A call may start further calls of its group and return; leaving the block awaits these too. One that <em>awaits</em> them keeps its slot meanwhile,
/// and when every slot waits like that none is left to go on: give such calls a group of their own.</para>
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore's wait handle is never used: there is nothing to dispose.")]
public sealed class LlmTaskGroup : IAsyncDisposable
{
    private readonly LlmBatchOptions _options;
    private readonly LlmThrottle? _throttle;
    private readonly SemaphoreSlim? _slots;
    private readonly StopSource _stop;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _progressGate = new();
    private LlmProgress _progress;
    // Guards what follows.
    private readonly object _gate = new();
    private readonly List<Exception> _failures = [];
    // The block itself, and the calls that have not ended.
    private int _open = 1;
    private bool _isIncomplete;
    private bool _isDisposed;

    /// <summary>Creates a group.</summary>
    /// <param name="maxConcurrency">How many calls run at once, at least 1.</param>
    /// <param name="cancellationToken">Cancels the calls. It wins over timeouts and failures.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1.</exception>
    public LlmTaskGroup(int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default)
        : this(LlmTask.Limit(maxConcurrency), throttle: null, cancellationToken)
    {
    }

    /// <summary>Creates a group whose calls run when the quota allows it.</summary>
    /// <param name="throttle">Runs the calls; it limits how many run at once.</param>
    /// <param name="cancellationToken">Cancels the calls. It wins over timeouts and failures.</param>
    /// <exception cref="ArgumentNullException"><paramref name="throttle"/> is <see langword="null"/>.</exception>
    public LlmTaskGroup(LlmThrottle throttle, CancellationToken cancellationToken = default)
        : this(new LlmBatchOptions(), throttle ?? throw new ArgumentNullException(nameof(throttle)), cancellationToken)
    {
    }

    /// <summary>Creates a group with options.</summary>
    /// <param name="options">The limits of the group. Its deadline runs from here.</param>
    /// <param name="cancellationToken">Cancels the calls. It wins over timeouts and failures.</param>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    /// <exception cref="ArgumentException"><see cref="LlmBatchOptions.StopWhen"/> is <see cref="LlmStopWhen.FirstCompleted"/>; for that there is <see cref="Cancel"/>.</exception>
    public LlmTaskGroup(LlmBatchOptions options, CancellationToken cancellationToken = default)
        : this(LlmBatchOptions.Checked(options), throttle: null, cancellationToken)
    {
    }

    private LlmTaskGroup(LlmBatchOptions options, LlmThrottle? throttle, CancellationToken cancellationToken)
    {
        if (options.StopWhen == LlmStopWhen.FirstCompleted)
            throw new ArgumentException($"A group awaits all of its calls; {nameof(LlmStopWhen.FirstCompleted)} leaves some out.", nameof(options));
        _options = options;
        _throttle = throttle ?? options.Throttle;
        _slots = _throttle is null || options.MaxConcurrency is not null ? new SemaphoreSlim(options.Limit) : null;
        // Each call has its own second to end.
        _stop = new StopSource(Durations.Limit(options.Deadline), options.TimeProvider, static () => { }, cancellationToken);
    }

    /// <summary>Starts a call as soon as there is a slot for it.</summary>
    /// <typeparam name="T">What the call returns.</typeparam>
    /// <param name="call">The call. Its token is cancelled when the group is stopped: pass it on.</param>
    /// <returns>The result of the call, or its exception unchanged; <see cref="OperationCanceledException"/> when the group was stopped before it had ended.
    /// It need not be awaited: the group does.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ObjectDisposedException">The group has ended: its block was left and every call is done.</exception>
    /// <remarks>
    /// The call starts on the caller's <see cref="SynchronizationContext"/>, or on the thread pool when there is none. In a group that was stopped it does
    /// not start. One that ignores its token is left behind one second after the stop and its exception observed.
    /// </remarks>
    public Task<T> Run<T>(Func<CancellationToken, Task<T>> call) => Start<T>(call);

    /// <inheritdoc cref="Run{T}(Func{CancellationToken, Task{T}})"/>
    /// <returns>A task that ends with the call, with its exception unchanged; with <see cref="OperationCanceledException"/> when the group was stopped before.
    /// It need not be awaited: the group does.</returns>
    public Task Run(Func<CancellationToken, Task> call) => Start<ValueTuple>(call);

    /// <summary>Cancels the calls because they are not needed any more. Leaving the block still awaits them, and throws nothing because of this.</summary>
    public void Cancel() => _stop.Stop(StopReason.Group);

    /// <summary>Waits until every call has ended; one that ignores its cancelled token for one second at most.</summary>
    /// <returns>A task that ends when the group has. Only the first disposal throws, later ones just wait.</returns>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled before every call had succeeded; the exception carries that token.</exception>
    /// <exception cref="TimeoutException"><see cref="LlmBatchOptions.Deadline"/> passed before every call had succeeded.</exception>
    /// <remarks>Any other exception is the first failure of a call, rethrown with its stack.</remarks>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return new(WaitAsync(_ended.Task));
            _isDisposed = true;
        }
        Leave();
        return new(_ended.Task);

        static async Task WaitAsync(Task ended) => await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task<T> Start<T>(Func<CancellationToken, Task> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_open == 0, this);
            _open++;
        }
        var task = RunAsync<T>(CallerContext.Capture(), call);
        task.Observe();
        return task;
    }

    private async Task<T> RunAsync<T>(CallerContext caller, Func<CancellationToken, Task> call)
    {
        var queued = _options.TimeProvider.GetTimestamp();
        var started = queued;
        ThrottledCall? throttled = null;
        var hasSlot = false;
        try
        {
            if (_slots is not null)
                await _slots.WaitAsync(_stop.Token).ConfigureAwait(false);
            hasSlot = true;
            _stop.Token.ThrowIfCancellationRequested();
            await caller.Enter();
            started = _options.TimeProvider.GetTimestamp();
            var result = await InvokeAsync<T>(caller, call, out throttled).ConfigureAwait(false);
            Report(failed: false, queued, started, throttled);
            return result;
        }
        catch (OperationCanceledException canceled) when (_stop.IsStopped)
        {
            if (Tasks.LateFailure(canceled, throttled is not null && _options.CallTimeout is not null ? 2 : 1, throttled) is { } late)
                Fail(late);
            lock (_gate)
                _isIncomplete = true;
            throw Cancellation(canceled);
        }
        catch (Exception exception)
        {
            Fail(exception);
            Report(failed: true, queued, started, throttled);
            throw;
        }
        finally
        {
            if (hasSlot)
                _slots?.Release();
            Leave();
        }
    }

    private Task<T> InvokeAsync<T>(CallerContext caller, Func<CancellationToken, Task> call, out ThrottledCall? throttled)
    {
        throttled = null;
        if (_throttle is null)
            return TimedAsync(_stop.Token);
        var started = _throttle.Start<T>(_options.CallTimeout is null ? call : TimedAsync, _stop.Token);
        throttled = started;
        return started.Task;

        Task<T> TimedAsync(CancellationToken token) =>
            LlmTimeout.RunAsync<T>(caller, call, _options.CallTimeout ?? Timeout.InfiniteTimeSpan, _options.TimeProvider, token);
    }

    private void Fail(Exception exception)
    {
        lock (_gate)
        {
            _isIncomplete = true;
            _failures.Add(exception);
        }
        _stop.Stop(StopReason.Group);
    }

    private void Report(bool failed, long queued, long started, ThrottledCall? throttled)
    {
        if (_options.Progress is null)
            return;
        try
        {
            lock (_progressGate)
            {
                var queuedFor = _options.TimeProvider.GetElapsedTime(queued, started) + TimeSpan.FromSeconds(throttled?.QueueTime ?? 0);
                _progress = new(_progress.Completed + 1, _progress.Failed + (failed ? 1 : 0), Total: null, queuedFor);
                _options.Progress.Report(_progress);
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>The block or a call has ended.</summary>
    private void Leave()
    {
        lock (_gate)
            if (--_open > 0)
                return;
        _stop.Dispose();
        if (_isIncomplete && _stop.IsCancelledByCaller(out var token))
            _ended.SetCanceled(token);
        else if (_isIncomplete && _stop.Reason == StopReason.Clock)
            _ended.SetException([DeadlinePassed(_failures.LastOrDefault()), .. _failures]);
        else if (_failures.Count > 0)
            _ended.SetException(_failures);
        else
            _ended.SetResult();
    }

    private Exception Cancellation(OperationCanceledException canceled) =>
        _stop.IsCancelledByCaller(out var token) ? new OperationCanceledException("The caller cancelled the group.", canceled, token)
        : _stop.Reason == StopReason.Clock ? DeadlinePassed(canceled)
        : new OperationCanceledException("The group was stopped.", canceled, _stop.Token);

    private TimeoutException DeadlinePassed(Exception? inner) => new($"The group did not end within {_options.Deadline}.", inner);
}
