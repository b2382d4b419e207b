using System.Collections;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class RetryTests : ThrottleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public Task A_fault_is_repeated_MaxRetries_times_and_then_thrown_as_it_is(int retries) => Run(async () =>
    {
        Use(new() { MaxRetries = retries });
        var call = Ask(0);
        await FailAsync(1, retries, () => Failures.Transient());
        var last = Failures.Transient(TimeSpan.FromSeconds(2));
        (await RequestAsync(retries + 1)).Fail(last);

        Assert.Same(last, await FailureOf(call));
        Assert.Equal(TimeSpan.FromSeconds(2), last.Data["AsyncLlm.RetryAfter"]);
        Assert.Equal((retries, 1), (Now.Retries, Now.Failed));
    });

    [Fact]
    public Task A_failure_without_a_wait_gets_no_data() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        var failure = Failures.Permanent();
        (await RequestAsync(1)).Fail(failure);

        Assert.Same(failure, await FailureOf(call));
        Assert.Empty(failure.Data);
        Assert.Single(Model.Calls);
    });

    [Fact]
    public Task A_failure_that_takes_no_data_is_thrown_as_it_is() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        var failure = new WithoutDataException();
        (await RequestAsync(1)).Fail(failure);

        Assert.Same(failure, await FailureOf(call));
        Assert.Same(failure, await FailureOf(LlmRetry.RunAsync<int>(_ => throw failure)));
    });

    [Fact]
    public Task Waits_grow_with_the_faults_in_a_row_of_all_calls_and_a_success_ends_the_row() => Run(async () =>
    {
        var waits = new List<double>();
        Use(new() { MaxRetries = 100, RetryBudget = 100, OnRetry = told => waits.Add(told.Delay.TotalSeconds) });
        var first = Ask(0);
        await FailAsync(1, 10, () => Failures.Transient());
        (await RequestAsync(11)).Answer();
        await first;
        var second = Ask(1);
        (await RequestAsync(12)).Fail(Failures.Transient());
        (await RequestAsync(13)).Answer();
        await second;

        // Each is random, from nothing to twice as long as the one before.
        Assert.All(waits.Take(10).Select((wait, index) => (wait, index)), one => Assert.InRange(one.wait, 0, Math.Min(30, 0.5 * Math.Pow(2, one.index))));
        Assert.InRange(waits.Take(10).Max(), 0.5, 30);
        Assert.InRange(waits[10], 0, 0.5);
    });

    [Fact]
    public Task A_date_to_come_back_at_counts_by_the_clock_of_the_throttle() => Run(async () =>
    {
        Clock.SetUtcNow(new DateTimeOffset(2055, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Use(new());
        var call = Ask(0);
        (await RequestAsync(1)).Fail(new DatedException(Clock.GetUtcNow().AddSeconds(30)));
        Assert.InRange(Now.PausedFor.TotalSeconds, 29, 31);
        (await RequestAsync(2)).Answer();

        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task A_repeated_call_comes_before_the_new_ones() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, AttemptTimeout = TimeSpan.FromSeconds(10) });
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(10));
        await RequestAsync(2);

        Assert.Equal([0, 0], Model.Started);
        Model.Calls[1].Answer();
        (await RequestAsync(3)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public Task A_server_says_when_to_repeat_after_a_fault() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        (await RequestAsync(1)).Fail(Failures.Transient(TimeSpan.FromSeconds(90)));

        Clock.Advance(TimeSpan.FromSeconds(90) - TimeSpan.FromTicks(1));
        Assert.Equal(1, Now.Admitted);
        Clock.Advance(TimeSpan.FromMilliseconds(1));
        (await RequestAsync(2)).Answer();
        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task All_calls_together_repeat_no_more_than_their_budget() => Run(async () =>
    {
        Use(new() { RetryBudget = 0.5, MaxRetries = 1 });
        for (var (item, requests) = (0, 0); item < 40; item++)
        {
            var call = Ask(item);
            while (!call.IsCompleted)
                (await RequestAsync(++requests)).Fail(Failures.Transient());
            await FailureOf(call);
        }

        // Ten to start with, and one for every two calls.
        Assert.Equal(10 + 20, Now.Retries);
    });

    [Fact]
    public Task Hundreds_that_are_on_their_way_at_once_are_repeated_as_those_that_follow_each_other_are() => Run(async () =>
    {
        Use(new() { RetryBudget = 0.2 });
        var calls = Enumerable.Range(0, 800).Select(item => Ask(item)).ToList();
        await RequestAsync(calls.Count);

        for (var number = 1; number <= calls.Count; number++)
        {
            var request = await RequestAsync(number);
            if (number % 6 > 0)
                request.Answer();
            else
                request.Fail(Failures.Transient());
        }
        while (Now.Retries + Now.Failed < calls.Count / 6)
            await Task.Yield();

        Assert.Equal((calls.Count / 6, 0), (Now.Retries, Now.Failed));
        for (var repeated = 1; repeated <= calls.Count / 6; repeated++)
            (await RequestAsync(calls.Count + repeated)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public Task A_budget_of_zero_repeats_nothing() => Run(async () =>
    {
        Use(new() { RetryBudget = 0 });
        var call = Ask(0);
        (await RequestAsync(1)).Fail(Failures.Transient());

        await FailureOf(call);
        Assert.Equal(0, Now.Retries);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public Task A_timeout_is_repeated_MaxTimeoutRetries_times(int retries) => Run(async () =>
    {
        Use(new() { MaxTimeoutRetries = retries, AttemptTimeout = TimeSpan.FromSeconds(10) });
        var call = Ask(0);
        for (var number = 1; number <= retries + 1; number++)
        {
            await RequestAsync(number);
            Clock.Advance(TimeSpan.FromSeconds(10));
            await FailureOf(Model.Calls[number - 1].Task);
        }

        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.IsAssignableFrom<OperationCanceledException>(timeout.InnerException);
        Assert.Equal(retries, Now.Retries);
    });

    [Fact]
    public Task A_timeout_of_the_client_is_repeated_as_one_and_thrown_as_it_is() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        await FailAsync(1, 1, () => new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout."));
        var last = new TaskCanceledException("again");
        (await RequestAsync(2)).Fail(last);

        Assert.Same(last, await FailureOf(call));
    });

    [Fact]
    public Task OnRetry_is_told_of_every_attempt_that_is_repeated() => Run(async () =>
    {
        var told = new List<LlmRetryEvent>();
        Use(new() { OnRetry = told.Add, AttemptTimeout = TimeSpan.FromSeconds(30) });
        var call = Ask(0);
        var refusal = Failures.RateLimited(TimeSpan.FromSeconds(5));
        var fault = Failures.Transient(TimeSpan.FromSeconds(7));
        (await RequestAsync(1)).Fail(refusal);
        (await RequestAsync(2)).Fail(fault);
        await RequestAsync(3);
        Clock.Advance(TimeSpan.FromSeconds(30));
        (await RequestAsync(4)).Answer();
        await call;

        Assert.Collection(told,
            first => Assert.Equal((refusal, LlmFailureKind.RateLimited, 1, TimeSpan.FromSeconds(5)), (first.Exception, first.Failure.Kind, first.Attempt, first.Delay)),
            second => Assert.Equal((fault, LlmFailureKind.Transient, 2, TimeSpan.FromSeconds(7)), (second.Exception, second.Failure.Kind, second.Attempt, second.Delay)),
            third => Assert.Equal((LlmFailureKind.TimedOut, 3), (third.Failure.Kind, third.Attempt)));
    });

    [Fact]
    public Task What_OnRetry_throws_ends_the_call() => Run(async () =>
    {
        var thrown = new ModelException("no");
        Use(new() { OnRetry = _ => throw thrown });
        var call = Ask(0);
        (await RequestAsync(1)).Fail(Failures.RateLimited());

        Assert.Same(thrown, await FailureOf(call));
        Assert.Equal((0, 0, 1), (Now.InFlight, Now.Queued, Now.Failed));
    });

    [Fact]
    public Task Classify_takes_the_place_of_the_built_in_reading() => Run(async () =>
    {
        Use(new() { Classify = exception => new(exception is ModelException ? LlmFailureKind.RateLimited : LlmFailureKind.Permanent, TimeSpan.FromSeconds(3)) });
        var call = Ask(0);
        (await RequestAsync(1)).Fail(new ModelException("busy"));
        Assert.Equal(TimeSpan.FromSeconds(3), Now.PausedFor);
        var failure = Failures.Transient();
        (await RequestAsync(2)).Fail(failure);

        Assert.Same(failure, await FailureOf(call));
    });

    [Fact]
    public Task A_delegate_that_throws_or_returns_null_fails_like_one_whose_task_does() => Run(async () =>
    {
        Use(new());
        var failure = new ModelException("at once");

        Assert.Same(failure, await FailureOf(Throttle.ExecuteAsync<int>(_ => throw failure)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Pass(Throttle.ExecuteAsync<int>(_ => null!)));
        Assert.Equal((0, 2), (Now.InFlight, Now.Failed));
    });

    private async Task<T> Pass<T>(Task<T> call)
    {
        await UntilAdmittedAsync(2);
        return await call;
    }

    private sealed class DatedException(DateTimeOffset retryAt) : Exception("refused")
    {
        public int Status => 429;

        public Dictionary<string, IEnumerable<string>> Headers => new() { ["Retry-After"] = [retryAt.ToString("r")] };
    }

    /// <summary>Asks for a wait that is too long.</summary>
    private sealed class WithoutDataException() : Exception("Status: 429. Please try again in 1h")
    {
        public override IDictionary Data => null!;
    }
}
