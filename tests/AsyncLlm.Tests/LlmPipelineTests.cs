using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmPipelineTests : GroupTests
{
    private readonly List<string> _results = [];

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 4, 1)]
    [InlineData(100, 1, 1)]
    [InlineData(300, 4, 2)]
    [InlineData(300, 2, 50)]
    public Task Every_item_goes_through_the_stage_once(int count, int workers, int capacity) => Run(async () =>
    {
        var source = new FakeSource(count) { Waits = async (_, _) => await Task.Yield() };
        await ReadAsync(LlmPipeline.RunAsync(source.ItemsAsync(), AnswerAsync, workers, capacity));

        Assert.Equal(Enumerable.Range(0, count).Select(FakeModel.AnswerTo).Order(), _results.Order());
        Assert.Equal(1, source.Disposals);
        Assert.False(source.Overlapped);
        Assert.False(source.AskedAfterEnd);
        if (workers == 1)
            Assert.Equal(Enumerable.Range(0, count).Select(FakeModel.AnswerTo), _results);
    });

    [Fact]
    public Task Results_come_in_the_order_in_which_they_are_finished_and_the_workers_are_the_limit() => Run(async () =>
    {
        var loop = Start(() => ReadAsync(LlmPipeline.RunAsync(new FakeSource(4).ItemsAsync(), Model.AskAsync, 3, 1)));
        await StartedAsync(3);
        Model[2].Answer();
        await StartedAsync(4);
        Model[3].Answer();
        Model[0].Answer();
        Model[1].Answer();
        await UntilAsync(() => loop.IsCompleted);
        await loop;

        Assert.Equal([2, 3, 0, 1], _results.Select(result => int.Parse(result[7..])));
        Assert.Equal(3, Model.Peak);
    });

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    public Task A_slow_reader_holds_the_workers_back_and_these_the_source(int workers, int capacity) => Run(async () =>
    {
        var source = new FakeSource();
        var loop = LlmPipeline.RunAsync(source.ItemsAsync(), AnswerAsync, workers, capacity).GetAsyncEnumerator();
        for (var read = 1; read <= 5; read++)
        {
            Assert.True(await loop.MoveNextAsync());
            // What the reader has, and all there is room for.
            await UntilAsync(() => source.Pulled == read + workers + capacity);
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => { })));
            Assert.Equal(read + workers + capacity, source.Pulled);
        }
        await loop.DisposeAsync();
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public Task Backpressure_passes_through_a_pipeline_of_pipelines() => Run(async () =>
    {
        var source = new FakeSource();
        var first = LlmPipeline.RunAsync(source.ItemsAsync(), (item, _) => Task.FromResult(item * 10), workers: 2, capacity: 1);
        var second = LlmPipeline.RunAsync(first, (item, _) => Task.FromResult($"<{item}>"), workers: 3, capacity: 4);
        var loop = second.GetAsyncEnumerator();
        Assert.True(await loop.MoveNextAsync());
        // One item in the reader's hands, 3 + 4 in the second stage, 2 + 1 in the first.
        await UntilAsync(() => source.Pulled == 11);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => { })));

        Assert.Equal(11, source.Pulled);
        await loop.DisposeAsync();
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public Task Stages_of_a_pipeline_give_everything_to_the_end() => Run(async () =>
    {
        var source = new FakeSource(200);
        var doubled = LlmPipeline.RunAsync(source.ItemsAsync(), async (item, _) =>
        {
            await Task.Yield();
            return 2 * item;
        }, workers: 4, capacity: 2);
        await ReadAsync(LlmPipeline.RunAsync(doubled, AnswerAsync, workers: 3, capacity: 1));

        Assert.Equal(Enumerable.Range(0, 200).Select(item => FakeModel.AnswerTo(2 * item)).Order(), _results.Order());
    });

    [Fact]
    public Task A_stage_that_fails_stops_the_source_and_its_exception_follows_what_was_finished() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var source = new FakeSource();
        var loop = Start(() => ReadAsync(LlmPipeline.RunAsync(source.ItemsAsync(), Model.AskAsync, 3, 2)));
        await StartedAsync(3);
        Model[1].Answer();
        await StartedAsync(4);
        Model[0].Fail(refused);
        await UntilAsync(() => loop.IsCompleted);

        Assert.Same(refused, await FailureOf(loop));
        Assert.Equal(["answer 1"], _results);
        Assert.Equal(4, source.Pulled);
        Assert.Equal(1, source.Disposals);
        Assert.Equal(0, Model.Running);
    });

    [Fact]
    public Task A_stage_that_fails_stops_the_stages_before_it_and_ends_those_behind_it() => Run(async () =>
    {
        var refused = new ModelException("refused");
        var source = new FakeSource();
        var before = LlmPipeline.RunAsync(source.ItemsAsync(), (item, _) => Task.FromResult(item), workers: 2, capacity: 1);
        var passed = new List<int>();
        var failing = LlmPipeline.RunAsync(before, (item, _) =>
        {
            if (item >= 5)
                throw refused;
            passed.Add(item);
            return Task.FromResult(item);
        }, workers: 1, capacity: 1);
        var behind = LlmPipeline.RunAsync(failing, AnswerAsync, workers: 2, capacity: 1);

        Assert.Same(refused, await FailureOf(ReadAsync(behind)));
        Assert.Equal(passed.Select(FakeModel.AnswerTo).Order(), _results.Order());
        // Of two workers before it one may be overtaken.
        Assert.InRange(passed.Count, 4, 5);
        Assert.Equal(1, source.Disposals);
        Assert.False(source.Overlapped);
    });

    [Fact]
    public Task A_source_that_fails_lets_its_items_be_finished_first() => Run(async () =>
    {
        var source = new FakeSource { ThrowsAt = 2 };
        var loop = Start(() => ReadAsync(LlmPipeline.RunAsync(source.ItemsAsync(), Model.AskAsync, 4, 1)));
        await StartedAsync(2);
        Assert.False(Model[0].Token.IsCancellationRequested);
        Model[1].Answer();
        Model[0].Answer();
        await UntilAsync(() => loop.IsCompleted);

        Assert.Same(source.Exception, await FailureOf(loop));
        Assert.Equal(["answer 1", "answer 0"], _results);
        Assert.Equal(1, source.Disposals);
        Assert.False(source.AskedAfterEnd);
    });

    [Fact]
    public Task Leaving_the_loop_cancels_every_stage_and_awaits_it() => Run(async () =>
    {
        var source = new FakeSource();
        var first = LlmPipeline.RunAsync(source.ItemsAsync(), (item, _) => Task.FromResult(item), workers: 2, capacity: 1);
        var loop = LlmPipeline.RunAsync(first, Model.AskAsync, workers: 2, capacity: 1).GetAsyncEnumerator();
        var moved = loop.MoveNextAsync();
        await Model.StartedAsync(2);
        Model.Calls[0].Answer();
        Assert.True(await moved);
        await loop.DisposeAsync();

        Assert.Equal(0, Model.Running);
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public Task A_stage_that_ignores_its_token_is_left_behind_one_second_later() => Run(async () =>
    {
        var loop = LlmPipeline.RunAsync(new FakeSource().ItemsAsync(), (item, token) => item == 0 ? Task.FromResult("") : Stubborn.AskAsync(item, token), 2, 1, Clock, default).GetAsyncEnumerator();
        Assert.True(await loop.MoveNextAsync());
        await Stubborn.StartedAsync(1);
        var disposal = loop.DisposeAsync().AsTask();
        Assert.False(disposal.IsCompleted);
        Advance(TimeSpan.FromSeconds(1));

        await disposal;
        Assert.True(Stubborn.Calls[0].Token.IsCancellationRequested);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task The_callers_token_and_that_of_the_loop_cancel_every_stage(bool ofTheLoop) => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var source = new FakeSource();
        var first = LlmPipeline.RunAsync(source.ItemsAsync(), (item, _) => Task.FromResult(item), workers: 2, capacity: 1);
        var second = LlmPipeline.RunAsync(first, Model.AskAsync, 2, 1, ofTheLoop ? default : caller.Token);
        var loop = ReadAsync(second, ofTheLoop ? caller.Token : default);
        await Model.StartedAsync(2);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, loop);
        Assert.Equal(1, source.Disposals);
    });

    [Fact]
    public Task Nothing_happens_before_the_loop_starts_and_each_loop_is_a_run_of_its_own() => Run(async () =>
    {
        var source = new FakeSource(3);
        var results = LlmPipeline.RunAsync(source.ItemsAsync(), AnswerAsync, 2, 1);
        Assert.Equal(0, source.Pulled);
        await ReadAsync(results);
        await ReadAsync(results);

        Assert.Equal(6, _results.Count);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call()
    {
        var source = new FakeSource().ItemsAsync();
        ThrowsAtOnce<ArgumentNullException>("source", () => LlmPipeline.RunAsync((IAsyncEnumerable<int>)null!, AnswerAsync, 1, 1));
        ThrowsAtOnce<ArgumentNullException>("stage", () => LlmPipeline.RunAsync(source, (Func<int, CancellationToken, Task<int>>)null!, 1, 1));
        ThrowsAtOnce<ArgumentOutOfRangeException>("workers", () => LlmPipeline.RunAsync(source, AnswerAsync, 0, 1));
        ThrowsAtOnce<ArgumentOutOfRangeException>("capacity", () => LlmPipeline.RunAsync(source, AnswerAsync, 1, 0));
    }

    private static async Task<string> AnswerAsync(int item, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return FakeModel.AnswerTo(item);
    }

    private Task StartedAsync(int count) => UntilAsync(() => Model.Calls.Count >= count);

    private async Task ReadAsync(IAsyncEnumerable<string> results, CancellationToken cancellationToken = default)
    {
        await foreach (var result in results.WithCancellation(cancellationToken).ConfigureAwait(false))
            _results.Add(result);
    }
}
