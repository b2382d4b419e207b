using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

/// <summary>The groups of <see cref="LlmTask"/> through a throttle.</summary>
public sealed class GroupThrottleTests : ThrottleTests
{
    [Fact]
    public Task WhenAll_repeats_what_is_refused_and_keeps_the_order() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 2 });
        var group = LlmTask.WhenAll(Enumerable.Range(0, 5), Model.AskAsync, Throttle);
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(3)));
        for (var number = 2; number <= 6; number++)
            (await RequestAsync(number)).Answer();

        Assert.Equal(Enumerable.Range(0, 5).Select(FakeModel.AnswerTo), await group);
        Assert.Equal((6L, 5L), (Now.Admitted, Now.Succeeded));
    });

    [Fact]
    public Task The_first_failure_ends_the_group_and_empties_the_queue() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 3 });
        var group = LlmTask.WhenAll(Enumerable.Range(0, 100), Model.AskAsync, Throttle);
        await RequestAsync(3);
        var failure = Failures.Permanent();
        Model.Calls[1].Fail(failure);

        Assert.Same(failure, await FailureOf(group));
        Assert.Single(group.Exception!.InnerExceptions);
        Assert.Equal((0, 0, 3L), (Now.InFlight, Now.Queued, Now.Admitted));
    });

    [Fact]
    public Task The_task_holds_every_real_failure_and_no_refusal_that_was_being_waited_out() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 3 });
        var group = LlmTask.WhenAll([0, 1, 2], Stubborn.AskAsync, Throttle);
        await RequestAsync(Stubborn, 3);
        Stubborn[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(30)));
        var (first, late) = (Failures.Permanent(), Failures.Permanent());
        Stubborn[1].Fail(first);
        while (!Stubborn[2].Token.IsCancellationRequested)
            await Task.Yield();
        Stubborn[2].Fail(late);

        Assert.Same(first, await FailureOf(group));
        Assert.Equal([first, late], group.Exception!.InnerExceptions);
    });

    [Fact]
    public Task The_callers_token_ends_the_group() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var group = LlmTask.WhenAll(Enumerable.Range(0, 100), (Func<int, CancellationToken, Task>)Model.AskAsync, Throttle, caller.Token);
        await RequestAsync(2);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, group);
        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
    });

    [Fact]
    public Task A_group_of_thousands_has_one_item_in_the_queue_and_no_more_workers_than_calls() => Run(async () =>
    {
        Use(new());
        var group = LlmTask.WhenAllSettled(Enumerable.Range(0, 100_000), Model.AskAsync, Throttle);
        for (var number = 1; number <= 20; number++)
        {
            await RequestAsync(number);
            await QueuedAsync();
            Assert.Equal((number, 1), (Now.InFlight, Now.Queued));
        }

        // Another caller waits for one item, not for all of them.
        var other = Ask(-1);
        await UntilAdmittedAsync(22);
        await Model.StartedAsync(22);
        Model[-1].Answer();
        await other;
    });

    [Fact]
    public Task Outcomes_count_attempts_and_the_time_they_ran() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var group = LlmTask.WhenAllSettled([0, 1, 2], Model.AskAsync, Throttle);
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(2));
        Model.Calls[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(30)));
        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Model.Calls[1].Answer();
        await RequestAsync(3);
        Clock.Advance(TimeSpan.FromSeconds(1));
        Model.Calls[2].Fail(Failures.Permanent());
        (await RequestAsync(4)).Answer();
        var outcomes = await group;

        Assert.Equal([LlmOutcomeStatus.Succeeded, LlmOutcomeStatus.Failed, LlmOutcomeStatus.Succeeded], outcomes.Select(outcome => outcome.Status));
        Assert.Equal([2, 1, 1], outcomes.Select(outcome => outcome.Attempts));
        Assert.Equal([7, 1, 0], outcomes.Select(outcome => Math.Round(outcome.Duration.TotalSeconds, 3)));
    });

    [Fact]
    public Task An_item_that_was_never_admitted_was_not_started() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { Throttle = Throttle, MaxConcurrency = 2, TimeProvider = Clock };
        var group = LlmTask.WhenAllSettled([0, 1, 2], Model.AskAsync, options, caller.Token);
        await RequestAsync(1);
        await QueuedAsync();
        caller.Cancel();
        var outcomes = await group;

        Assert.Equal([LlmOutcomeStatus.Canceled, LlmOutcomeStatus.NotStarted, LlmOutcomeStatus.NotStarted], outcomes.Select(outcome => outcome.Status));
        Assert.Equal([1, 0, 0], outcomes.Select(outcome => outcome.Attempts));
        Assert.Equal(caller.Token, Assert.IsAssignableFrom<OperationCanceledException>(outcomes[0].Error).CancellationToken);
    });

    [Fact]
    public Task An_item_that_waits_for_another_attempt_is_cancelled() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var group = LlmTask.WhenAllSettled([0], Model.AskAsync, Throttle, caller.Token);
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(60)));
        caller.Cancel();

        Assert.Equal((LlmOutcomeStatus.Canceled, 1), ((await group)[0].Status, (await group)[0].Attempts));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task What_a_call_returns_while_it_is_being_cancelled_counts_and_what_it_throws_is_inside_its_cancellation(bool timed) => Run(async () =>
    {
        Use(new());
        var late = new ModelException("late");
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { Throttle = Throttle, CallTimeout = timed ? TimeSpan.FromHours(1) : null, TimeProvider = Clock };
        var group = LlmTask.WhenAllSettled([0, 1, 2], Stubborn.AskAsync, options, caller.Token);
        await RequestAsync(Stubborn, 3);
        caller.Cancel();
        Stubborn[0].Answer();
        Stubborn[1].Fail(late);
        Stubborn[2].Fail(new OperationCanceledException("a token of the library's own"));
        var outcomes = await group;

        Assert.Equal([LlmOutcomeStatus.Succeeded, LlmOutcomeStatus.Canceled, LlmOutcomeStatus.Canceled], outcomes.Select(outcome => outcome.Status));
        Assert.All(outcomes.Skip(1), outcome => Assert.Equal(caller.Token, Assert.IsType<OperationCanceledException>(outcome.Error).CancellationToken));
        Assert.Same(late, outcomes[1].Error!.InnerException);
    });

    [Fact]
    public Task CallTimeout_bounds_each_attempt_and_not_the_wait_for_it() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1, MaxTimeoutRetries = 1 });
        var options = new LlmBatchOptions { Throttle = Throttle, CallTimeout = TimeSpan.FromSeconds(10), TimeProvider = Clock };
        var group = LlmTask.WhenAllSettled([0, 1], Model.AskAsync, options);
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(9));
        Model.Calls[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(60)));
        for (var number = 2; number <= 3; number++)
        {
            await RequestAsync(number);
            Clock.Advance(TimeSpan.FromSeconds(10));
            await FailureOf(Model.Calls[number - 1].Task);
        }
        (await RequestAsync(4)).Answer();
        var outcomes = await group;

        Assert.IsType<TimeoutException>(outcomes[0].Error);
        Assert.Equal([3, 1], outcomes.Select(outcome => outcome.Attempts));
        Assert.True(outcomes[1].IsSuccess);
    });

    [Fact]
    public Task Progress_tells_how_long_an_item_waited_for_its_first_admission() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var reports = new Reports();
        var options = new LlmBatchOptions { Throttle = Throttle, Progress = reports, MaxConcurrency = 2, TimeProvider = Clock };
        var group = LlmTask.WhenAllSettled([0, 1], Model.AskAsync, options);
        await RequestAsync(1);
        await QueuedAsync();
        Clock.Advance(TimeSpan.FromSeconds(40));
        Model.Calls[0].Answer();
        (await RequestAsync(2)).Answer();
        await group;

        Assert.Equal([0, 40], reports.All.Select(report => (int)report.QueuedFor.TotalSeconds));
        Assert.Equal([1, 2], reports.All.Select(report => report.Completed));
    });

    [Fact]
    public Task MaxConcurrency_of_the_options_is_the_smaller_limit() => Run(async () =>
    {
        Use(new());
        var options = new LlmBatchOptions { Throttle = Throttle, MaxConcurrency = 2, TimeProvider = Clock };
        var group = LlmTask.WhenAll(Enumerable.Range(0, 5), Model.AskAsync, options);
        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((2, 0), (Now.InFlight, Now.Queued));
        for (var number = 1; number <= 5; number++)
            (await RequestAsync(number)).Answer();

        await group;
    });

    [Fact]
    public Task Without_MaxConcurrency_the_throttles_limit_counts() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 25 });
        var group = LlmTask.WhenAll(Enumerable.Range(0, 40), (Func<int, CancellationToken, Task>)Model.AskAsync, Throttle);
        await RequestAsync(25);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(25, Now.InFlight);
        for (var number = 1; number <= 40; number++)
            (await RequestAsync(number)).Answer();

        await group;
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task WhenEach_yields_outcomes_as_they_come(bool fromStream) => Run(async () =>
    {
        Use(new());
        var source = new FakeSource(3);
        var group = fromStream ? LlmTask.WhenEach(source.ItemsAsync(), Model.AskAsync, Throttle) : LlmTask.WhenEach(source.Items(), Model.AskAsync, Throttle);
        var collected = CollectAsync(group);
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(1)));
        for (var number = 2; number <= 4; number++)
            (await RequestAsync(number)).Answer();
        var outcomes = await collected;

        Assert.Equal([0, 1, 2], outcomes.Select(outcome => outcome.Index).Order());
        Assert.All(outcomes, outcome => Assert.Equal((FakeModel.AnswerTo(outcome.Item), outcome.Index == 0 ? 2 : 1), (outcome.GetResult(), outcome.Attempts)));
    });

    [Fact]
    public Task WhenEach_without_results_ends_when_its_loop_is_left() => Run(async () =>
    {
        Use(new());
        var source = new FakeSource();
        var loop = LlmTask.WhenEach(source.ItemsAsync(), (Func<int, CancellationToken, Task>)Model.AskAsync, Throttle).GetAsyncEnumerator();
        var first = loop.MoveNextAsync();
        (await RequestAsync(1)).Answer();
        Assert.True(await first);
        await loop.DisposeAsync();

        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public void A_throttle_that_is_missing_is_named()
    {
        ThrowsAtOnce<ArgumentNullException>("throttle", () => LlmTask.WhenAll([0], Model.AskAsync, (LlmThrottle)null!));
        ThrowsAtOnce<ArgumentNullException>("throttle", () => LlmTask.WhenAllSettled([0], Model.AskAsync, (LlmThrottle)null!));
        ThrowsAtOnce<ArgumentNullException>("throttle", () => LlmTask.WhenEach([0], Model.AskAsync, (LlmThrottle)null!));
    }

    /// <summary>Waits until the group has queued its next item.</summary>
    private async Task QueuedAsync()
    {
        while (Now.Queued == 0)
            await Task.Yield();
    }

    private static async Task<List<LlmOutcome<int, string>>> CollectAsync(IAsyncEnumerable<LlmOutcome<int, string>> group)
    {
        var all = new List<LlmOutcome<int, string>>();
        await foreach (var outcome in group)
            all.Add(outcome);
        return all;
    }
}
