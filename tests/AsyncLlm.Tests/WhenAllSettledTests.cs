using AsyncLlm.Tests.Support;
using static AsyncLlm.LlmOutcomeStatus;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class WhenAllSettledTests : GroupTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(100)]
    public Task Every_item_has_its_outcome_in_the_order_of_the_source(int count) => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, count), Model.AskAsync, maxConcurrency: 3));
        while (Model.Calls.LastOrDefault(call => !call.HasEnded) is { } newest)
            newest.Answer();

        var outcomes = await task;
        Assert.Equal(Enumerable.Range(0, count), outcomes.Select(outcome => outcome.Item));
        Assert.Equal(Enumerable.Range(0, count), outcomes.Select(outcome => outcome.Index));
        Assert.Equal(Enumerable.Range(0, count).Select(FakeModel.AnswerTo), outcomes.Select(outcome => outcome.GetResult()));
        Assert.Equal(Math.Min(count, 3), Model.Peak);
    });

    [Fact]
    public async Task An_empty_source_is_done_at_once()
    {
        var task = LlmTask.WhenAllSettled(Array.Empty<int>(), Model.AskAsync);
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Empty(await task);
    }

    [Fact]
    public Task A_failure_stops_nothing() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var atOnce = new ModelException("at once");
        var own = new TaskCanceledException("HttpClient.Timeout", new TimeoutException());
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 5), (item, token) => item switch
        {
            1 => throw atOnce,
            2 => null!,
            _ => Model.AskAsync(item, token),
        }));
        Model[0].Fail(refused);
        Model[3].Fail(own);
        Assert.False(Model[4].Token.IsCancellationRequested);
        Model[4].Answer();

        var outcomes = await task;
        Assert.Equal([Failed, Failed, Failed, Failed, Succeeded], outcomes.Select(outcome => outcome.Status));
        Assert.Same(refused, outcomes[0].Error);
        Assert.Same(atOnce, outcomes[1].Error);
        Assert.IsType<InvalidOperationException>(outcomes[2].Error);
        Assert.Same(own, outcomes[3].Error);
    });

    [Fact]
    public Task Cancelling_keeps_what_is_finished_and_tells_the_running_from_those_never_started() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 6), Model.AskAsync, maxConcurrency: 2, caller.Token));
        Model[0].Answer();
        Model[1].Fail(new ModelException("refused"));
        caller.Cancel();

        var outcomes = await task;
        Assert.Equal([Succeeded, Failed, Canceled, Canceled, NotStarted, NotStarted], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(Enumerable.Range(0, 6), outcomes.Select(outcome => outcome.Item));
        Assert.Equal(Enumerable.Range(0, 6), outcomes.Select(outcome => outcome.Index));
        Assert.Equal([1, 1, 1, 1, 0, 0], outcomes.Select(outcome => outcome.Attempts));
        var cancelled = Assert.IsAssignableFrom<OperationCanceledException>(outcomes[2].Error);
        Assert.Equal(caller.Token, cancelled.CancellationToken);
        Assert.Null(outcomes[5].Error);
        Assert.Equal(4, Model.Calls.Count);
    });

    [Fact]
    public Task A_token_cancelled_before_the_call_starts_nothing() => Run(async () =>
    {
        var outcomes = await LlmTask.WhenAllSettled(Enumerable.Range(0, 3), Model.AskAsync, cancellationToken: new(canceled: true));

        Assert.Equal([NotStarted, NotStarted, NotStarted], outcomes.Select(outcome => outcome.Status));
        Assert.Equal([0, 1, 2], outcomes.Select(outcome => outcome.Item));
        Assert.Empty(Model.Calls);
    });

    [Fact]
    public Task The_deadline_returns_what_there_is() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 2, Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 4), Model.AskAsync, options));
        Model[0].Answer();
        Advance(TimeSpan.FromSeconds(5));

        var outcomes = await task;
        Assert.Equal([Succeeded, Canceled, Canceled, NotStarted], outcomes.Select(outcome => outcome.Status));
        var timeout = Assert.IsType<TimeoutException>(outcomes[1].Error);
        Assert.IsAssignableFrom<OperationCanceledException>(timeout.InnerException);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task What_a_call_returns_while_it_is_being_cancelled_counts_and_what_it_throws_is_inside_its_cancellation(bool timed) => Run(async () =>
    {
        var late = new ModelException("late");
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { CallTimeout = timed ? TimeSpan.FromMinutes(1) : null, TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 3), Stubborn.AskAsync, options, caller.Token));
        caller.Cancel();
        Stubborn[0].Answer();
        Stubborn[1].Fail(late);
        Stubborn[2].Fail(new OperationCanceledException("a token of the library's own"));

        var outcomes = await task;
        Assert.Equal([Succeeded, Canceled, Canceled], outcomes.Select(outcome => outcome.Status));
        Assert.All(outcomes.Skip(1), outcome => Assert.Equal(caller.Token, Assert.IsType<OperationCanceledException>(outcome.Error).CancellationToken));
        Assert.Same(late, outcomes[1].Error!.InnerException);
    });

    [Fact]
    public Task What_a_call_throws_after_the_deadline_is_inside_its_timeout() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAllSettled([0], Stubborn.AskAsync, new LlmBatchOptions { Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock }));
        Advance(TimeSpan.FromSeconds(5));
        var late = new ModelException("late");
        Stubborn[0].Fail(late);

        var outcome = (await task)[0];
        Assert.Equal(Canceled, outcome.Status);
        Assert.Same(late, Assert.IsType<TimeoutException>(outcome.Error).InnerException);
    });

    [Fact]
    public Task What_a_call_throws_after_another_has_failed_is_inside_its_cancellation() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAllSettled([0, 1], Stubborn.AskAsync, new LlmBatchOptions { StopWhen = LlmStopWhen.FirstFailed }));
        var (first, late) = (new ModelException("first"), new ModelException("late"));
        Stubborn[0].Fail(first);
        Stubborn[1].Fail(late);

        var outcomes = await task;
        Assert.Equal([Failed, Canceled], outcomes.Select(outcome => outcome.Status));
        Assert.Same(first, outcomes[0].Error);
        Assert.Same(late, Assert.IsType<OperationCanceledException>(outcomes[1].Error).InnerException);
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_after_one_second_and_changes_nothing_later() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 3), Stubborn.AskAsync, new LlmBatchOptions { MaxConcurrency = 2, TimeProvider = Clock }, caller.Token));
        Advance(TimeSpan.FromSeconds(3));
        caller.Cancel();
        Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(task.IsCompleted);
        Advance(TimeSpan.FromTicks(1));
        Assert.True(task.IsCompleted);

        var outcomes = await task;
        Stubborn[0].Answer();
        Stubborn[1].Fail(new ModelException("too late"));
        Assert.Equal([Canceled, Canceled, NotStarted], outcomes.Select(outcome => outcome.Status));
        Assert.Equal(caller.Token, Assert.IsType<OperationCanceledException>(outcomes[0].Error).CancellationToken);
        Assert.Equal(TimeSpan.FromSeconds(4), outcomes[0].Duration);
        Assert.Equal(1, outcomes[0].Attempts);
        Assert.Equal(2, Stubborn.Calls.Count);
    });

    [Fact]
    public Task The_duration_is_the_time_of_the_call_without_the_time_in_the_queue() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 2), Model.AskAsync, new LlmBatchOptions { MaxConcurrency = 1, TimeProvider = Clock }));
        Advance(TimeSpan.FromSeconds(3));
        Model[0].Answer();
        Advance(TimeSpan.FromSeconds(5));
        Model[1].Fail(new ModelException("refused"));

        Assert.Equal([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5)], (await task).Select(outcome => outcome.Duration));
    });

    [Fact]
    public Task A_call_that_takes_too_long_fails_and_the_others_go_on() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 1, CallTimeout = TimeSpan.FromSeconds(10), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 3), (item, token) => (item == 1 ? Stubborn : Model).AskAsync(item, token), options));
        Advance(TimeSpan.FromSeconds(10));
        await UntilAsync(() => Stubborn.Calls.Count == 1);
        Advance(TimeSpan.FromSeconds(10));
        Assert.Single(Model.Calls);
        // It ignores its token: its slot is free one second later.
        Advance(TimeSpan.FromSeconds(1));
        await UntilAsync(() => Model.Calls.Count == 2);
        Model[2].Answer();

        var outcomes = await task;
        Assert.Equal([Failed, Failed, Succeeded], outcomes.Select(outcome => outcome.Status));
        Assert.IsAssignableFrom<OperationCanceledException>(Assert.IsType<TimeoutException>(outcomes[0].Error).InnerException);
        Assert.Null(Assert.IsType<TimeoutException>(outcomes[1].Error).InnerException);
        Assert.NotEqual(Model[0].Token, Model[2].Token);
        Stubborn[1].Answer();
    });

    [Theory]
    [InlineData(LlmStopWhen.AllCompleted, new[] { Failed, Succeeded, Succeeded, Succeeded })]
    [InlineData(LlmStopWhen.FirstCompleted, new[] { Canceled, Succeeded, Canceled, NotStarted })]
    [InlineData(LlmStopWhen.FirstFailed, new[] { Failed, Succeeded, Canceled, Canceled })]
    public Task The_group_stops_when_the_options_say_so(LlmStopWhen stopWhen, LlmOutcomeStatus[] expected) => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 4), Stubborn.AskAsync, new LlmBatchOptions { MaxConcurrency = 3, StopWhen = stopWhen }));
        Stubborn[1].Answer();
        if (stopWhen == LlmStopWhen.FirstCompleted)
            Stubborn[0].Cancel();
        else
            Stubborn[0].Fail(new ModelException("refused"));
        foreach (var call in Stubborn.Calls.Where(call => !call.HasEnded).ToList())
        {
            if (call.Token.IsCancellationRequested)
                call.Cancel();
            else
                call.Answer();
        }

        var outcomes = await task;
        Assert.Equal(expected, outcomes.Select(outcome => outcome.Status));
        Assert.All(outcomes, outcome => Assert.Equal(outcome.Status is Failed or Canceled, outcome.Error is not null));
        // Nobody but the call itself has more to say on it.
        Assert.All(outcomes.Where(outcome => outcome.Status == Canceled), outcome => Assert.IsType<TaskCanceledException>(outcome.Error));
    });

    [Fact]
    public Task Progress_is_told_of_what_succeeded_or_failed_and_not_of_what_was_cancelled() => Run(async () =>
    {
        var reports = new Reports();
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { MaxConcurrency = 2, Progress = reports, TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 4), Model.AskAsync, options, caller.Token));
        Advance(TimeSpan.FromSeconds(2));
        Model[0].Fail(new ModelException("refused"));
        Model[2].Answer();
        caller.Cancel();

        await task;
        Assert.Equal(
            [
                new LlmProgress(Completed: 1, Failed: 1, Total: 4, QueuedFor: TimeSpan.Zero),
                new LlmProgress(Completed: 2, Failed: 1, Total: 4, QueuedFor: TimeSpan.FromSeconds(2)),
            ],
            reports.All);
    });

    [Fact]
    public Task An_exception_of_the_progress_handler_stops_the_group_and_is_thrown() => Run(async () =>
    {
        var bug = new ModelException("handler");
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 2), Model.AskAsync, new LlmBatchOptions { Progress = new Reports { Throws = bug } }));
        Model[0].Answer();

        Assert.Same(bug, await FailureOf(task));
        Assert.True(Model[1].Token.IsCancellationRequested);
    });

    [Fact]
    public Task Calls_without_a_result_have_outcomes_too() => Run(async () =>
    {
        LlmOutcome<int, ValueTuple>[] outcomes = await LlmTask.WhenAllSettled(Enumerable.Range(0, 2), async (item, _) =>
        {
            await Task.Yield();
            if (item == 1)
                throw new ModelException("refused");
        });
        Assert.Equal([Succeeded, Failed], outcomes.Select(outcome => outcome.Status));

        outcomes = await LlmTask.WhenAllSettled([0], (_, _) => Task.CompletedTask, new LlmBatchOptions());
        Assert.True(outcomes[0].IsSuccess);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call_before_anything_starts()
    {
        static IEnumerable<int> Source() => throw new ModelException("The source was read.");
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenAllSettled((IEnumerable<int>)null!, Model.AskAsync));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAllSettled([0], (Func<int, CancellationToken, Task<string>>)null!));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAllSettled([0], (Func<int, CancellationToken, Task>)null!, new LlmBatchOptions()));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmTask.WhenAllSettled([0], Model.AskAsync, (LlmBatchOptions)null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => LlmTask.WhenAllSettled([0], Model.AskAsync, 0));
        ThrowsAtOnce<ModelException>(() => LlmTask.WhenAllSettled(Source(), Model.AskAsync));
        Assert.Empty(Model.Calls);
    }

    [Fact]
    public Task Nothing_stays_behind_when_a_group_ends() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { CallTimeout = TimeSpan.FromSeconds(10), Deadline = TimeSpan.FromMinutes(1), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAllSettled(Enumerable.Range(0, 3), Model.AskAsync, options, caller.Token));
        Model[0].Answer();
        caller.Cancel();
        await task;

        Assert.Equal(0, Clock.LiveTimers);
    });
}
