namespace AsyncLlm.Simulator;

/// <summary>One timer of a <see cref="VirtualTime"/>.</summary>
internal sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
{
    // The system's timers capture it too, which is one of the ways in which a timer keeps things alive.
    private ExecutionContext? _context = ExecutionContext.Capture();
    private TimerCallback? _callback = callback;
    private object? _state = state;
    private TimeSpan _period;

    /// <summary>Which setting of this timer counts; 0 when it is not armed.</summary>
    public long Setting { get; private set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_callback is null)
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
            Call();
        else
            ExecutionContext.Run(_context, static timer => ((VirtualTimer)timer!).Call(), this);
    }

    public void Dispose()
    {
        Disarm();
        // The clock's queue may hold this timer for a while; what it was for may go.
        (_callback, _state, _context) = (null, null, null);
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    private void Call() => _callback!(_state);

    private void Disarm()
    {
        if (Setting != 0)
            time.Disarm();
        Setting = 0;
    }
}
