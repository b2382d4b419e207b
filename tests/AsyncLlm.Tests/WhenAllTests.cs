using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class WhenAllTests : GroupTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(100)]
    public Task Results_come_in_the_order_of_the_source_whatever_the_order_of_the_answers(int count) => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, count), Model.AskAsync, maxConcurrency: 3));
        while (Model.Calls.LastOrDefault(call => !call.HasEnded) is { } newest)
            newest.Answer();

        Assert.Equal(Enumerable.Range(0, count).Select(FakeModel.AnswerTo), await task);
    });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 3)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(50, 1)]
    [InlineData(50, 7)]
    public Task Exactly_as_many_calls_run_as_the_limit_allows_and_the_items_demand(int count, int limit) => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, count), Model.AskAsync, limit));
        for (var left = count; left > 0; left--)
        {
            Assert.Equal(Math.Min(limit, left), Model.Running);
            Model.Calls.First(call => !call.HasEnded).Answer();
        }

        await task;
        Assert.Equal(Math.Min(limit, count), Model.Peak);
    });

    [Fact]
    public Task The_limit_is_10_unless_told_otherwise() => Run(() =>
    {
        Start(() => LlmTask.WhenAll(Enumerable.Range(0, 50), Model.AskAsync));
        Assert.Equal(10, Model.Running);

        Start(() => LlmTask.WhenAll(Enumerable.Range(100, 50), Model.AskAsync, new LlmBatchOptions()));
        Assert.Equal(20, Model.Running);
        return Task.CompletedTask;
    });

    [Fact]
    public Task The_limit_holds_on_the_pool_and_is_reached_there() => Run(async () =>
    {
        const int limit = 4;
        int running = 0, peak = 0;
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var results = await LlmTask.WhenAll(Enumerable.Range(0, 5_000), async (item, _) =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref peak, now);
            if (now == limit)
                full.TrySetResult();
            await full.Task;
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return item * 2;
        }, limit);

        Assert.Equal(Enumerable.Range(0, 5_000).Select(item => item * 2), results);
        Assert.Equal(limit, peak);
    });

    [Fact]
    public Task The_limit_holds_in_many_groups_that_are_just_starting() => Run(async () =>
    {
        for (var round = 0; round < 1_000; round++)
        {
            int running = 0, peak = 0;
            await LlmTask.WhenAll(Enumerable.Range(0, 40), async (_, _) =>
            {
                InterlockedMax(ref peak, Interlocked.Increment(ref running));
                await Task.Yield();
                Interlocked.Decrement(ref running);
            }, maxConcurrency: 3);
            Assert.InRange(peak, 1, 3);
        }
    });

    [Fact]
    public async Task An_empty_source_is_done_at_once()
    {
        var task = LlmTask.WhenAll(Array.Empty<int>(), Model.AskAsync);
        Assert.True(task.IsCompletedSuccessfully);
        Assert.Empty(await task);
    }

    [Fact]
    public Task Calls_start_in_the_order_of_the_source() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 20), Model.AskAsync, maxConcurrency: 3));
        while (Model.Calls.LastOrDefault(call => !call.HasEnded) is { } newest)
            newest.Answer();

        await task;
        Assert.Equal(Enumerable.Range(0, 20), Model.Started);
    });

    [Fact]
    public Task The_source_is_read_to_its_end_on_the_callers_thread_before_the_first_call() => Run(async () =>
    {
        var readers = new List<int>();
        var startedWhileReading = 0;
        IEnumerable<int> Source()
        {
            for (var i = 0; i < 20; i++)
            {
                readers.Add(Environment.CurrentManagedThreadId);
                startedWhileReading += Model.Calls.Count;
                yield return i;
            }
        }

        var caller = Environment.CurrentManagedThreadId;
        var task = Start(() => LlmTask.WhenAll(Source(), Model.AskAsync, maxConcurrency: 2));
        Assert.Equal(Enumerable.Repeat(caller, 20), readers);
        Assert.Equal(0, startedWhileReading);
        AnswerAll();
        await task;
    });

    [Fact]
    public Task What_happens_to_the_source_after_the_call_does_not_matter() => Run(async () =>
    {
        var source = new List<int> { 0, 1, 2 };
        var array = new[] { 10, 11, 12 };
        var ofList = Start(() => LlmTask.WhenAll(source, Model.AskAsync, maxConcurrency: 1));
        var ofArray = Start(() => LlmTask.WhenAll(array, Model.AskAsync, maxConcurrency: 1));
        source.Clear();
        Array.Clear(array);

        AnswerAll();
        Assert.Equal(["answer 0", "answer 1", "answer 2"], await ofList);
        Assert.Equal(["answer 10", "answer 11", "answer 12"], await ofArray);
    });

    [Fact]
    public void A_source_that_throws_throws_at_the_call_and_costs_nothing()
    {
        static IEnumerable<int> Source()
        {
            yield return 0;
            throw new ModelException("no more");
        }

        ThrowsAtOnce<ModelException>(() => LlmTask.WhenAll(Source(), Model.AskAsync));
        Assert.Empty(Model.Calls);
    }

    [Fact]
    public void Bad_arguments_throw_at_the_call_before_anything_starts()
    {
        var noSource = (IEnumerable<int>)null!;
        var noCall = (Func<int, CancellationToken, Task<string>>)null!;
        var noWork = (Func<int, CancellationToken, Task>)null!;
        var noOptions = (LlmBatchOptions)null!;
        var source = Unreadable();

        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenAll(noSource, Model.AskAsync));
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenAll(noSource, WorkAsync, new LlmBatchOptions()));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAll(source, noCall));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAll(source, noCall, new LlmBatchOptions()));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenAll(source, noWork));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmTask.WhenAll(source, Model.AskAsync, noOptions));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmTask.WhenAll(source, WorkAsync, noOptions));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => LlmTask.WhenAll(source, Model.AskAsync, 0));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => LlmTask.WhenAll(source, WorkAsync, -1));
        ThrowsAtOnce<ArgumentException>("options", () => LlmTask.WhenAll(source, Model.AskAsync, new LlmBatchOptions { StopWhen = LlmStopWhen.FirstCompleted }));
        Assert.Empty(Model.Calls);

        static IEnumerable<int> Unreadable()
        {
            Assert.Fail("The source was read.");
            yield break;
        }
    }

    [Fact]
    public Task The_first_failure_cancels_the_others_awaits_them_and_is_rethrown_with_its_stack() => Run(async () =>
    {
        var failing = new TaskCompletionSource();
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 10), (item, token) => item == 1 ? FailWhenAsync(failing.Task) : Stubborn.AskAsync(item, token), maxConcurrency: 3));
        Assert.False(Stubborn[0].Token.IsCancellationRequested);

        failing.SetResult();
        Assert.True(Stubborn[0].Token.IsCancellationRequested);
        Stubborn[0].Answer();
        Assert.False(task.IsCompleted);
        Stubborn[2].Answer();

        var failure = await FailureOf(task);
        Assert.IsType<ModelException>(failure);
        Assert.Contains(nameof(FailWhenAsync), failure.StackTrace);
        Assert.Equal([0, 2], Stubborn.Started.Order());

        static async Task<string> FailWhenAsync(Task when)
        {
            await when.ConfigureAwait(false);
            throw new ModelException("refused");
        }
    });

    [Fact]
    public Task The_task_holds_every_real_failure_in_the_order_of_time_and_none_of_our_cancellations() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 5), Stubborn.AskAsync, maxConcurrency: 4));
        ModelException second = new("second"), first = new("first"), third = new("third");
        Stubborn[2].Fail(first);
        Stubborn[0].Fail(second);
        Stubborn[1].Cancel();
        Stubborn[3].Fail(third);

        Assert.Same(first, await FailureOf(task));
        Assert.Equal([first, second, third], task.Exception!.InnerExceptions);
        Assert.True(task.IsFaulted);
    });

    [Fact]
    public Task A_failure_of_a_timed_call_that_is_being_cancelled_is_a_real_one_too() => Run(async () =>
    {
        var (first, late) = (new ModelException("first"), new ModelException("late"));
        var options = new LlmBatchOptions { CallTimeout = TimeSpan.FromMinutes(1), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAll([0, 1, 2], Stubborn.AskAsync, options));
        Stubborn[0].Fail(first);
        await UntilAsync(() => Stubborn[1].Token.IsCancellationRequested && Stubborn[2].Token.IsCancellationRequested);
        Stubborn[1].Fail(late);
        Stubborn[2].Cancel();
        await UntilAsync(() => task.IsCompleted);

        Assert.Equal([first, late], task.Exception!.InnerExceptions);
    });

    [Fact]
    public Task A_call_that_cancels_itself_has_failed() => Run(async () =>
    {
        // What HttpClient throws when its own timeout passes.
        var timeout = new TaskCanceledException("HttpClient.Timeout", new TimeoutException());
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 2), Model.AskAsync));
        Model[0].Fail(timeout);

        Assert.Same(timeout, await FailureOf(task));
        Assert.Equal([timeout], task.Exception!.InnerExceptions);

        var cancelled = Start(() => LlmTask.WhenAll([7], Model.AskAsync));
        Model[7].Cancel();
        Assert.IsType<TaskCanceledException>(await FailureOf(cancelled));
        Assert.True(cancelled.IsFaulted);
    });

    [Fact]
    public Task A_call_that_throws_instead_of_returning_a_task_has_failed() => Run(async () =>
    {
        var exception = new ModelException("at once");
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 3), (item, token) => item == 2 ? throw exception : Model.AskAsync(item, token)));

        Assert.Same(exception, await FailureOf(task));
        Assert.Equal([exception], task.Exception!.InnerExceptions);
    });

    [Fact]
    public Task A_call_that_returns_null_has_failed() => Run(async () =>
    {
        Assert.IsType<InvalidOperationException>(await FailureOf(LlmTask.WhenAll([1], (_, _) => (Task<string>)null!)));
        Assert.IsType<InvalidOperationException>(await FailureOf(LlmTask.WhenAll([1], (_, _) => (Task)null!)));
        Assert.IsType<InvalidOperationException>(await FailureOf(LlmTask.WhenAll([1], (_, _) => (Task<string>)null!, new LlmBatchOptions { CallTimeout = TimeSpan.FromMinutes(1) })));
    });

    [Fact]
    public Task A_token_cancelled_before_the_call_starts_nothing_and_reads_nothing() => Run(async () =>
    {
        var token = new CancellationToken(canceled: true);
        IEnumerable<int> Source()
        {
            Assert.Fail("The source was read.");
            yield break;
        }

        await AssertCancelledBy(token, LlmTask.WhenAll(Source(), Model.AskAsync, cancellationToken: token));
        await AssertCancelledBy(token, LlmTask.WhenAll(Source(), WorkAsync, cancellationToken: token));
        Assert.Empty(Model.Calls);
    });

    [Fact]
    public Task Cancelling_ends_the_running_calls_starts_no_more_and_carries_the_callers_token() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 10), Model.AskAsync, maxConcurrency: 3, caller.Token));
        Model[1].Answer();
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
        Assert.Equal([0, 1, 2, 3], Model.Started.Order());
        Assert.Equal(0, Model.Running);
    });

    [Fact]
    public Task The_callers_token_wins_over_a_failure_that_came_first() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 2), Stubborn.AskAsync, cancellationToken: caller.Token));
        Stubborn[0].Fail(new ModelException("first"));
        caller.Cancel();
        Stubborn[1].Fail(new ModelException("second"));

        await AssertCancelledBy(caller.Token, task);
    });

    [Fact]
    public Task The_callers_token_wins_over_the_deadline() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAll([0], Stubborn.AskAsync, options, caller.Token));
        Advance(TimeSpan.FromSeconds(5));
        caller.Cancel();
        Stubborn[0].Fail(new ModelException("late"));

        await AssertCancelledBy(caller.Token, task);
    });

    [Fact]
    public Task Results_win_over_a_token_cancelled_too_late() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 2), Stubborn.AskAsync, cancellationToken: caller.Token));
        caller.Cancel();
        Stubborn[0].Answer();
        Stubborn[1].Answer();

        Assert.Equal(["answer 0", "answer 1"], await task);
    });

    [Fact]
    public Task A_failure_and_a_cancellation_at_the_same_time_end_in_one_of_the_two() => Run(async () =>
    {
        for (var round = 0; round < 500; round++)
        {
            using var caller = new CancellationTokenSource();
            var failing = new TaskCompletionSource<int>();
            var task = LlmTask.WhenAll([0], (_, _) => failing.Task, cancellationToken: caller.Token);
            await Task.WhenAll(Task.Run(caller.Cancel), Task.Run(() => failing.SetException(new ModelException("race"))));

            var error = await FailureOf(task);
            Assert.True(error is ModelException || (error is OperationCanceledException cancelled && cancelled.CancellationToken == caller.Token), error.ToString());
        }
    });

    [Fact]
    public Task The_deadline_cancels_the_calls_and_throws_TimeoutException_with_the_last_failure_inside() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 3, Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 9), Stubborn.AskAsync, options));
        Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(Stubborn[0].Token.IsCancellationRequested);
        Advance(TimeSpan.FromTicks(1));
        Assert.True(Stubborn[0].Token.IsCancellationRequested);

        ModelException early = new("early"), late = new("late");
        Stubborn[0].Fail(early);
        Stubborn[1].Cancel();
        Stubborn[2].Fail(late);

        var timeout = Assert.IsType<TimeoutException>(await FailureOf(task));
        Assert.Same(late, timeout.InnerException);
        Assert.Equal([timeout, early, late], task.Exception!.InnerExceptions);
        Assert.Equal(3, Stubborn.Calls.Count);
    });

    [Fact]
    public Task A_call_is_timed_from_the_moment_it_gets_its_slot() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 1, CallTimeout = TimeSpan.FromSeconds(10), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 3), Model.AskAsync, options));
        for (var i = 0; i < 2; i++)
        {
            Advance(TimeSpan.FromSeconds(9));
            Model[i].Answer();
        }
        Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.False(Model[2].Token.IsCancellationRequested);
        Advance(TimeSpan.FromTicks(1));

        var timeout = Assert.IsType<TimeoutException>(await FailureOf(task));
        Assert.IsAssignableFrom<OperationCanceledException>(timeout.InnerException);
        Assert.Equal([timeout], task.Exception!.InnerExceptions);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_token_given_to_a_call_is_never_used_again(bool timed) => Run(async () =>
    {
        var options = new LlmBatchOptions { CallTimeout = timed ? TimeSpan.FromSeconds(10) : null, TimeProvider = Clock };
        var kept = new List<CancellationToken>();
        for (var group = 0; group < 20; group++)
        {
            using var caller = new CancellationTokenSource();
            await LlmTask.WhenAll([0, 1], (item, token) =>
            {
                lock (kept)
                    kept.Add(token);
                return Task.FromResult(item);
            }, options, caller.Token);
            caller.Cancel();
        }
        Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(timed ? 40 : 20, kept.Distinct().Count());
        Assert.All(kept, token =>
        {
            Assert.False(token.IsCancellationRequested);
            Assert.False(token.WaitHandle.WaitOne(0));
        });
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_one_second_after_a_failure() => Run(async () =>
    {
        var failure = new ModelException("failed");
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 2), Stubborn.AskAsync, new LlmBatchOptions { TimeProvider = Clock }));
        Stubborn[0].Fail(failure);
        AssertLeftBehindAfterOneSecond(task);
        Assert.Same(failure, await FailureOf(task));
        Stubborn[1].Answer();
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_one_second_after_the_deadline() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenAll([0], Stubborn.AskAsync, new LlmBatchOptions { Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock }));
        Advance(TimeSpan.FromSeconds(5));
        AssertLeftBehindAfterOneSecond(task);
        Assert.Null(Assert.IsType<TimeoutException>(await FailureOf(task)).InnerException);
        Stubborn[0].Answer();
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_one_second_after_the_callers_cancellation() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenAll([0], Stubborn.AskAsync, new LlmBatchOptions { TimeProvider = Clock }, caller.Token));
        caller.Cancel();
        AssertLeftBehindAfterOneSecond(task);
        await AssertCancelledBy(caller.Token, task);
        Stubborn[0].Answer();
    });

    [Fact]
    public Task A_call_that_blocks_its_thread_holds_up_neither_the_caller_nor_the_deadline() => Run(async () =>
    {
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = LlmTask.WhenAll([0], (_, _) =>
        {
            blocked.SetResult();
            release.Wait();
            return Task.FromResult(0);
        }, new LlmBatchOptions { Deadline = TimeSpan.FromSeconds(5), TimeProvider = Clock });
        await blocked.Task;
        Advance(TimeSpan.FromSeconds(5));
        Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<TimeoutException>(await FailureOf(task));
        release.Set();
    });

    [Fact]
    public Task Calls_without_a_result_are_bounded_and_fail_alike() => Run(async () =>
    {
        var done = new List<int>();
        await LlmTask.WhenAll(Enumerable.Range(0, 5), async (item, _) =>
        {
            await Task.Yield();
            lock (done)
                done.Add(item);
        }, maxConcurrency: 2);
        await LlmTask.WhenAll([5], (item, _) => { done.Add(item); return Task.CompletedTask; }, new LlmBatchOptions());
        Assert.Equal(Enumerable.Range(0, 6), done.Order());

        Task work = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 20), (item, token) => (Task)Model.AskAsync(item, token), maxConcurrency: 2));
        Model[1].Fail(new ModelException("refused"));
        Assert.IsType<ModelException>(await FailureOf(work));
        Assert.Equal(2, Model.Peak);
    });

    [Fact]
    public Task The_options_are_copied() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 1, CallTimeout = TimeSpan.FromSeconds(10), TimeProvider = Clock };
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 3), Model.AskAsync, options));
        options.MaxConcurrency = 3;
        options.CallTimeout = null;
        options.TimeProvider = TimeProvider.System;
        Model[0].Answer();
        Assert.Equal(1, Model.Peak);
        Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<TimeoutException>(await FailureOf(task));
    });

    [Fact]
    public Task Nothing_stays_behind_when_a_group_ends() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var options = new LlmBatchOptions { CallTimeout = TimeSpan.FromSeconds(10), Deadline = TimeSpan.FromMinutes(1), TimeProvider = Clock };
        await LlmTask.WhenAll(Enumerable.Range(0, 30), (item, _) => Task.FromResult(item), options, caller.Token);
        Assert.Equal(0, Clock.LiveTimers);

        var failed = Start(() => LlmTask.WhenAll([0, 1], Model.AskAsync, options, caller.Token));
        Model[0].Fail(new ModelException("failed"));
        await FailureOf(failed);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task A_token_that_lives_on_keeps_nothing_of_an_ended_group() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var items = await RunGroupsAsync(caller.Token);
        await AliveAsync(items);

        Assert.All(items, item => Assert.False(item.IsAlive));

        static async Task<WeakReference[]> RunGroupsAsync(CancellationToken caller)
        {
            object[] items = [new(), new(), new(), new(), new()];
            await LlmTask.WhenAll([items[0]], (_, _) => Task.FromResult(0), cancellationToken: caller);
            await LlmTask.WhenAllSettled([items[1]], (_, _) => Task.FromResult(0), cancellationToken: caller);
            await LoopAsync(LlmTask.WhenEach([items[2]], (_, _) => Task.FromResult(0), cancellationToken: caller), default);
            await LoopAsync(LlmTask.WhenEach([items[3]], (_, _) => Task.FromResult(0)), caller);
            await TimeAsync(items[4], caller);
            var references = items.Select(item => new WeakReference(item)).ToArray();
            Array.Clear(items);
            return references;
        }

        static async Task LoopAsync(IAsyncEnumerable<LlmOutcome<object, int>> outcomes, CancellationToken caller)
        {
            await foreach (var _ in outcomes.WithCancellation(caller))
                continue;
        }

        static Task<int> TimeAsync(object item, CancellationToken caller) =>
            LlmTimeout.RunAsync(_ => Task.FromResult(item.GetHashCode()), TimeSpan.FromMinutes(1), caller);
    });

    [Fact]
    public Task Progress_is_told_of_every_call_that_succeeded_or_failed() => Run(async () =>
    {
        var reports = new Reports();
        var task = Start(() => LlmTask.WhenAll(Enumerable.Range(0, 4), Stubborn.AskAsync, new LlmBatchOptions { MaxConcurrency = 3, Progress = reports, TimeProvider = Clock }));
        Advance(TimeSpan.FromSeconds(2));
        Stubborn[1].Answer();
        Stubborn[3].Answer();
        Stubborn[0].Fail(new ModelException("refused"));
        Stubborn[2].Cancel();

        await FailureOf(task);
        Assert.Equal(
            [
                new LlmProgress(Completed: 1, Failed: 0, Total: 4, QueuedFor: TimeSpan.Zero),
                new LlmProgress(Completed: 2, Failed: 0, Total: 4, QueuedFor: TimeSpan.FromSeconds(2)),
                new LlmProgress(Completed: 3, Failed: 1, Total: 4, QueuedFor: TimeSpan.Zero),
            ],
            reports.All);
    });

    [Fact]
    public Task Progress_only_grows_and_is_told_one_at_a_time() => Run(async () =>
    {
        var reports = new Reports();
        await LlmTask.WhenAll(Enumerable.Range(0, 2_000), async (item, _) =>
        {
            await Task.Yield();
            return item;
        }, new LlmBatchOptions { MaxConcurrency = 8, Progress = reports });

        Assert.Equal(Enumerable.Range(1, 2_000), reports.All.Select(report => report.Completed));
        Assert.False(reports.Overlapped);
    });

    [Fact]
    public Task An_exception_of_the_progress_handler_stops_the_group_and_is_thrown() => Run(async () =>
    {
        var bug = new ModelException("handler");
        var task = Start(() => LlmTask.WhenAll([0], Model.AskAsync, new LlmBatchOptions { Progress = new Reports { Throws = bug } }));
        Model[0].Answer();

        Assert.Same(bug, await FailureOf(task));
    });

    private static Task WorkAsync(int item, CancellationToken cancellationToken) => Task.CompletedTask;

    private static void InterlockedMax(ref int location, int value)
    {
        for (var seen = Volatile.Read(ref location); value > seen;)
        {
            var found = Interlocked.CompareExchange(ref location, value, seen);
            if (found == seen)
                return;
            seen = found;
        }
    }

    private void AnswerAll()
    {
        while (Model.Calls.FirstOrDefault(call => !call.HasEnded) is { } oldest)
            oldest.Answer();
    }

    private void AssertLeftBehindAfterOneSecond(Task task)
    {
        Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(task.IsCompleted);
        Advance(TimeSpan.FromTicks(1));
        Assert.True(task.IsCompleted);
    }
}
