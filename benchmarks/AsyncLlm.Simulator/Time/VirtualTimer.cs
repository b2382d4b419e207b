namespace AsyncLlm.Simulator;

/// <summary>One timer of a <see cref="VirtualTime"/>.</summary>
internal sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
{
    // As the system's timers do, which is one of the ways in which a timer keeps things alive.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private TimeSpan _period;
    private bool _disposed;

    /// <summary>Which setting of this timer counts; 0 when it is not armed.</summary>
    public long Setting { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
            return false;

        Disarm();
        _period = period;
        if (dueTime >= TimeSpan.Zero)
            Setting = time.Arm(this, dueTime);
        return true;
    }

    public void Fire()
    {
        Disarm();
        if (_period > TimeSpan.Zero)
            Setting = time.Arm(this, _period);
        if (_context is null)
            callback(state);
        else
            ExecutionContext.Run(_context, static timer => ((VirtualTimer)timer!).Call(), this);
    }

    public void Dispose()
    {
        Disarm();
        _disposed = true;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Call() => callback(state);

    private void Disarm()
    {
        if (Setting != 0)
            time.Disarm();
        Setting = 0;
    }
}
