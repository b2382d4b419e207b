using System.Collections;
using AsyncLlm.Tests.Support;
using static AsyncLlm.LlmOutcomeStatus;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class WhenEachTests
{
    private readonly TestClock _clock = new();
    private readonly FakeModel _model = new();
    private readonly FakeModel _stubborn = new() { HonorsTokens = false };
    private readonly Pump _pump = new();

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(3, false)]
    [InlineData(4, false)]
    [InlineData(300, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(300, true)]
    public Task Every_item_has_one_outcome(int count, bool asynchronous) => Run(async () =>
    {
        var source = new FakeSource(count) { Waits = async (_, _) => await Task.Yield() };
        var outcomes = await Collect(asynchronous
            ? LlmTask.WhenEach(source.ItemsAsync(), DoubleAsync, maxConcurrency: 3)
            : LlmTask.WhenEach(source.Items(), DoubleAsync, maxConcurrency: 3));

        Assert.Equal(Enumerable.Range(0, count), outcomes.Select(outcome => outcome.Index).Order());
        Assert.All(outcomes, outcome => Assert.Equal(outcome.Index, outcome.Item));
        Assert.All(outcomes, outcome => Assert.Equal(outcome.Item * 2, outcome.GetResult()));
        Assert.Equal(1, source.Disposals);
        Assert.False(source.Overlapped);
        Assert.False(source.AskedAfterEnd);

        static async Task<int> DoubleAsync(int item, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return item * 2;
        }
    });

    [Fact]
    public Task Outcomes_come_in_the_order_in_which_the_calls_end_and_a_failure_stops_nothing() => Run(async () =>
    {
        var loop = LlmTask.WhenEach(Enumerable.Range(0, 4), _model.AskAsync, maxConcurrency: 3).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _model.StartedAsync(3);
        _model[2].Answer();
        Assert.True(await moved);
        Assert.Equal((2, Succeeded), (loop.Current.Item, loop.Current.Status));

        await _model.StartedAsync(4);
        _model[1].Fail(new ModelException("refused"));
        Assert.True(await loop.MoveNextAsync());
        Assert.Equal((1, Failed), (loop.Current.Item, loop.Current.Status));

        _model[3].Answer();
        Assert.True(await loop.MoveNextAsync());
        Assert.Equal((3, Succeeded), (loop.Current.Item, loop.Current.Status));

        _model[0].Answer();
        Assert.True(await loop.MoveNextAsync());
        Assert.Equal((0, Succeeded), (loop.Current.Item, loop.Current.Status));
        Assert.False(await loop.MoveNextAsync());
    });

    [Fact]
    public Task The_limit_holds_and_is_reached() => Run(async () =>
    {
        var loop = LlmTask.WhenEach(Enumerable.Range(0, 30), _model.AskAsync, maxConcurrency: 4).GetAsyncEnumerator();
        for (var i = 0; i < 30; i++)
        {
            var moved = loop.MoveNextAsync();
            await _model.StartedAsync(Math.Min(i + 4, 30));
            Assert.Equal(Math.Min(4, 30 - i), _model.Running);
            _model.Calls.First(call => !call.HasEnded).Answer();
            Assert.True(await moved);
        }

        Assert.False(await loop.MoveNextAsync());
        Assert.Equal(4, _model.Peak);
    });

    [Fact]
    public Task Nothing_happens_before_the_loop_starts_and_each_loop_is_a_group_of_its_own() => Run(async () =>
    {
        var source = new FakeSource(3);
        var outcomes = LlmTask.WhenEach(source.Items(), (item, _) => Task.FromResult(item));
        var unstarted = outcomes.GetAsyncEnumerator();
        Assert.Equal(0, source.Pulled);
        await unstarted.DisposeAsync();

        Assert.Equal(3, (await Collect(outcomes)).Count);
        Assert.Equal(3, (await Collect(outcomes)).Count);
        Assert.Equal(6, source.Pulled);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call_and_not_in_the_loop()
    {
        var noItems = (IEnumerable<int>)null!;
        var noStream = (IAsyncEnumerable<int>)null!;
        var stream = new FakeSource().ItemsAsync();
        var noCall = (Func<int, CancellationToken, Task<string>>)null!;
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenEach(noItems, _model.AskAsync));
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenEach(noStream, _model.AskAsync));
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmTask.WhenEach(noStream, WorkAsync, new LlmBatchOptions()));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenEach([0], noCall));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTask.WhenEach(stream, noCall));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmTask.WhenEach([0], _model.AskAsync, (LlmBatchOptions)null!));
        ThrowsAtOnce<ArgumentNullException>("options", () => LlmTask.WhenEach(stream, _model.AskAsync, (LlmBatchOptions)null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => LlmTask.WhenEach([0], _model.AskAsync, 0));
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxConcurrency", () => LlmTask.WhenEach(stream, WorkAsync, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_item_is_pulled_only_when_a_call_can_run_for_it(bool asynchronous) => Run(async () =>
    {
        var source = new FakeSource();
        var loop = (asynchronous
            ? LlmTask.WhenEach(source.ItemsAsync(), _model.AskAsync, maxConcurrency: 3)
            : LlmTask.WhenEach(source.Items(), _model.AskAsync, maxConcurrency: 3)).GetAsyncEnumerator();
        for (var i = 0; i < 5; i++)
        {
            var moved = loop.MoveNextAsync();
            await _model.StartedAsync(i + 3);
            Assert.Equal(i + 3, source.Pulled);
            _model.Calls[i].Answer();
            Assert.True(await moved);
        }

        await _model.StartedAsync(8);
        await loop.DisposeAsync();
        Assert.Equal(8, source.Pulled);
        Assert.Equal(Enumerable.Range(0, 8), _model.Started.Order());
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public Task A_slow_reader_holds_back_new_calls(int limit) => Run(async () =>
    {
        var source = new FakeSource();
        var loop = LlmTask.WhenEach(source.Items(), _model.AskAsync, limit).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        // One outcome is in the reader's hands, twice as many as calls may run is all there is room for.
        var most = 2 * limit + 1;
        for (var i = 0; i < most; i++)
        {
            await _model.StartedAsync(i + 1);
            _model.Calls[i].Answer();
            if (i == 0)
                Assert.True(await moved);
        }
        for (var i = 0; i < 3 * limit; i++)
        {
            Assert.True(await loop.MoveNextAsync());
            await _model.StartedAsync(++most);
            _model.Calls[most - 1].Answer();
        }

        await loop.DisposeAsync();
        Assert.Equal(most, source.Pulled);
    });

    [Fact]
    public Task A_slow_reader_does_not_hold_back_calls_before_as_many_outcomes_wait_as_calls_may_run() => Run(async () =>
    {
        var loop = LlmTask.WhenEach(new FakeSource().Items(), _model.AskAsync, maxConcurrency: 3).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _model.StartedAsync(3);
        for (var i = 0; i < 3; i++)
        {
            _model[i].Answer();
            await _model.StartedAsync(i + 4);
        }

        Assert.Equal(3, _model.Running);
        Assert.True(await moved);
    });

    [Fact]
    public Task The_source_is_never_pulled_twice_at_once() => Run(async () =>
    {
        var source = new FakeSource(2_000) { Waits = async (item, _) => await (item % 3 == 0 ? Task.CompletedTask : Task.Run(() => { })) };
        var outcomes = await Collect(LlmTask.WhenEach(source.ItemsAsync(), async (item, _) =>
        {
            await Task.Yield();
            return item;
        }, maxConcurrency: 16));

        Assert.False(source.Overlapped);
        Assert.Equal(Enumerable.Range(0, 2_000), outcomes.Select(outcome => outcome.Item).Order());
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Leaving_the_loop_cancels_the_running_calls_awaits_them_and_disposes_the_source(bool asynchronous) => Run(async () =>
    {
        var source = new FakeSource();
        var loop = (asynchronous
            ? LlmTask.WhenEach(source.ItemsAsync(), _stubborn.AskAsync, maxConcurrency: 3)
            : LlmTask.WhenEach(source.Items(), _stubborn.AskAsync, maxConcurrency: 3)).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _stubborn.StartedAsync(3);
        _stubborn[0].Answer();
        await moved;
        await _stubborn.StartedAsync(4);

        var left = loop.DisposeAsync();
        Assert.All([1, 2, 3], prompt => Assert.True(_stubborn[prompt].Token.IsCancellationRequested));
        _stubborn[1].Cancel();
        _stubborn[2].Answer();
        Assert.False(left.IsCompleted);
        Assert.Equal(0, source.Disposals);
        _stubborn[3].Fail(new ModelException("while leaving"));
        await left;

        Assert.Equal(1, source.Disposals);
        Assert.Equal(4, source.Pulled);
    });

    [Fact]
    public Task An_exception_in_the_loop_leaves_it_as_break_does() => Run(async () =>
    {
        var bug = await Assert.ThrowsAsync<ModelException>(async () =>
        {
            await foreach (var outcome in LlmTask.WhenEach(new FakeSource().Items(), (item, token) => item == 0 ? Task.FromResult("") : _model.AskAsync(item, token), maxConcurrency: 2))
            {
                await _model.StartedAsync(2);
                throw new ModelException("in the body");
            }
        });

        Assert.Equal("in the body", bug.Message);
        Assert.Equal(0, _model.Running);
    });

    [Fact]
    public Task A_call_that_ignores_its_token_holds_up_the_end_of_the_loop_for_one_second() => Run(async () =>
    {
        var loop = LlmTask.WhenEach(new FakeSource().Items(), _stubborn.AskAsync, new LlmBatchOptions { MaxConcurrency = 2, TimeProvider = _clock }).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _stubborn.StartedAsync(2);
        _stubborn[0].Answer();
        await moved;
        await _stubborn.StartedAsync(3);
        var left = loop.DisposeAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(left.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));

        await left;
        Assert.Equal(2, _stubborn.Running);
        Assert.Equal(0, _clock.LiveTimers);
        _stubborn[1].Answer();
        _stubborn[2].Answer();
    });

    [Fact]
    public Task A_source_that_does_not_answer_holds_up_the_end_of_the_loop_for_one_second_and_is_disposed_when_it_does() => Run(async () =>
    {
        var stuck = new TaskCompletionSource();
        var source = new FakeSource { Waits = (item, _) => item == 1 ? stuck.Task : Task.CompletedTask };
        var loop = LlmTask.WhenEach(source.ItemsAsync(), (item, _) => Task.FromResult(item), new LlmBatchOptions { TimeProvider = _clock }).GetAsyncEnumerator();
        await loop.MoveNextAsync();
        var left = loop.DisposeAsync().AsTask();
        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(left.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        await left;

        Assert.Equal(0, source.Disposals);
        stuck.SetResult();
        await source.DisposedAsync();
        Assert.False(source.Overlapped);
    });

    [Fact]
    public Task A_source_is_told_when_the_loop_is_left() => Run(async () =>
    {
        var source = new FakeSource { Waits = (item, token) => item == 1 ? Task.Delay(Timeout.InfiniteTimeSpan, _clock, token) : Task.CompletedTask };
        await foreach (var _ in LlmTask.WhenEach(source.ItemsAsync(), (item, _) => Task.FromResult(item)))
            break;

        Assert.Equal(1, source.Disposals);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task An_exception_of_the_source_comes_after_the_outcomes_of_what_was_pulled(bool asynchronous) => Run(async () =>
    {
        var source = new FakeSource { ThrowsAt = 3 };
        var loop = (asynchronous
            ? LlmTask.WhenEach(source.ItemsAsync(), _model.AskAsync, maxConcurrency: 4)
            : LlmTask.WhenEach(source.Items(), _model.AskAsync, maxConcurrency: 4)).GetAsyncEnumerator();
        var outcomes = new List<LlmOutcome<int, string>>();
        var thrown = await Assert.ThrowsAsync<ModelException>(async () =>
        {
            while (await loop.MoveNextAsync())
                outcomes.Add(loop.Current);
        });

        Assert.Same(source.Exception, thrown);
        Assert.Contains("Pull", thrown.StackTrace);
        Assert.Equal([0, 1, 2], outcomes.Select(outcome => outcome.Item).Order());
        Assert.All(outcomes, outcome => Assert.Contains(outcome.Status, new[] { Canceled, NotStarted }));
        Assert.Equal(3, source.Pulled);
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public Task A_source_that_cannot_be_opened_or_closed_throws_in_the_loop() => Run(async () =>
    {
        var opening = new BrokenSource(opening: new ModelException("opening"));
        Assert.Equal("opening", (await Assert.ThrowsAsync<ModelException>(() => Collect(LlmTask.WhenEach(opening, _model.AskAsync)))).Message);

        var closing = new BrokenSource(closing: new ModelException("closing"));
        Assert.Equal("closing", (await Assert.ThrowsAsync<ModelException>(() => Collect(LlmTask.WhenEach(closing, _model.AskAsync)))).Message);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Cancelling_gives_the_outcomes_of_what_was_pulled_and_then_throws_with_the_callers_token(bool withCancellation) => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        var source = new FakeSource();
        var all = LlmTask.WhenEach(source.Items(), _model.AskAsync, maxConcurrency: 3, withCancellation ? other.Token : caller.Token);
        var loop = all.GetAsyncEnumerator(withCancellation ? caller.Token : other.Token);
        var moved = loop.MoveNextAsync();
        await _model.StartedAsync(3);
        _model[1].Answer();
        await _model.StartedAsync(4);
        caller.Cancel();

        var outcomes = new List<LlmOutcome<int, string>>();
        var thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            for (; await moved; moved = loop.MoveNextAsync())
                outcomes.Add(loop.Current);
        });
        Assert.Equal(caller.Token, thrown.CancellationToken);
        Assert.Equal([(0, Canceled), (1, Succeeded), (2, Canceled), (3, Canceled)], outcomes.Select(outcome => (outcome.Item, outcome.Status)).Order());
        Assert.All(outcomes.Where(outcome => outcome.Status == Canceled), outcome => Assert.Equal(caller.Token, Assert.IsType<OperationCanceledException>(outcome.Error).CancellationToken));
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_token_cancelled_before_the_loop_starts_nothing(bool withCancellation) => Run(async () =>
    {
        var token = new CancellationToken(canceled: true);
        var source = new FakeSource();
        var loop = LlmTask.WhenEach(source.Items(), _model.AskAsync, cancellationToken: withCancellation ? default : token)
            .GetAsyncEnumerator(withCancellation ? token : default);

        Assert.Equal(token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await loop.MoveNextAsync())).CancellationToken);
        Assert.Equal(0, source.Pulled);
        Assert.Empty(_model.Calls);
    });

    [Fact]
    public Task A_token_cancelled_when_the_source_and_the_calls_have_ended_changes_nothing() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var read = 0;
        var options = new LlmBatchOptions { Deadline = TimeSpan.FromMinutes(1), TimeProvider = _clock };
        await foreach (var outcome in LlmTask.WhenEach([0, 1], (item, _) => Task.FromResult(item), options, caller.Token))
        {
            // The deadline's timer goes when the group has ended.
            while (_clock.LiveTimers > 0)
                await Task.Yield();
            caller.Cancel();
            read++;
        }

        Assert.Equal(2, read);
    });

    [Fact]
    public Task The_deadline_gives_the_outcomes_of_what_was_pulled_and_then_throws_TimeoutException() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 2, Deadline = TimeSpan.FromSeconds(5), TimeProvider = _clock };
        var loop = LlmTask.WhenEach(new FakeSource().Items(), _model.AskAsync, options).GetAsyncEnumerator();
        _clock.Advance(TimeSpan.FromSeconds(100));
        var moved = loop.MoveNextAsync();
        await _model.StartedAsync(2);
        _model[0].Answer();
        await _model.StartedAsync(3);
        _clock.Advance(TimeSpan.FromSeconds(5));

        var outcomes = new List<LlmOutcome<int, string>>();
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            for (; await moved; moved = loop.MoveNextAsync())
                outcomes.Add(loop.Current);
        });
        Assert.Equal([(0, Succeeded), (1, Canceled), (2, Canceled)], outcomes.Select(outcome => (outcome.Item, outcome.Status)).Order());
        Assert.IsType<TimeoutException>(outcomes.Single(outcome => outcome.Item == 2).Error);
        Assert.Equal(0, _clock.LiveTimers);
    });

    [Fact]
    public Task A_call_left_behind_has_one_outcome_and_what_it_brings_later_is_dropped() => Run(async () =>
    {
        var options = new LlmBatchOptions { MaxConcurrency = 2, Deadline = TimeSpan.FromSeconds(5), TimeProvider = _clock };
        var loop = LlmTask.WhenEach(new FakeSource().Items(), _stubborn.AskAsync, options).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _stubborn.StartedAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _stubborn[0].Answer();
        _stubborn[1].Fail(new ModelException("too late"));

        var outcomes = new List<LlmOutcome<int, string>>();
        await Assert.ThrowsAsync<TimeoutException>(async () =>
        {
            for (; await moved; moved = loop.MoveNextAsync())
                outcomes.Add(loop.Current);
        });
        Assert.Equal([(0, Canceled), (1, Canceled)], outcomes.Select(outcome => (outcome.Item, outcome.Status)).Order());
    });

    [Theory]
    [InlineData(LlmStopWhen.FirstCompleted, 2)]
    [InlineData(LlmStopWhen.FirstFailed, 3)]
    public Task The_loop_ends_without_an_exception_where_the_options_asked_for_the_stop(LlmStopWhen stopWhen, int expected) => Run(async () =>
    {
        var loop = LlmTask.WhenEach(new FakeSource().Items(), _model.AskAsync, new LlmBatchOptions { MaxConcurrency = 2, StopWhen = stopWhen }).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await _model.StartedAsync(2);
        _model[0].Answer();
        if (stopWhen == LlmStopWhen.FirstFailed)
        {
            await _model.StartedAsync(3);
            _model[1].Fail(new ModelException("refused"));
        }

        var outcomes = new List<LlmOutcome<int, string>>();
        for (; await moved; moved = loop.MoveNextAsync())
            outcomes.Add(loop.Current);
        Assert.Equal(expected, outcomes.Count);
        Assert.Equal(Canceled, outcomes.MaxBy(outcome => outcome.Item).Status);
        Assert.Equal(expected, _model.Calls.Count);
    });

    [Fact]
    public Task An_item_pulled_too_late_to_start_is_told() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var arrives = new TaskCompletionSource();
        var source = new FakeSource { Waits = (_, _) => arrives.Task };
        var loop = _pump.Invoke(() => LlmTask.WhenEach(source.ItemsAsync(), _model.AskAsync, cancellationToken: caller.Token)).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync().AsTask();
        _pump.RunAll();
        // The item arrives off the caller's context: its call waits for the pump.
        arrives.SetResult();
        Assert.Equal(1, source.Pulled);
        caller.Cancel();
        _pump.RunAll();

        Assert.True(await moved);
        Assert.Equal((0, NotStarted, 0), (loop.Current.Item, loop.Current.Status, loop.Current.Attempts));
        moved = loop.MoveNextAsync().AsTask();
        _pump.RunAll();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => moved);
        Assert.Empty(_model.Calls);
    });

    [Fact]
    public Task A_source_that_has_thrown_is_not_asked_again() => Run(async () =>
    {
        for (var round = 0; round < 300; round++)
        {
            var source = new FakeSource { ThrowsAt = 20 };
            await Assert.ThrowsAsync<ModelException>(() => Collect(LlmTask.WhenEach(source.ItemsAsync(), async (item, _) =>
            {
                await Task.Yield();
                return item;
            }, maxConcurrency: 8)));
            Assert.False(source.AskedAfterEnd);
        }
    });

    [Fact]
    public Task The_source_is_read_and_disposed_where_the_calls_run_and_read_with_the_async_locals_of_the_caller() => Run(async () =>
    {
        var request = new AsyncLocal<string?> { Value = "the caller's" };
        var seen = new List<(SynchronizationContext?, string?)>();
        var source = new FakeSource(5)
        {
            OnPull = () => seen.Add((SynchronizationContext.Current, request.Value)),
            // The end comes from elsewhere.
            Waits = (item, _) => item == 5 ? Task.Run(() => { }) : Task.CompletedTask,
        };
        var outcomes = Collect(_pump.Invoke(() => LlmTask.WhenEach(source.ItemsAsync(), (item, _) =>
        {
            request.Value = "a call's";
            return Task.Run(() => item);
        }, maxConcurrency: 1)));
        while (!outcomes.IsCompleted)
        {
            _pump.RunAll();
            await Task.Yield();
        }

        await outcomes;
        Assert.Equal(Enumerable.Repeat<(SynchronizationContext?, string?)>((_pump, "the caller's"), 5), seen);
        Assert.Same(_pump, source.DisposedOn);
    });

    [Fact]
    public Task Progress_knows_no_total_and_no_queue() => Run(async () =>
    {
        var reports = new Reports();
        await Collect(LlmTask.WhenEach(Enumerable.Range(0, 3), (item, _) =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return item == 2 ? throw new ModelException("refused") : Task.FromResult(item);
        }, new LlmBatchOptions { MaxConcurrency = 1, Progress = reports, TimeProvider = _clock }));

        Assert.Equal(
            [new(1, 0, Total: null, TimeSpan.Zero), new(2, 0, Total: null, TimeSpan.Zero), new(3, 1, Total: null, TimeSpan.Zero)],
            reports.All);
    });

    [Fact]
    public Task Nothing_stays_behind_when_a_loop_ends() => Run(async () =>
    {
        var options = new LlmBatchOptions { CallTimeout = TimeSpan.FromSeconds(10), Deadline = TimeSpan.FromMinutes(1), TimeProvider = _clock };
        await Collect(LlmTask.WhenEach(Enumerable.Range(0, 30), (item, _) => Task.FromResult(item), options));
        Assert.Equal(0, _clock.LiveTimers);

        await foreach (var _ in LlmTask.WhenEach(new FakeSource().Items(), (item, _) => Task.FromResult(item), options))
            break;
        Assert.Equal(0, _clock.LiveTimers);
    });

    [Fact]
    public Task Calls_without_a_result_have_outcomes_too() => Run(async () =>
    {
        var items = await Collect(LlmTask.WhenEach([0, 1], WorkAsync));
        items.AddRange(await Collect(LlmTask.WhenEach([2], WorkAsync, new LlmBatchOptions())));
        items.AddRange(await Collect(LlmTask.WhenEach(new FakeSource(1).ItemsAsync(), WorkAsync)));
        items.AddRange(await Collect(LlmTask.WhenEach(new FakeSource(1).ItemsAsync(), WorkAsync, new LlmBatchOptions())));

        Assert.Equal(5, items.Count);
        Assert.All(items, outcome => Assert.True(outcome.IsSuccess));
    });

    [Fact]
    public Task A_source_of_both_kinds_is_read_as_the_synchronous_one() => Run(async () =>
    {
        var source = new SourceOfBothKinds();
        Assert.Equal([1], (await Collect(LlmTask.WhenEach(source, (item, _) => Task.FromResult(item)))).Select(outcome => outcome.Item));
        Assert.Equal([1], (await Collect(LlmTask.WhenEach(source, (item, _) => Task.FromResult(item), new LlmBatchOptions()))).Select(outcome => outcome.Item));
        Assert.Equal([1], (await Collect(LlmTask.WhenEach(source, WorkAsync))).Select(outcome => outcome.Item));
        Assert.Equal([1], (await Collect(LlmTask.WhenEach(source, WorkAsync, new LlmBatchOptions()))).Select(outcome => outcome.Item));
    });

    private static Task WorkAsync(int item, CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task<List<T>> Collect<T>(IAsyncEnumerable<T> items)
    {
        var all = new List<T>();
        await foreach (var item in items)
            all.Add(item);
        return all;
    }

    private sealed class SourceOfBothKinds : IEnumerable<int>, IAsyncEnumerable<int>
    {
        public IEnumerator<int> GetEnumerator() => new List<int> { 1 }.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => throw new NotSupportedException("The asynchronous source was opened.");
    }

    private sealed class BrokenSource(ModelException? opening = null, ModelException? closing = null) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        public int Current => 0;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => opening is null ? this : throw opening;

        public ValueTask<bool> MoveNextAsync() => new(false);

        public ValueTask DisposeAsync() => closing is null ? default : throw closing;
    }
}
