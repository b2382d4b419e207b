using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class RefusedCallTests : ThrottleTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    /// <summary>Somebody else has used up the quota: nothing is known of its rate but that this was too soon.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(20_000)]
    public Task A_quota_that_is_used_up_before_the_first_call_delays_it_no_longer_than_it_has_to(int retryAfterMilliseconds) => Run(async () =>
    {
        Use(new() { Classify = _ => new(LlmFailureKind.RateLimited, retryAfterMilliseconds == 0 ? null : TimeSpan.FromMilliseconds(retryAfterMilliseconds)) });
        var call = Ask(0);
        var first = await RequestAsync(1);
        Clock.Advance(TimeSpan.FromMilliseconds(70));
        var refusedAt = Clock.GetUtcNow();
        first.Fail(new InvalidOperationException("429"));

        (await RequestAsync(2)).Answer();
        await call;
        Assert.InRange((Clock.GetUtcNow() - refusedAt).TotalSeconds, retryAfterMilliseconds / 1000.0, (retryAfterMilliseconds / 1000.0) + 5);
    });

    [Fact]
    public Task A_refused_call_goes_back_to_the_head_of_the_queue_and_holds_no_slot() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var calls = new[] { Ask(0), Ask(1), Ask(2) };
        (await RequestAsync(1)).Fail(Failures.RateLimited(Wait));

        Assert.Equal((0, 3), (Now.InFlight, Now.Queued));
        for (var number = 2; number <= 4; number++)
            (await RequestAsync(number)).Answer();
        await Task.WhenAll(calls);
        Assert.Equal([0, 0, 1, 2], Model.Started);
    });

    [Fact]
    public Task Refused_calls_keep_their_order() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 2 });
        var calls = new[] { Ask(0), Ask(1), Ask(2) };
        await RequestAsync(2);
        Model[0].Fail(Failures.RateLimited(Wait));
        Model[1].Fail(Failures.RateLimited(Wait));

        // Answered before the next has started, it would make room for two at once, and the pool starts those in any order.
        var again = await RequestAsync(3);
        (await RequestAsync(4)).Answer();
        (await RequestAsync(5)).Answer();
        again.Answer();
        await Task.WhenAll(calls);
        Assert.Equal([0, 1, 0, 1, 2], Model.Started);
    });

    [Fact]
    public Task Nobody_is_admitted_before_the_time_the_server_asked_for() => Run(async () =>
    {
        Use(new());
        var calls = new[] { Ask(0), Ask(1) };
        (await RequestAsync(1)).Fail(Failures.RateLimited(Wait));

        Assert.Equal(Wait, Now.PausedFor);
        Clock.Advance(Wait - TimeSpan.FromTicks(1));
        Assert.Equal(1, Now.Admitted);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(1, Now.Admitted);

        (await RequestAsync(2)).Answer();
        (await RequestAsync(3)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public Task A_rate_limit_costs_neither_a_retry_nor_budget() => Run(async () =>
    {
        Use(new() { MaxRetries = 0, RetryBudget = 0 });
        var call = Ask(0);
        await FailAsync(1, 8, () => Failures.RateLimited(TimeSpan.FromSeconds(1)));
        (await RequestAsync(9)).Answer();

        Assert.Equal("answer 0", await call);
        Assert.Equal((8, 0, 1, 0), (Now.RateLimited, Now.Retries, Now.Succeeded, Now.Failed));
    });

    [Fact]
    public Task The_total_timeout_ends_a_call_that_is_refused_again_and_again() => Run(async () =>
    {
        Use(new() { TotalTimeout = TimeSpan.FromSeconds(12) });
        var call = Ask(0);
        var last = Failures.RateLimited(Wait);
        await FailAsync(1, 2, () => last = Failures.RateLimited(Wait));
        Clock.Advance(TimeSpan.FromSeconds(1));
        (await RequestAsync(3)).Fail(last = Failures.RateLimited(Wait));
        Clock.Advance(TimeSpan.FromSeconds(2));

        Assert.Same(last, (await Assert.ThrowsAsync<TimeoutException>(() => call)).InnerException);
        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
    });

    [Theory]
    [InlineData(120, true)]
    [InlineData(121, false)]
    public Task A_server_may_ask_for_no_more_than_MaxRetryAfter(int seconds, bool waits) => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        var refusal = Failures.RateLimited(TimeSpan.FromSeconds(seconds));
        (await RequestAsync(1)).Fail(refusal);

        Assert.Equal(waits, !call.IsCompleted);
        if (waits)
            (await RequestAsync(2)).Answer();
        else
            Assert.Same(refusal, await FailureOf(call));
        await ((Task)call).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.Equal(waits ? null : TimeSpan.FromSeconds(seconds), refusal.Data["AsyncLlm.RetryAfter"]);
    });

    [Fact]
    public Task An_exhausted_quota_is_never_tried_again() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        var failure = Failures.QuotaExhausted();
        (await RequestAsync(1)).Fail(failure);

        Assert.Same(failure, await FailureOf(call));
        Assert.Equal((0, 1, 1), (Now.RateLimited, Now.Failed, Now.Admitted));
    });

    [Fact]
    public Task A_refusal_of_a_call_that_was_left_behind_does_not_close_the_gate() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10), MaxTimeoutRetries = 0 });
        var call = Ask(Stubborn, 0);
        var request = await RequestAsync(Stubborn, 1);
        Clock.Advance(TimeSpan.FromSeconds(10));
        Clock.Advance(Grace);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        request.Fail(Failures.RateLimited(Wait));

        Assert.Equal((TimeSpan.Zero, 0), (Now.PausedFor, Now.RateLimited));
    });
}
