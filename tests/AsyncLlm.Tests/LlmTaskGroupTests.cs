using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmTaskGroupTests : GroupTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public Task Calls_return_their_results_and_the_block_awaits_those_nobody_awaited() => Run(async () =>
    {
        var group = new LlmTaskGroup();
        var first = group.Run(token => Model.AskAsync(0, token));
        _ = group.Run(token => Model.AskAsync(1, token));
        await Model.StartedAsync(2);
        Model[0].Answer();
        Assert.Equal("answer 0", await first);
        var disposal = group.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        Model[1].Answer();

        await disposal;
    });

    [Fact]
    public Task A_group_without_calls_ends_at_once() => Run(async () =>
    {
        await using var group = new LlmTaskGroup(cancellationToken: new(canceled: true));
    });

    [Fact]
    public Task The_limit_holds_and_calls_start_in_order() => Run(async () =>
    {
        var group = Group(maxConcurrency: 2);
        var tasks = Start(() => Enumerable.Range(0, 6).Select(i => group.Run(token => Model.AskAsync(i, token))).ToList());
        for (var i = 0; i < 6; i++)
        {
            await UntilAsync(() => Model.Calls.Count >= Math.Min(i + 2, 6));
            Assert.Equal(Enumerable.Range(0, Math.Min(i + 2, 6)), Model.Started);
            Model[i].Answer();
        }
        await group.DisposeAsync();

        Assert.Equal(2, Model.Peak);
        Assert.Equal(Enumerable.Range(0, 6).Select(FakeModel.AnswerTo), await Task.WhenAll(tasks));
    });

    [Fact]
    public Task The_first_failure_cancels_the_others_and_leaving_the_block_throws_it() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var group = Group(maxConcurrency: 2);
        var tasks = Start(() => Enumerable.Range(0, 3).Select(i => group.Run(token => Model.AskAsync(i, token))).ToList());
        Model[0].Fail(refused);

        Assert.Same(refused, await FailureOf(group.DisposeAsync().AsTask()));
        Assert.Same(refused, await FailureOf(tasks[0]));
        Assert.True(Model[1].Token.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[1]);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[2]);
        Assert.Equal(2, Model.Calls.Count);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task Leaving_the_block_throws_the_failure_and_not_the_cancellation_it_caused_in_the_block() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var thrown = await Assert.ThrowsAsync<ModelException>(async () =>
        {
            await using var group = Group();
            var answer = group.Run(token => Model.AskAsync(0, token));
            _ = group.Run(async _ =>
            {
                await Model.StartedAsync(1);
                throw refused;
            });
            await answer;
        });

        Assert.Same(refused, thrown);
    });

    [Fact]
    public Task A_failure_the_block_has_seen_is_thrown_all_the_same() => Run(async () =>
    {
        var refused = new ModelException("refused");
        await using var outer = new LlmTaskGroup();
        var group = new LlmTaskGroup();
        Assert.Same(refused, await FailureOf(group.Run<int>(_ => throw refused)));

        Assert.Same(refused, await FailureOf(group.DisposeAsync().AsTask()));
    });

    [Fact]
    public Task Every_real_failure_is_kept_in_the_order_of_time_and_no_cancellation() => Run(async () =>
    {
        var first = new ModelException("first");
        var second = new ModelException("second");
        var group = Group();
        _ = Start(() => Enumerable.Range(0, 3).Select(i => group.Run(token => Stubborn.AskAsync(i, token))).ToList());
        Stubborn[2].Fail(first);
        Stubborn[0].Fail(second);
        Stubborn[1].Cancel();
        var disposal = group.DisposeAsync().AsTask();

        Assert.Same(first, await FailureOf(disposal));
        Assert.Equal([first, second], disposal.Exception!.InnerExceptions);
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_one_second_later() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var group = Group();
        var tasks = Start(() => Enumerable.Range(0, 2).Select(i => group.Run(token => Stubborn.AskAsync(i, token))).ToList());
        Stubborn[0].Fail(refused);
        var disposal = group.DisposeAsync().AsTask();
        await UntilAsync(() => Stubborn[1].Token.IsCancellationRequested);
        Assert.False(disposal.IsCompleted);
        Advance(Second);

        Assert.Same(refused, await FailureOf(disposal));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tasks[1]);
    });

    [Fact]
    public Task A_call_of_a_stopped_group_does_not_start() => Run(async () =>
    {
        var group = Group();
        await FailureOf(group.Run<int>(_ => throw new ModelException("refused")));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => group.Run(token => Model.AskAsync(0, token)));

        Assert.Empty(Model.Calls);
        await FailureOf(group.DisposeAsync().AsTask());
    });

    [Fact]
    public Task Cancel_ends_the_calls_and_is_no_failure() => Run(async () =>
    {
        var group = Group();
        var task = group.Run(token => Model.AskAsync(0, token));
        await Model.StartedAsync(1);
        group.Cancel();
        await group.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
    });

    [Fact]
    public Task The_callers_token_wins_and_both_the_calls_and_the_group_carry_it() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var group = new LlmTaskGroup(new LlmBatchOptions { TimeProvider = Clock }, caller.Token);
        var tasks = Start(() => Enumerable.Range(0, 2).Select(i => group.Run(token => Stubborn.AskAsync(i, token))).ToList());
        Stubborn[0].Fail(new ModelException("refused"));
        caller.Cancel();
        Stubborn[1].Cancel();

        await AssertCancelledBy(caller.Token, group.DisposeAsync().AsTask());
        await AssertCancelledBy(caller.Token, tasks[1]);
    });

    [Fact]
    public Task A_token_cancelled_after_every_call_has_succeeded_changes_nothing() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        await using var group = new LlmTaskGroup(1, caller.Token);
        Assert.Equal(1, await group.Run(_ => Task.FromResult(1)));
        caller.Cancel();
    });

    [Fact]
    public Task Calls_may_start_calls_while_the_group_waits() => Run(async () =>
    {
        var visited = 0;
        var group = new LlmTaskGroup(maxConcurrency: 2);
        await group.Run(token => VisitAsync(5));
        await group.DisposeAsync();

        Assert.Equal(63, visited);

        Task VisitAsync(int depth)
        {
            Interlocked.Increment(ref visited);
            for (var i = 0; i < 2 && depth > 0; i++)
                _ = group.Run(token => VisitAsync(depth - 1));
            return Task.CompletedTask;
        }
    });

    [Fact]
    public Task After_its_end_a_group_takes_no_calls_and_disposing_it_again_throws_nothing() => Run(async () =>
    {
        var group = new LlmTaskGroup();
        await FailureOf(group.Run<int>(_ => throw new ModelException("refused")));
        await FailureOf(group.DisposeAsync().AsTask());

        ThrowsAtOnce<ObjectDisposedException>(() => group.Run(_ => Task.FromResult(1)));
        ThrowsAtOnce<ObjectDisposedException>(() => group.Run(_ => Task.CompletedTask));
        await group.DisposeAsync();
        group.Cancel();
    });

    [Fact]
    public Task The_deadline_of_the_group_cancels_the_calls() => Run(async () =>
    {
        var group = new LlmTaskGroup(new LlmBatchOptions { Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock });
        var task = Start(() => group.Run(token => Model.AskAsync(0, token)));
        Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<TimeoutException>(() => task);
        await Assert.ThrowsAsync<TimeoutException>(() => group.DisposeAsync().AsTask());
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task A_call_that_takes_too_long_has_failed() => Run(async () =>
    {
        var group = new LlmTaskGroup(new LlmBatchOptions { CallTimeout = TimeSpan.FromSeconds(5), MaxConcurrency = 1, TimeProvider = Clock });
        var tasks = Start(() => Enumerable.Range(0, 2).Select(i => group.Run(token => Model.AskAsync(i, token))).ToList());
        Advance(TimeSpan.FromSeconds(5));

        await Assert.ThrowsAsync<TimeoutException>(() => tasks[0]);
        await Assert.ThrowsAsync<TimeoutException>(() => group.DisposeAsync().AsTask());
    });

    [Fact]
    public Task Progress_tells_of_each_call() => Run(async () =>
    {
        var reports = new Reports();
        var group = new LlmTaskGroup(new LlmBatchOptions { MaxConcurrency = 1, Progress = reports, TimeProvider = Clock });
        var tasks = Start(() => Enumerable.Range(0, 2).Select(i => group.Run(token => Model.AskAsync(i, token))).ToList());
        Advance(Second);
        Model[0].Answer();
        await UntilAsync(() => Model.Calls.Count == 2);
        Model[1].Fail(new ModelException("refused"));
        await FailureOf(group.DisposeAsync().AsTask());

        Assert.Equal([new(1, 0, null, TimeSpan.Zero), new(2, 1, null, Second)], reports.All);
        Assert.Equal("answer 0", await tasks[0]);
    });

    [Fact]
    public Task A_progress_that_throws_is_a_failure_of_the_group() => Run(async () =>
    {
        var reports = new Reports { Throws = new ModelException("broken") };
        var group = new LlmTaskGroup(new LlmBatchOptions { Progress = reports });
        var call = group.Run(_ => Task.FromResult(1));

        Assert.Same(reports.Throws, await FailureOf(group.DisposeAsync().AsTask()));
        Assert.Equal((1, 0), (Assert.Single(reports.All).Completed, reports.All[0].Failed));
        Assert.Equal(1, await call);
    });

    [Fact]
    public Task Progress_tells_how_long_a_call_waited_for_the_throttle() => Run(async () =>
    {
        var reports = new Reports();
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1, TimeProvider = Clock });
        var group = new LlmTaskGroup(new LlmBatchOptions { Throttle = throttle, Progress = reports, TimeProvider = Clock });
        var first = group.Run(token => Model.AskAsync(0, token));
        await Model.StartedAsync(1);
        _ = group.Run(token => Model.AskAsync(1, token));
        await UntilAsync(() => throttle.GetStatistics().Queued == 1);
        Clock.Advance(TimeSpan.FromSeconds(5));
        Model[0].Answer();
        await first;
        await UntilStartedAsync(throttle, Model, 2);
        Model[1].Answer();
        await group.DisposeAsync();

        Assert.Equal(0, reports.All[0].QueuedFor.TotalSeconds);
        Assert.InRange(reports.All[1].QueuedFor.TotalSeconds, 5, 6);
    });

    [Fact]
    public Task Calls_start_where_Run_was_called() => Run(async () =>
    {
        SynchronizationContext? caller = null;
        var seen = new List<SynchronizationContext?>();
        var group = new LlmTaskGroup(maxConcurrency: 1);
        var tasks = Start(() =>
        {
            caller = SynchronizationContext.Current;
            return Enumerable.Range(0, 3).Select(i => group.Run(async token =>
            {
                seen.Add(SynchronizationContext.Current);
                await Task.Run(() => { }).ConfigureAwait(false);
                return i;
            })).ToList();
        });
        await UntilAsync(() => tasks.All(task => task.IsCompleted));
        await group.DisposeAsync();

        Assert.NotNull(caller);
        Assert.Equal([caller, caller, caller], seen);
    });

    [Fact]
    public Task A_throttle_runs_the_calls() => Run(async () =>
    {
        var throttle = new LlmThrottle(new LlmThrottleOptions { MaxConcurrency = 2 });
        var group = new LlmTaskGroup(throttle);
        var tasks = Enumerable.Range(0, 3).Select(i => group.Run(token => Model.AskAsync(i, token))).ToList();
        await Model.StartedAsync(2);
        Assert.Equal(1, throttle.GetStatistics().Queued);
        Model.Calls[0].Answer();
        await Model.StartedAsync(3);
        foreach (var call in Model.Calls.Where(call => !call.HasEnded))
            call.Answer();
        await group.DisposeAsync();

        Assert.Equal(2, Model.Peak);
        Assert.Equal(3, throttle.GetStatistics().Succeeded);
        Assert.Equal(Enumerable.Range(0, 3).Select(FakeModel.AnswerTo), await Task.WhenAll(tasks));
    });

    [Theory]
    [InlineData(null, 3)]
    [InlineData(2, 2)]
    public Task The_throttle_of_the_options_runs_the_calls_within_the_limit_of_the_group(int? maxConcurrency, int peak) => Run(async () =>
    {
        var throttle = new LlmThrottle(new() { MaxConcurrency = 3, TimeProvider = Clock });
        var group = new LlmTaskGroup(new LlmBatchOptions { Throttle = throttle, MaxConcurrency = maxConcurrency, CallTimeout = Second, TimeProvider = Clock });
        var tasks = Enumerable.Range(0, 4).Select(i => group.Run(token => Stubborn.AskAsync(i, token))).ToList();
        await UntilStartedAsync(throttle, Stubborn, peak);
        Assert.Equal(peak, Stubborn.Calls.Count);
        var refused = Stubborn.Calls[0];
        refused.Fail(Failures.RateLimited(TimeSpan.Zero));
        for (var number = peak + 1; number <= 5; number++)
        {
            Stubborn.Calls.First(call => !call.HasEnded).Answer();
            await UntilStartedAsync(throttle, Stubborn, number);
        }
        foreach (var call in Stubborn.Calls.Where(call => !call.HasEnded))
            call.Answer();
        await group.DisposeAsync();

        Assert.Equal(Enumerable.Range(0, 4).Select(FakeModel.AnswerTo), await Task.WhenAll(tasks));
        Assert.Equal((5L, 1L, 4L, 0), (throttle.GetStatistics().Admitted, throttle.GetStatistics().RateLimited, throttle.GetStatistics().Succeeded, throttle.GetStatistics().InFlight));
        Assert.Equal(2, Stubborn.Calls.Count(call => call.Prompt == refused.Prompt));
    });

    [Fact]
    public Task A_refusal_that_was_being_waited_out_is_no_failure_of_a_group_that_is_stopped() => Run(async () =>
    {
        var throttle = new LlmThrottle(new() { TimeProvider = Clock });
        var group = new LlmTaskGroup(new LlmBatchOptions { Throttle = throttle, TimeProvider = Clock });
        var call = group.Run(token => Model.AskAsync(0, token));
        await Model.StartedAsync(1);
        Model[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(30)));
        await UntilAsync(() => throttle.GetStatistics().Queued == 1);
        group.Cancel();
        await group.DisposeAsync();

        Assert.IsType<HttpRequestException>((await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call)).InnerException!.InnerException);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call()
    {
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => new LlmTaskGroup(0));
        ThrowsAtOnce<ArgumentNullException>("throttle", () => new LlmTaskGroup((LlmThrottle)null!));
        ThrowsAtOnce<ArgumentNullException>("options", () => new LlmTaskGroup((LlmBatchOptions)null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("options", () => new LlmTaskGroup(new LlmBatchOptions { MaxConcurrency = 0 }));
        ThrowsAtOnce<ArgumentException>("options", () => new LlmTaskGroup(new LlmBatchOptions { StopWhen = LlmStopWhen.FirstCompleted }));
        var group = new LlmTaskGroup();
        ThrowsAtOnce<ArgumentNullException>("call", () => group.Run((Func<CancellationToken, Task<int>>)null!));
        ThrowsAtOnce<ArgumentNullException>("call", () => group.Run((Func<CancellationToken, Task>)null!));
    }

    private LlmTaskGroup Group(int? maxConcurrency = null) => new(new LlmBatchOptions { MaxConcurrency = maxConcurrency, TimeProvider = Clock });
}
