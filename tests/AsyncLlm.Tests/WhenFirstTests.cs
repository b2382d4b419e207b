using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class WhenFirstTests
{
    private readonly TestClock _clock = new();
    private readonly FakeModel _model = new();
    private readonly FakeModel _stubborn = new() { HonorsTokens = false };

    [Fact]
    public Task The_first_success_is_returned_and_the_others_are_cancelled() => Run(async () =>
    {
        var task = LlmTask.WhenFirst(Calls(_model, 3));
        await _model.StartedAsync(3);
        _model[1].Answer();

        Assert.Equal("answer 1", await task);
        Assert.Equal(0, _model.Running);
        Assert.True(_model[0].Token.IsCancellationRequested);
    });

    [Fact]
    public Task All_calls_start_at_once() => Run(async () =>
    {
        var task = LlmTask.WhenFirst(Calls(_model, 50));
        await _model.StartedAsync(50);
        _model[49].Answer();

        Assert.Equal("answer 49", await task);
    });

    [Fact]
    public Task The_losers_are_awaited() => Run(async () =>
    {
        var task = LlmTask.WhenFirst(Calls(_stubborn, 3));
        await _stubborn.StartedAsync(3);
        _stubborn[0].Answer();
        Assert.True(_stubborn[1].Token.IsCancellationRequested);
        _stubborn[1].Fail(new ModelException("lost"));
        Assert.False(task.IsCompleted);
        _stubborn[2].Answer();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task A_loser_that_ignores_its_token_is_left_behind_after_one_second() => Run(async () =>
    {
        var task = FirstFanOut<string>.RunAsync(Calls(_stubborn, 2), _clock, CancellationToken.None);
        await _stubborn.StartedAsync(2);
        _stubborn[0].Answer();
        _clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(task.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(task.IsCompleted);

        Assert.Equal("answer 0", await task);
        _stubborn[1].Answer();
    });

    [Fact]
    public Task A_failure_does_not_end_the_race() => Run(async () =>
    {
        var task = LlmTask.WhenFirst(Calls(_model, 3));
        await _model.StartedAsync(3);
        _model[0].Fail(new ModelException("refused"));
        _model[1].Cancel();
        Assert.False(_model[2].Token.IsCancellationRequested);
        _model[2].Answer();

        Assert.Equal("answer 2", await task);
    });

    [Fact]
    public Task When_no_call_succeeds_the_first_failure_is_thrown_and_the_task_holds_all() => Run(async () =>
    {
        ModelException first = new("first"), second = new("second"), atOnce = new("at once");
        var task = LlmTask.WhenFirst([.. Calls(_model, 2), _ => throw atOnce, _ => null!]);
        await _model.StartedAsync(2);
        _model[1].Fail(first);
        _model[0].Fail(second);

        var failure = await FailureOf(task);
        Assert.Same(task.Exception!.InnerExceptions[0], failure);
        Assert.Equal(4, task.Exception.InnerExceptions.Count);
        Assert.Equal([first, second], task.Exception.InnerExceptions.Where(exception => exception == first || exception == second));
        Assert.Contains(atOnce, task.Exception.InnerExceptions);
        Assert.Single(task.Exception.InnerExceptions.OfType<InvalidOperationException>());
    });

    [Fact]
    public Task A_call_that_cancels_itself_has_failed() => Run(async () =>
    {
        var task = LlmTask.WhenFirst(Calls(_model, 1));
        await _model.StartedAsync(1);
        _model[0].Cancel();

        Assert.IsType<TaskCanceledException>(await FailureOf(task));
        Assert.True(task.IsFaulted);
    });

    [Fact]
    public Task Cancelling_ends_the_calls_and_carries_the_callers_token() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = LlmTask.WhenFirst(Calls(_model, 3), caller.Token);
        await _model.StartedAsync(3);
        _model[0].Fail(new ModelException("refused"));
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
        Assert.Equal(0, _model.Running);
    });

    [Fact]
    public Task A_result_wins_over_a_token_cancelled_too_late() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = LlmTask.WhenFirst(Calls(_stubborn, 2), caller.Token);
        await _stubborn.StartedAsync(2);
        caller.Cancel();
        _stubborn[0].Answer();
        _stubborn[1].Cancel();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task A_token_cancelled_before_the_call_starts_nothing() => Run(async () =>
    {
        var token = new CancellationToken(canceled: true);
        await AssertCancelledBy(token, LlmTask.WhenFirst(Calls(_model, 2), token));
        Assert.Empty(_model.Calls);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call_before_anything_starts()
    {
        ThrowsAtOnce<ArgumentNullException>("calls", () => LlmTask.WhenFirst<string>(null!));
        ThrowsAtOnce<ArgumentException>("calls", () => LlmTask.WhenFirst<string>([]));
        ThrowsAtOnce<ArgumentException>("calls", () => LlmTask.WhenFirst([.. Calls(_model, 1), null!]));
        Assert.Empty(_model.Calls);
    }

    private static IEnumerable<Func<CancellationToken, Task<string>>> Calls(FakeModel model, int count) =>
        Enumerable.Range(0, count).Select<int, Func<CancellationToken, Task<string>>>(prompt => token => model.AskAsync(prompt, token));
}
