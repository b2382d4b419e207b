namespace AsyncLlm.Tests.Support;

/// <summary>
/// A synchronization context whose work the test runs: when <see cref="RunAll"/> returns, whatever could start on it has started.
/// </summary>
internal sealed class Pump : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Work, object? State)> _posted = new();

    /// <summary>How much work has been posted.</summary>
    public int Posts { get; private set; }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_posted)
        {
            Posts++;
            _posted.Enqueue((d, state));
        }
    }

    /// <summary>Runs a function as the user interface thread would.</summary>
    public T Invoke<T>(Func<T> function)
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            return function();
        }
        finally
        {
            SetSynchronizationContext(outer);
        }
    }

    public void RunAll()
    {
        while (TryDequeue(out var posted))
            Invoke<object?>(() =>
            {
                posted.Work(posted.State);
                return null;
            });
    }

    private bool TryDequeue(out (SendOrPostCallback Work, object? State) posted)
    {
        lock (_posted)
            return _posted.TryDequeue(out posted);
    }
}
