namespace AsyncLlm;

/// <summary>
/// A timer of the system's clock that fires on a thread of its own, shared by all of them. The framework's fire on the pool: where callers block all threads
/// of that, they are late by as long as the pool takes to start another.
/// </summary>
/// <remarks>The callback must be short, and fires once each time the timer is set.</remarks>
internal sealed class ThreadTimer(TimerCallback callback, object? state) : ITimer
{
    private static readonly List<ThreadTimer> Set = [];
    private static bool _hasThread;
    private static long _wakesAt = long.MaxValue;

    private long _due = long.MaxValue;

    private static long Now => TimeProvider.System.GetTimestamp();

    /// <summary>A timer of a clock; of the system's, one that does not need the pool.</summary>
    public static ITimer Create(TimeProvider clock, TimerCallback callback, object? state)
    {
        if (clock == TimeProvider.System)
            return new ThreadTimer(callback, state);
        // It must not keep the async locals of whoever needs it first.
        using var _ = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        return clock.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (Set)
        {
            var wasSet = _due != long.MaxValue;
            _due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : Now + (long)(dueTime.TotalSeconds * TimeProvider.System.TimestampFrequency);
            var isSet = _due != long.MaxValue;
            if (isSet && !wasSet)
                Set.Add(this);
            else if (wasSet && !isSet)
                Set.Remove(this);
            if (_due < _wakesAt)
                WakeThread();
            return true;
        }
    }

    public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private static void WakeThread()
    {
        if (!_hasThread)
            new Thread(Run) { IsBackground = true, Name = "AsyncLlm timers" }.UnsafeStart();
        _hasThread = true;
        Monitor.Pulse(Set);
    }

    private static void Run()
    {
        while (true)
            Next().Fire();
    }

    private static ThreadTimer Next()
    {
        lock (Set)
        {
            while (true)
            {
                var next = Set.MinBy(timer => timer._due);
                if (next?._due <= Now)
                {
                    Set.Remove(next);
                    next._due = long.MaxValue;
                    return next;
                }
                _wakesAt = next?._due ?? long.MaxValue;
                Monitor.Wait(Set, next is null ? Timeout.InfiniteTimeSpan : Until(next._due));
            }
        }
    }

    private static TimeSpan Until(long due)
    {
        var wait = TimeProvider.System.GetElapsedTime(Now, due);
        return TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 1, int.MaxValue));
    }

    private void Fire() => callback(state);
}
