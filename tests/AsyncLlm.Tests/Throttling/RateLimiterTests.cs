using System.Threading.RateLimiting;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class RateLimiterTests : ThrottleTests
{
    [Fact]
    public Task A_lease_is_held_for_the_attempt_and_disposed() => Run(async () =>
    {
        var leases = new List<FakeLease>();
        Use(new() { RateLimiter = FakeLimiter.Giving(leases) });
        var call = Ask(0);
        var request = await RequestAsync(1);
        Assert.Equal(0, leases.Single().Disposals);
        request.Fail(Failures.RateLimited(TimeSpan.FromSeconds(1)));
        Assert.Equal(1, leases.Single().Disposals);
        request = await RequestAsync(2);
        Assert.Equal([1, 0], leases.Select(lease => lease.Disposals));
        request.Answer();
        await call;

        Assert.Equal([1, 1], leases.Select(lease => lease.Disposals));
    });

    public static TheoryData<object?, double> Waits => new() { { TimeSpan.FromSeconds(3), 3 }, { 3, 3 }, { 0.5, 0.5 }, { null, 0.1 } };

    [Theory]
    [MemberData(nameof(Waits))]
    public Task A_failed_lease_waits_as_long_as_it_says_and_is_disposed(object? retryAfter, double seconds) => Run(async () =>
    {
        var refused = new FakeLease(isAcquired: false, retryAfter);
        var limiter = new FakeLimiter((asked, _) => new(asked == 1 ? refused : new FakeLease(isAcquired: true)));
        Use(new() { RateLimiter = limiter });
        var call = Ask(0);
        await WaitingAsync();
        Assert.Equal(1, refused.Disposals);
        Clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, limiter.Asked);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
    });

    public static TheoryData<object> OddWaits => new(double.NaN, double.PositiveInfinity, double.NegativeInfinity, -3, long.MaxValue, TimeSpan.MinValue, TimeSpan.MaxValue, "soon");

    [Theory]
    [MemberData(nameof(OddWaits))]
    public Task What_a_failed_lease_says_that_is_no_time_to_wait_ends_no_call(object retryAfter) => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        Use(new() { RateLimiter = new FakeLimiter((asked, _) => new(asked == 1 ? new FakeLease(isAcquired: false, retryAfter) : new FakeLease(isAcquired: true))) });
        var call = Ask(0, caller.Token);
        await WaitingAsync();
        Clock.Advance(TimeSpan.FromDays(1));
        Assert.False(call.IsCompleted);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, call);
    });

    [Fact]
    public Task A_broken_limiter_ends_the_call_with_its_exception() => Run(async () =>
    {
        var broken = new InvalidOperationException("database is down");
        Use(new() { RateLimiter = new FakeLimiter((_, _) => throw broken) });

        Assert.Same(broken, await FailureOf(Ask(0)));
        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
        Assert.Empty(Model.Calls);
    });

    [Fact]
    public Task A_broken_limiter_is_passed_by_where_the_options_say_so() => Run(async () =>
    {
        Use(new() { RateLimiter = new FakeLimiter((_, _) => throw new InvalidOperationException("database is down")), IgnoreRateLimiterFailures = true });
        var call = Ask(0);
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task A_call_that_waits_for_a_lease_is_cancelled_even_by_a_limiter_that_does_not_listen() => Run(async () =>
    {
        var late = new TaskCompletionSource<RateLimitLease>();
        Use(new() { RateLimiter = new FakeLimiter((_, _) => new(late.Task)) });
        using var caller = new CancellationTokenSource();
        var call = Ask(0, caller.Token);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, call);
        Assert.Equal(0, Now.InFlight);
        var lease = new FakeLease(isAcquired: true);
        late.SetResult(lease);
        Assert.Equal(1, lease.Disposals);
    });

    [Fact]
    public Task The_queue_timeout_covers_the_wait_for_a_lease() => Run(async () =>
    {
        Use(new() { RateLimiter = new FakeLimiter((_, _) => new(new TaskCompletionSource<RateLimitLease>().Task)), QueueTimeout = TimeSpan.FromSeconds(10) });
        var call = Ask(0);
        Clock.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(0, Now.InFlight);
    });

    [Fact]
    public Task The_clocks_of_an_attempt_do_not_run_while_it_waits_for_its_lease() => Run(async () =>
    {
        var lease = new TaskCompletionSource<RateLimitLease>();
        Use(new() { RateLimiter = new FakeLimiter((_, _) => new(lease.Task)), AttemptTimeout = TimeSpan.FromSeconds(10), TotalTimeout = TimeSpan.FromSeconds(10) });
        var call = Ask(0);
        Clock.Advance(TimeSpan.FromHours(1));
        lease.SetResult(new FakeLease(isAcquired: true));
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task A_limiter_of_the_framework_works() => Run(async () =>
    {
        using var limiter = new ConcurrencyLimiter(new() { PermitLimit = 2, QueueLimit = 0 });
        // Time runs while the pool starts what has its lease.
        Use(new() { RateLimiter = limiter, AttemptTimeout = Timeout.InfiniteTimeSpan, TotalTimeout = Timeout.InfiniteTimeSpan });
        var calls = Enumerable.Range(0, 5).Select(i => Ask(i)).ToArray();
        for (var number = 1; number <= 5; number++)
        {
            while (Model.Calls.Count < number)
            {
                Clock.Advance(TimeSpan.FromMilliseconds(100));
                await Task.Yield();
            }
            Model.Calls[number - 1].Answer();
        }
        await Task.WhenAll(calls);

        Assert.True(Model.Peak <= 2);
        Assert.Equal(2, limiter.GetStatistics()!.CurrentAvailablePermits);
    });

    private async Task WaitingAsync()
    {
        while (Clock.LiveTimers == 0)
            await Task.Yield();
    }
}
