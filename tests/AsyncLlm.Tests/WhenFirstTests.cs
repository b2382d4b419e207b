using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class WhenFirstTests : GroupTests
{
    [Fact]
    public Task The_first_success_is_returned_and_the_others_are_cancelled() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenFirst(Calls(Model, 3)));
        Model[1].Answer();

        Assert.Equal("answer 1", await task);
        Assert.Equal(0, Model.Running);
        Assert.True(Model[0].Token.IsCancellationRequested);
    });

    [Fact]
    public Task All_calls_start_at_once() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenFirst(Calls(Model, 50)));
        Model[49].Answer();

        Assert.Equal("answer 49", await task);
    });

    [Fact]
    public Task The_losers_are_awaited() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenFirst(Calls(Stubborn, 3)));
        Stubborn[0].Answer();
        Assert.True(Stubborn[1].Token.IsCancellationRequested);
        Stubborn[1].Fail(new ModelException("lost"));
        Assert.False(task.IsCompleted);
        Stubborn[2].Answer();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task A_loser_that_ignores_its_token_is_left_behind_after_one_second() => Run(async () =>
    {
        var task = Start(() => FirstFanOut<string>.RunAsync(Calls(Stubborn, 2), Clock, CancellationToken.None));
        Stubborn[0].Answer();
        Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.False(task.IsCompleted);
        Advance(TimeSpan.FromTicks(1));
        Assert.True(task.IsCompleted);

        Assert.Equal("answer 0", await task);
        Stubborn[1].Answer();
    });

    [Fact]
    public Task A_failure_does_not_end_the_race() => Run(async () =>
    {
        var task = Start(() => LlmTask.WhenFirst(Calls(Model, 3)));
        Model[0].Fail(new ModelException("refused"));
        Model[1].Cancel();
        Assert.False(Model[2].Token.IsCancellationRequested);
        Model[2].Answer();

        Assert.Equal("answer 2", await task);
    });

    [Fact]
    public Task When_no_call_succeeds_the_first_failure_is_thrown_and_the_task_holds_all() => Run(async () =>
    {
        ModelException first = new("first"), second = new("second"), atOnce = new("at once");
        var task = Start(() => LlmTask.WhenFirst([.. Calls(Model, 2), _ => throw atOnce, _ => null!]));
        Model[1].Fail(first);
        Model[0].Fail(second);

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
        var task = Start(() => LlmTask.WhenFirst(Calls(Model, 1)));
        Model[0].Cancel();

        Assert.IsType<TaskCanceledException>(await FailureOf(task));
        Assert.True(task.IsFaulted);
    });

    [Fact]
    public Task Cancelling_ends_the_calls_and_carries_the_callers_token() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenFirst(Calls(Model, 3), caller.Token));
        Model[0].Fail(new ModelException("refused"));
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
        Assert.Equal(0, Model.Running);
    });

    [Fact]
    public Task A_result_wins_over_a_token_cancelled_too_late() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => LlmTask.WhenFirst(Calls(Stubborn, 2), caller.Token));
        caller.Cancel();
        Stubborn[0].Answer();
        Stubborn[1].Cancel();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task A_token_cancelled_before_the_call_starts_nothing() => Run(async () =>
    {
        var token = new CancellationToken(canceled: true);
        await AssertCancelledBy(token, LlmTask.WhenFirst(Calls(Model, 2), token));
        Assert.Empty(Model.Calls);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call_before_anything_starts()
    {
        ThrowsAtOnce<ArgumentNullException>("calls", () => LlmTask.WhenFirst<string>(null!));
        ThrowsAtOnce<ArgumentException>("calls", () => LlmTask.WhenFirst<string>([]));
        ThrowsAtOnce<ArgumentException>("calls", () => LlmTask.WhenFirst([.. Calls(Model, 1), null!]));
        Assert.Empty(Model.Calls);
    }

    private static IEnumerable<Func<CancellationToken, Task<string>>> Calls(FakeModel model, int count) =>
        Enumerable.Range(0, count).Select<int, Func<CancellationToken, Task<string>>>(prompt => token => model.AskAsync(prompt, token));
}
