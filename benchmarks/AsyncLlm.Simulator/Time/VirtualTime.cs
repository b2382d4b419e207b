namespace AsyncLlm.Simulator;

/// <summary>
/// A clock that moves only when nothing else can run: the pump is a work item of a pool with one worker, so when it runs and
/// the pool is empty, every task waits for a timer and the next one is fired. Timers of one moment fire in the order they were set.
/// </summary>
/// <remarks>Takes no locks: everything runs on the one worker.</remarks>
internal sealed class VirtualTime : TimeProvider, IThreadPoolWorkItem
{
    private static readonly DateTimeOffset Epoch = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private const int MostStepsAtOneTime = 5_000_000;

    private readonly PriorityQueue<(VirtualTimer Timer, long Setting), (long Due, long Sequence)> _timers = new();
    private readonly ManualResetEventSlim _stopped = new();
    private long _sequence;
    private long _horizon;
    private int _stepsAtThisTime;
    private Func<Task>? _body;
    private Task? _running;

    /// <summary>Ticks since the start.</summary>
    public long Now { get; private set; }

    /// <summary>How many timers will fire.</summary>
    public int Armed { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public static void RequireOneWorker()
    {
        ThreadPool.GetMaxThreads(out var workers, out _);
        if (workers != 1)
            throw new InvalidOperationException($"Virtual time needs a thread pool of one worker, this one has {workers}: run the simulator as its own process, with its runtimeconfig.json.");
    }

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(Now);

    public override long GetTimestamp() => Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Completes at a moment, to the tick; <see cref="Task.Delay(TimeSpan, TimeProvider)"/> cuts to milliseconds.</summary>
    public async Task DelayAsync(long ticks, CancellationToken cancellationToken = default)
    {
        if (ticks <= 0)
            return;

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var timer = ticks == long.MaxValue ? null : CreateTimer(static done => ((TaskCompletionSource)done!).TrySetResult(), done, new TimeSpan(ticks), Timeout.InfiniteTimeSpan);
        using var registration = cancellationToken.UnsafeRegister(static (done, token) => ((TaskCompletionSource)done!).TrySetCanceled(token), done);
        await done.Task.ConfigureAwait(false);
    }

    /// <summary>Runs a body to its end, to the horizon, or until nothing is left that could ever run.</summary>
    /// <returns>Whether the body ended.</returns>
    public bool Run(Func<Task> body, long horizon)
    {
        RequireOneWorker();
        _body = body;
        _horizon = horizon;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        _stopped.Wait();
        _stopped.Reset();
        var running = _running!;
        _running = null;
        if (running.IsFaulted)
            running.GetAwaiter().GetResult();
        return running.IsCompleted;
    }

    void IThreadPoolWorkItem.Execute()
    {
        _running ??= _body!();
        if (++_stepsAtThisTime > MostStepsAtOneTime)
            _running = Task.FromException(new InvalidOperationException($"The clock stands still at {new TimeSpan(Now)}: something runs in circles."));
        if (_running.IsFaulted || (ThreadPool.PendingWorkItemCount == 0 && (_running.IsCompleted || !FireNext())))
            _stopped.Set();
        else
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    internal long Arm(VirtualTimer timer, TimeSpan dueTime)
    {
        _timers.Enqueue((timer, ++_sequence), (Now + dueTime.Ticks, _sequence));
        Armed++;
        return _sequence;
    }

    internal void Disarm() => Armed--;

    private bool FireNext()
    {
        while (_timers.TryDequeue(out var next, out var key))
        {
            if (next.Timer.Setting != next.Setting)
                continue;
            if (key.Due > _horizon)
                return false;
            if (Now != key.Due)
                _stepsAtThisTime = 0;
            Now = key.Due;
            next.Timer.Fire();
            return true;
        }

        return false;
    }
}
