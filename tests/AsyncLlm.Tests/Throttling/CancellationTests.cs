using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class CancellationTests : ThrottleTests
{
    [Fact]
    public Task A_token_that_is_cancelled_already_starts_nothing() => Run(async () =>
    {
        Use(new());
        var token = new CancellationToken(canceled: true);

        await AssertCancelledBy(token, Ask(0, token));
        Assert.Equal(0, Now.Admitted);
    });

    [Fact]
    public Task A_call_that_waits_is_cancelled_at_once_and_leaves_the_queue() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        using var caller = new CancellationTokenSource();
        var (running, waiting) = (Ask(0), Ask(1, caller.Token));
        await RequestAsync(1);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, waiting);
        Assert.Equal((1, 0, 1), (Now.InFlight, Now.Queued, Now.Failed));
        Model[0].Answer();
        await running;
        Assert.Single(Model.Calls);
    });

    [Fact]
    public Task A_call_that_waits_for_another_attempt_is_cancelled_with_the_last_failure_inside() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var call = Ask(0, caller.Token);
        var refusal = Failures.RateLimited(TimeSpan.FromSeconds(60));
        (await RequestAsync(1)).Fail(refusal);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, call);
        Assert.Same(refusal, (await FailureOf(call)).InnerException);
        Assert.Equal(0, Now.Queued);
    });

    [Fact]
    public Task A_running_call_is_cancelled_through_its_own_token() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var call = Ask(0, caller.Token);
        var request = await RequestAsync(1);
        Assert.NotEqual(caller.Token, request.Token);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, call);
        Assert.Equal((0, 0), (Now.InFlight, Now.Retries));
    });

    [Fact]
    public Task The_callers_token_wins_over_a_timeout_and_over_a_failure() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10) });
        using var caller = new CancellationTokenSource();
        var call = Ask(Stubborn, 0, caller.Token);
        var request = await RequestAsync(Stubborn, 1);
        Clock.Advance(TimeSpan.FromSeconds(10));
        caller.Cancel();
        request.Fail(Failures.RateLimited());

        await AssertCancelledBy(caller.Token, call);
        Assert.Single(Stubborn.Calls);
    });

    [Fact]
    public Task A_cancelled_call_that_ignores_its_token_is_left_behind_one_second_later() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var call = Ask(Stubborn, 0, caller.Token);
        var request = await RequestAsync(Stubborn, 1);
        caller.Cancel();
        Clock.Advance(Grace - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, Now.InFlight);
        Clock.Advance(TimeSpan.FromMilliseconds(1));

        await AssertCancelledBy(caller.Token, call);
        Assert.Equal(0, Now.InFlight);
        request.Fail(new ModelException("nobody waits for this"));
    });

    [Fact]
    public Task A_call_that_has_ended_no_longer_listens_to_the_callers_token() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var call = Ask(0, caller.Token);
        var request = await RequestAsync(1);
        request.Answer();
        await call;
        caller.Cancel();

        Assert.False(request.Token.IsCancellationRequested);
    });

    [Fact]
    public Task A_call_that_has_ended_leaves_nothing_with_the_callers_token() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        WeakReference[] ended = [await EndOneAsync(caller.Token), await EndStreamAsync(caller.Token, default), await EndStreamAsync(default, caller.Token)];
        await AliveAsync(ended);

        Assert.Equal([false, false, false], ended.Select(one => one.IsAlive));
        GC.KeepAlive(caller);
    });

    private static async Task<WeakReference> EndOneAsync(CancellationToken token)
    {
        var held = new object();
        await new LlmThrottle().ExecuteAsync(async _ =>
        {
            await Task.Yield();
            GC.KeepAlive(held);
            return 0;
        }, token);
        return new WeakReference(held);
    }

    private static async Task<WeakReference> EndStreamAsync(CancellationToken callerToken, CancellationToken enumeratorToken)
    {
        var held = new object();
        await foreach (var _ in new LlmThrottle().StreamAsync(_ => ItemsAsync(held), callerToken).WithCancellation(enumeratorToken)) ;
        return new WeakReference(held);

        static async IAsyncEnumerable<int> ItemsAsync(object held)
        {
            await Task.Yield();
            yield return 1;
            GC.KeepAlive(held);
        }
    }
}
