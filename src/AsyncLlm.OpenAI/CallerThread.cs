namespace AsyncLlm;

/// <summary>
/// Runs asynchronous work for a caller that blocks: its delegates run on the caller's own thread. So nothing waits for a context that the
/// caller blocks, and no second thread is blocked for the call.
/// </summary>
internal sealed class CallerThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = [];
    private readonly SynchronizationContext? _outer = Current;
    private bool _isOver;

    private CallerThread() { }

    /// <summary>Starts the work and blocks until it has ended.</summary>
    public static T Run<T>(Func<CallerThread, Task<T>> work)
    {
        var thread = new CallerThread();
        SetSynchronizationContext(thread);
        try
        {
            var task = work(thread);
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(thread.End);
            thread.Pump();
            return task.GetAwaiter().GetResult();
        }
        finally
        {
            SetSynchronizationContext(thread._outer);
        }
    }

    /// <summary>Runs the caller's code as it would run without this: with the caller's own context.</summary>
    public T Invoke<T>(Func<T> function)
    {
        SetSynchronizationContext(_outer);
        try
        {
            return function();
        }
        finally
        {
            SetSynchronizationContext(this);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            if (!_isOver)
            {
                _posted.Enqueue((d, state));
                Monitor.Pulse(_posted);
                return;
            }
        }
        base.Post(d, state);
    }

    public override SynchronizationContext CreateCopy() => this;

    private void End()
    {
        lock (_posted)
        {
            _isOver = true;
            Monitor.Pulse(_posted);
        }
    }

    private void Pump()
    {
        while (TryTake(out var posted))
            posted.Callback(posted.State);
    }

    private bool TryTake(out (SendOrPostCallback Callback, object? State) posted)
    {
        lock (_posted)
        {
            while (_posted.Count == 0 && !_isOver)
                Monitor.Wait(_posted);
            return _posted.TryDequeue(out posted);
        }
    }
}
