namespace AsyncLlm.IntegrationTests;

/// <summary>Tests that wait for what clients and servers do.</summary>
public abstract class WaitingTests
{
    /// <summary>Ends a test that waits for something that does not happen; none waits this long otherwise.</summary>
    private protected CancellationToken Deadline { get; } = new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    /// <summary>Lets everything else run until a condition ends.</summary>
    private protected async Task WhileAsync(Func<bool> condition, Action? step = null)
    {
        while (condition())
        {
            Deadline.ThrowIfCancellationRequested();
            step?.Invoke();
            await Task.Yield();
        }
    }
}
