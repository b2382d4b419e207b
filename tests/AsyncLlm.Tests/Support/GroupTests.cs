namespace AsyncLlm.Tests.Support;

/// <summary>
/// Tests that see every consequence at once: the code under test runs on a pump and a virtual clock, and each step of the test
/// returns when all that follows from it has happened. Only what a cancelled token calls back comes later, from the pool.
/// </summary>
public abstract class GroupTests
{
    private readonly Pump _pump = new();

    private protected GroupTests()
    {
        Model = new FakeModel(_pump.RunAll);
        Stubborn = new FakeModel(_pump.RunAll) { HonorsTokens = false };
    }

    private protected TestClock Clock { get; } = new();

    /// <summary>A model that ends a call when its token is cancelled.</summary>
    private protected FakeModel Model { get; }

    /// <summary>A model that ignores tokens.</summary>
    private protected FakeModel Stubborn { get; }

    private protected T Start<T>(Func<T> start)
    {
        var started = _pump.Invoke(start);
        _pump.RunAll();
        return started;
    }

    private protected void Advance(TimeSpan time)
    {
        Clock.Advance(time);
        _pump.RunAll();
    }

    /// <summary>Waits for what comes from the pool.</summary>
    private protected async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Yield();
            _pump.RunAll();
        }
    }

    /// <summary>
    /// Waits until a throttle has started so many calls of a model. What is queued there needs time, since a new throttle starts slowly, but not before the pool has
    /// started and ended what is in flight.
    /// </summary>
    private protected Task UntilStartedAsync(LlmThrottle throttle, FakeModel model, int count) => UntilAsync(() =>
    {
        if (throttle.GetStatistics() is { Queued: > 0, InFlight: var inFlight } && inFlight <= model.RunningOn)
            Clock.Advance(TimeSpan.FromMilliseconds(10));
        return model.Calls.Count >= count;
    });
}
