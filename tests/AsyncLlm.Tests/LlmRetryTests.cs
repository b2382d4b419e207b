using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmRetryTests : GroupTests
{
    private readonly List<LlmRetryEvent> _told = [];

    [Fact]
    public Task A_call_that_succeeds_runs_once() => Run(async () =>
    {
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token)));
        Model[0].Answer();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task Waits_double_up_to_the_longest_and_are_random_in_full() => Run(async () =>
    {
        var random = new Queue<double>([1, 1, 1, 0.5, 0]);
        var options = Options(maxRetries: 5);
        (options.BaseDelay, options.MaxDelay, options.Random) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), random.Dequeue);
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), options));
        foreach (var (seconds, index) in new[] { 1, 2, 3, 1.5, 0 }.Select((seconds, index) => (seconds, index)))
        {
            Model.Calls[^1].Fail(Failures.Transient());
            await AttemptAsync(index + 2, TimeSpan.FromSeconds(seconds));
        }
        Model.Calls[^1].Answer();

        Assert.Equal("answer 0", await task);
        Assert.Equal([1, 2, 3, 1.5, 0], _told.Select(told => told.Delay.TotalSeconds));
        Assert.Equal([1, 2, 3, 4, 5], _told.Select(told => told.Attempt));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public Task The_last_failure_is_thrown_as_it_is(int retries) => Run(async () =>
    {
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), Options(retries)));
        for (var i = 0; i < retries; i++)
        {
            Model.Calls[^1].Fail(Failures.Transient());
            await AttemptAsync(i + 2);
        }
        var last = Failures.RateLimited(TimeSpan.FromSeconds(7));
        Model.Calls[^1].Fail(last);

        Assert.Same(last, await FailureOf(task));
        Assert.Equal(TimeSpan.FromSeconds(7), last.Data["AsyncLlm.RetryAfter"]);
        Assert.Equal(retries + 1, Model.Calls.Count);
    });

    [Fact]
    public Task What_the_server_asks_for_is_waited_and_up_to_a_fifth_more() => Run(async () =>
    {
        var options = Options();
        options.Random = () => 0.5;
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), options));
        Model.Calls[^1].Fail(Failures.RateLimited(TimeSpan.FromSeconds(100)));
        Advance(TimeSpan.FromSeconds(110) - TimeSpan.FromMilliseconds(1));
        Assert.Single(Model.Calls);
        await AttemptAsync(2, TimeSpan.FromMilliseconds(1));
        Model.Calls[^1].Answer();

        await task;
    });

    [Fact]
    public Task A_wait_that_is_longer_than_a_timer_can_be_is_as_long_as_one() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
        var options = Options();
        (options.MaxRetryAfter, options.Random) = (longest, () => 1);
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), options, caller.Token));
        Model.Calls[^1].Fail(Failures.RateLimited(TimeSpan.FromDays(45)));
        Assert.Equal(longest, Assert.Single(_told).Delay);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
    });

    public static TheoryData<Exception> Final => new() { Failures.Permanent(), Failures.QuotaExhausted(), Failures.RateLimited(TimeSpan.FromSeconds(121)), new ModelException("bug") };

    [Theory]
    [MemberData(nameof(Final))]
    public Task Failures_that_waiting_does_not_help_are_thrown_at_once(Exception failure) => Run(async () =>
    {
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), Options()));
        Model[0].Fail(failure);

        Assert.Same(failure, await FailureOf(task));
        Assert.Empty(_told);
    });

    [Fact]
    public Task A_timeout_is_billed_and_repeated_once() => Run(async () =>
    {
        var task = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(0, token), Options()));
        Model[0].Fail(new TimeoutException());
        await AttemptAsync(2);
        var last = new TimeoutException();
        Model.Calls[^1].Fail(last);

        Assert.Same(last, await FailureOf(task));
        Assert.Equal(2, Model.Calls.Count);
    });

    [Fact]
    public Task The_callers_token_wins_over_a_failure_and_ends_a_wait() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var failing = Start(() => LlmRetry.RunAsync(token => Stubborn.AskAsync(0, token), Options(), caller.Token));
        var waiting = Start(() => LlmRetry.RunAsync(token => Model.AskAsync(1, token), Options(), caller.Token));
        Model[1].Fail(Failures.RateLimited(TimeSpan.FromSeconds(60)));
        caller.Cancel();
        Stubborn[0].Fail(Failures.RateLimited());

        await AssertCancelledBy(caller.Token, failing);
        await AssertCancelledBy(caller.Token, waiting);
        await AssertCancelledBy(caller.Token, LlmRetry.RunAsync(token => Model.AskAsync(2, token), cancellationToken: caller.Token));
        Assert.Equal(2, Stubborn.Calls.Count + Model.Calls.Count);
    });

    [Fact]
    public Task A_call_without_result_is_repeated_too() => Run(async () =>
    {
        var task = Start(() => LlmRetry.RunAsync((Func<CancellationToken, Task>)(token => Model.AskAsync(0, token)), Options()));
        Model[0].Fail(Failures.Transient());
        await AttemptAsync(2);
        Model.Calls[^1].Answer();

        await task;
        Assert.Single(_told);
    });

    [Fact]
    public Task Classify_decides() => Run(async () =>
    {
        var options = Options();
        options.Classify = exception => new(exception is ModelException ? LlmFailureKind.Transient : LlmFailureKind.Permanent);
        var task = Start(() => LlmRetry.RunAsync<string>(_ => throw new ModelException("at once"), options));

        Assert.IsType<ModelException>(await FailureOf(task));
        Assert.Equal(3, _told.Count);
    });

    [Fact]
    public void Arguments_are_checked_at_the_call()
    {
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmRetry.RunAsync<int>(null!));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmRetry.RunAsync(_ => Task.FromResult(0), options: null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxRetries", () => LlmRetry.RunAsync(_ => Task.FromResult(0), -1));
        foreach (var (property, bad) in new (string, LlmRetryOptions)[]
        {
            (nameof(LlmRetryOptions.MaxRetries), new() { MaxRetries = -1 }),
            (nameof(LlmRetryOptions.MaxTimeoutRetries), new() { MaxTimeoutRetries = -1 }),
            (nameof(LlmRetryOptions.BaseDelay), new() { BaseDelay = TimeSpan.Zero }),
            (nameof(LlmRetryOptions.MaxDelay), new() { MaxDelay = Timeout.InfiniteTimeSpan }),
            (nameof(LlmRetryOptions.MaxRetryAfter), new() { MaxRetryAfter = TimeSpan.FromDays(50) }),
            (nameof(LlmRetryOptions.TimeProvider), new() { TimeProvider = null! }),
        })
            Assert.StartsWith(property, ThrowsAtOnce<ArgumentOutOfRangeException>(() => LlmRetry.RunAsync(_ => Task.FromResult(0), bad)).Message);
    }

    private LlmRetryOptions Options(int maxRetries = 3) => new() { MaxRetries = maxRetries, TimeProvider = Clock, OnRetry = _told.Add, Random = () => 0 };

    /// <summary>Lets the wait pass after which another attempt starts.</summary>
    private async Task AttemptAsync(int number, TimeSpan wait = default)
    {
        Advance(wait);
        await UntilAsync(() => Model.Calls.Count == number);
    }
}
