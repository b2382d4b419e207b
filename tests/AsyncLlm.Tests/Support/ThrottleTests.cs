namespace AsyncLlm.Tests.Support;

/// <summary>
/// Tests of a throttle on a virtual clock. What a throttle decides, it has decided when a step of the test returns, and its statistics
/// say so; the requests it starts come from the pool, and <see cref="RequestAsync"/> waits for them.
/// </summary>
public abstract class ThrottleTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Never = TimeSpan.FromMinutes(10);

    private const int Turns = 5000;

    private protected static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private LlmThrottleStatistics _before;

    private protected ThrottleTests()
    {
        Model = new FakeModel(Settle, Remember);
        Stubborn = new FakeModel(Settle, Remember) { HonorsTokens = false };
    }

    private protected TestClock Clock { get; } = new();

    /// <summary>A model that ends a call when its token is cancelled.</summary>
    private protected FakeModel Model { get; }

    /// <summary>A model that ignores tokens.</summary>
    private protected FakeModel Stubborn { get; }

    private protected LlmThrottle Throttle { get; private set; } = null!;

    private protected LlmThrottleStatistics Now => Throttle.GetStatistics();

    private protected void Use(LlmThrottleOptions options)
    {
        options.TimeProvider = Clock;
        Throttle = new LlmThrottle(options);
    }

    private protected Task<string> Ask(int prompt, CancellationToken cancellationToken = default) => Ask(Model, prompt, cancellationToken);

    private protected Task<string> Ask(FakeModel model, int prompt, CancellationToken cancellationToken = default) =>
        Throttle.ExecuteAsync(token => model.AskAsync(prompt, token), cancellationToken);

    /// <summary>
    /// Lets time pass until the throttle has admitted so many attempts. It stands still while none of them is queued yet, and while the throttle has more in flight
    /// than the models: the pool has to start or end them, and time must not run away meanwhile.
    /// </summary>
    /// <param name="others">How many run that are none of the models'.</param>
    private protected async Task UntilAdmittedAsync(int count, Func<int>? others = null)
    {
        var end = Clock.GetUtcNow() + Never;
        while (Now.Admitted < count && Clock.GetUtcNow() < end)
        {
            var (queued, inFlight) = (Now.Queued, Now.InFlight);
            if (queued > 0 && inFlight <= Model.RunningOn + Stubborn.RunningOn + (others?.Invoke() ?? 0))
                Clock.Advance(Step);
            if (queued == 0 || inFlight > 0)
                await Task.Yield();
        }
        Assert.InRange(Now.Admitted, count, long.MaxValue);
    }

    /// <summary>Lets time pass until a request starts.</summary>
    /// <param name="number">Which request, from 1, of those the throttle has admitted.</param>
    private protected Task<FakeCall> RequestAsync(int number) => RequestAsync(Model, number);

    private protected async Task<FakeCall> RequestAsync(FakeModel model, int number)
    {
        await UntilAdmittedAsync(number);
        await model.StartedAsync(number);
        return model.Calls[number - 1];
    }

    /// <summary>Lets a request start and fail, time and again.</summary>
    private protected async Task FailAsync(int first, int count, Func<Exception> failure)
    {
        for (var number = first; number < first + count; number++)
            (await RequestAsync(number)).Fail(failure());
    }

    private void Remember() => _before = Now;

    /// <summary>A request may be answered before the throttle waits for it: then the pool tells the throttle, on a busy machine late. An answer that changes nothing is
    /// waited for as well, so it is counted in turns of the pool and not in time.</summary>
    private void Settle()
    {
        if (SpinWait.SpinUntil(() => Now != _before, TimeSpan.FromMilliseconds(50)))
            return;

        using var turn = new AutoResetEvent(initialState: false);
        for (var turns = 0; turns < Turns && Now == _before; turns++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static turn => turn.Set(), turn, preferLocal: false);
            turn.WaitOne();
        }
    }
}
