using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class ClockTests : ThrottleTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public Task The_attempt_timeout_runs_from_the_admission() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, AttemptTimeout = Limit, MaxTimeoutRetries = 0 });
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(1);
        Clock.Advance(Limit - Tick);
        Model[0].Answer();
        await RequestAsync(2);
        Clock.Advance(Limit - TimeSpan.FromSeconds(1));
        Assert.False(Model[1].Token.IsCancellationRequested);
        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Contains(Limit.ToString(), (await Assert.ThrowsAsync<TimeoutException>(() => calls[1])).Message);
    });

    [Fact]
    public Task The_total_timeout_runs_from_the_first_admission_and_does_not_start_anew() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, AttemptTimeout = Timeout.InfiniteTimeSpan, TotalTimeout = Limit });
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(1);
        Clock.Advance(Limit - Tick);
        Model[0].Answer();
        await RequestAsync(2);
        Clock.Advance(Limit - TimeSpan.FromSeconds(10));
        var fault = Failures.Transient(TimeSpan.FromSeconds(1));
        Model[1].Fail(fault);
        await RequestAsync(3);
        Assert.False(calls[1].IsCompleted);
        Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.IsAssignableFrom<OperationCanceledException>((await Assert.ThrowsAsync<TimeoutException>(() => calls[1])).InnerException);
        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
    });

    [Fact]
    public Task The_last_failure_is_inside_the_timeout_of_a_call_that_waits() => Run(async () =>
    {
        Use(new() { TotalTimeout = Limit });
        var call = Ask(0);
        await RequestAsync(1);
        Clock.Advance(Limit - TimeSpan.FromSeconds(10));
        var fault = Failures.Transient(TimeSpan.FromSeconds(60));
        Model[0].Fail(fault);
        Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Same(fault, (await Assert.ThrowsAsync<TimeoutException>(() => call)).InnerException);
    });

    /// <summary>What a client library repeats by itself hides the first refusals: all calls have been admitted when the throttle sees one.</summary>
    [Fact]
    public Task Calls_that_queue_again_while_others_are_served_are_not_lost() => Run(async () =>
    {
        var (total, perCall) = (TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(100));
        Use(new() { TotalTimeout = total });
        var calls = Enumerable.Range(0, 6).Select(i => Ask(i)).ToArray();
        var servesAgainAt = Clock.GetUtcNow();
        await RequestAsync(calls.Length);
        var served = 0;
        for (var number = 1; served < calls.Length; number++)
        {
            var request = await RequestAsync(number);
            if (Clock.GetUtcNow() is var now && now < servesAgainAt)
            {
                request.Fail(Failures.RateLimited(servesAgainAt - now));
                continue;
            }
            request.Answer();
            served++;
            servesAgainAt = now + perCall;
        }

        Assert.Equal(Enumerable.Range(0, 6).Select(FakeModel.AnswerTo), await Task.WhenAll(calls));
    });

    [Fact]
    public Task A_call_that_is_refused_whenever_it_is_first_ends_with_its_total_time() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, TotalTimeout = Limit });
        var calls = new[] { Ask(0), Ask(1) };
        var number = 0;
        FakeCall request;
        while ((request = await RequestAsync(++number)).Prompt == 0)
            request.Fail(Failures.RateLimited(TimeSpan.FromMinutes(1)));
        request.Answer();

        await Assert.ThrowsAsync<TimeoutException>(() => calls[0]);
        Assert.Equal("answer 1", await calls[1]);
    });

    [Fact]
    public Task The_queue_timeout_ends_a_call_that_was_never_admitted_and_no_other() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, QueueTimeout = Limit, AttemptTimeout = Timeout.InfiniteTimeSpan });
        var (running, waiting) = (Ask(0), Ask(1));
        await RequestAsync(1);
        Clock.Advance(Limit - Tick);
        Assert.Equal(1, Now.Queued);
        Clock.Advance(Tick);

        Assert.Null((await Assert.ThrowsAsync<TimeoutException>(() => waiting)).InnerException);
        Assert.Equal(0, Now.Queued);
        Model[0].Answer();
        Assert.Equal("answer 0", await running);
    });

    [Fact]
    public Task The_queue_timeout_does_not_end_a_call_that_comes_back() => Run(async () =>
    {
        Use(new() { QueueTimeout = TimeSpan.FromSeconds(10) });
        var call = Ask(0);
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(60)));
        Clock.Advance(TimeSpan.FromSeconds(30));
        (await RequestAsync(2)).Answer();

        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task An_admission_that_is_due_is_not_forgotten_when_no_clock_runs() => Run(async () =>
    {
        Use(new() { AttemptTimeout = Timeout.InfiniteTimeSpan, TotalTimeout = Timeout.InfiniteTimeSpan, RequestsPerMinute = 6 });
        using var caller = new CancellationTokenSource();
        var calls = new[] { Ask(0), Ask(1), Ask(2, caller.Token) };
        await RequestAsync(1);
        caller.Cancel();
        await RequestAsync(2);

        Model[0].Answer();
        Model[1].Answer();
        await Task.WhenAll(calls[..2]);
        await AssertCancelledBy(caller.Token, calls[2]);
    });

    [Fact]
    public Task A_result_that_comes_while_the_attempt_is_being_cancelled_is_returned() => Run(async () =>
    {
        Use(new() { AttemptTimeout = Limit });
        var call = Ask(Stubborn, 0);
        var request = await RequestAsync(Stubborn, 1);
        Clock.Advance(Limit);
        Assert.True(request.Token.IsCancellationRequested);
        request.Answer();

        Assert.Equal("answer 0", await call);
    });

    [Fact]
    public Task An_attempt_that_ignores_its_token_is_left_behind_one_second_later_and_frees_its_slot() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, AttemptTimeout = Limit, MaxTimeoutRetries = 0 });
        var (deaf, next) = (Ask(Stubborn, 0), Ask(1));
        await RequestAsync(Stubborn, 1);
        Clock.Advance(Limit);
        Clock.Advance(Grace - Tick);
        Assert.Equal((1, 1), (Now.InFlight, Now.Queued));
        Clock.Advance(Tick);

        await Assert.ThrowsAsync<TimeoutException>(() => deaf);
        await UntilAdmittedAsync(2);
        await Model.StartedAsync(1);
        Model[1].Answer();
        Assert.Equal("answer 1", await next);
        Stubborn[0].Answer();
    });

    [Fact]
    public Task A_thread_that_comes_too_late_to_its_attempt_does_not_run_the_next_one() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, AttemptTimeout = Limit });
        var (arrived, first) = (0, Ask(0));
        // Changes on the thread that goes to the caller's context, where its next step is to run the delegate.
        var isCall = new AsyncLocal<bool>(change =>
        {
            if (change.CurrentValue && change.ThreadContextChanged && Interlocked.Increment(ref arrived) == 1)
                LetTheNextStart();
        });
        isCall.Value = true;
        var late = Ask(1);
        isCall.Value = false;
        Model[0].Answer();
        await first;
        await UntilAdmittedAsync(2);
        await Model.StartedAsync(2);
        Model[1].Answer();

        Assert.Equal("answer 1", await late);
        Assert.Equal([0, 1], Model.Started);
        Assert.Equal((3, 1, 2, 0, 0), (Now.Admitted, Now.Retries, Now.Succeeded, Now.Failed, Now.InFlight));

        void LetTheNextStart()
        {
            Clock.Advance(Limit);
            Clock.Advance(Grace);
            SpinWait.SpinUntil(
                () =>
                {
                    if (Now.Queued > 0)
                        Clock.Advance(Tick);
                    return Model.Calls.Count == 2;
                },
                Hung);
        }
    });

    [Fact]
    public Task A_delegate_that_blocks_its_thread_is_left_behind_too() => Run(async () =>
    {
        Use(new() { AttemptTimeout = Limit, MaxTimeoutRetries = 0 });
        using var release = new ManualResetEventSlim();
        var started = new TaskCompletionSource();
        var call = Task.Run(() => Throttle.ExecuteAsync<int>(_ =>
        {
            started.SetResult();
            release.Wait();
            throw new ModelException("late");
        }));
        await started.Task;
        Clock.Advance(Limit);
        Clock.Advance(Grace);
        release.Set();

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(0, Now.InFlight);
    });

    [Fact]
    public Task A_throttle_has_one_timer() => Run(async () =>
    {
        Use(new());
        var calls = Enumerable.Range(0, 20).Select(i => Ask(i)).ToArray();
        await RequestAsync(20);

        Assert.Equal(1, Clock.LiveTimers);
        foreach (var request in Model.Calls)
            request.Answer();
        await Task.WhenAll(calls);
    });
}
