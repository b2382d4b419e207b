namespace AsyncLlm;

/// <summary>
/// Runs asynchronous work for a caller that blocks: its delegates run on the caller's own thread, and a throttle wakes that thread itself. So nothing waits
/// for a context that the caller blocks, no second thread is blocked for the call, and when callers like this one block the whole pool they still go on.
/// </summary>
internal sealed class CallerThread : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = [];
    private readonly SynchronizationContext? _outer = Current;
    private TaskCompletionSource? _sleep;
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
            // Awaited in this context: where the work ends here, nothing goes through the pool.
            task.GetAwaiter().UnsafeOnCompleted(thread.End);
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

    /// <remarks>It may be called in any lock: nothing of the caller runs in it.</remarks>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            if (!_isOver)
            {
                _posted.Enqueue((d, state));
                _sleep?.TrySetResult();
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
            _sleep?.TrySetResult();
        }
    }

    private void Pump()
    {
        while (TryTake(out var posted))
            posted.Callback(posted.State);
    }

    private bool TryTake(out (SendOrPostCallback Callback, object? State) posted)
    {
        while (true)
        {
            lock (_posted)
            {
                if (_posted.TryDequeue(out posted))
                    return true;
                if (_isOver)
                    return false;
                _sleep = new();
            }
            // Not a monitor: in place of a thread of its own that waits for a task, the pool starts another soon.
            _sleep.Task.Wait();
        }
    }
}
