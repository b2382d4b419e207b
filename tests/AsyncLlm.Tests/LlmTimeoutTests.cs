using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmTimeoutTests : GroupTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public Task A_call_that_ends_in_time_returns_its_result() => Run(async () =>
    {
        var task = Start(() => RunAsync(Model));
        Advance(Limit - TimeSpan.FromTicks(1));
        Assert.False(Model[0].Token.IsCancellationRequested);
        Model[0].Answer();

        Assert.Equal("answer 0", await task);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task A_call_that_takes_too_long_is_cancelled_and_its_end_is_inside_the_TimeoutException() => Run(async () =>
    {
        var task = Start(() => RunAsync(Model));
        Advance(Limit);

        var timeout = await Assert.ThrowsAsync<TimeoutException>(() => task);
        Assert.IsAssignableFrom<OperationCanceledException>(timeout.InnerException);
        Assert.Contains(Limit.ToString(), timeout.Message);
        Assert.Equal(0, Model.Running);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task A_failure_of_a_call_that_took_too_long_is_inside_the_TimeoutException() => Run(async () =>
    {
        var late = new ModelException("late");
        var task = Start(() => RunAsync(Stubborn));
        Advance(Limit);
        Assert.False(task.IsCompleted);
        Stubborn[0].Fail(late);

        Assert.Same(late, (await Assert.ThrowsAsync<TimeoutException>(() => task)).InnerException);
    });

    [Fact]
    public Task A_result_that_comes_while_the_call_is_being_cancelled_is_returned() => Run(async () =>
    {
        var task = Start(() => RunAsync(Stubborn));
        Advance(Limit);
        Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Stubborn[0].Answer();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task A_call_that_ignores_its_token_is_left_behind_one_second_later() => Run(async () =>
    {
        var task = Start(() => RunAsync(Stubborn));
        Advance(Limit);
        Advance(TimeSpan.FromSeconds(1));

        Assert.Null((await Assert.ThrowsAsync<TimeoutException>(() => task)).InnerException);
        Assert.False(Stubborn[0].HasEnded);
        Assert.Equal(0, Clock.LiveTimers);
        Stubborn[0].Answer();
    });

    [Fact]
    public Task A_call_that_blocks_its_thread_holds_up_neither_the_caller_nor_the_timeout() => Run(async () =>
    {
        using var release = new ManualResetEventSlim();
        var blocked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = LlmTimeout.RunAsync(_ =>
        {
            blocked.SetResult();
            release.Wait();
            return Task.FromResult(0);
        }, Limit, Clock);
        await blocked.Task;
        Advance(Limit);
        Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<TimeoutException>(() => task);
        release.Set();
    });

    [Fact]
    public Task The_callers_cancellation_is_told_from_the_timeout() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => RunAsync(Model, caller.Token));
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
        Assert.Equal(0, Model.Running);
        Assert.Equal(0, Clock.LiveTimers);
    });

    [Fact]
    public Task The_callers_token_wins_over_the_timeout_and_over_a_failure() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => RunAsync(Stubborn, caller.Token));
        Advance(Limit);
        caller.Cancel();
        Stubborn[0].Fail(new ModelException("refused"));

        await AssertCancelledBy(caller.Token, task);
    });

    [Fact]
    public Task A_call_that_ignores_the_callers_cancellation_is_left_behind_one_second_later() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var task = Start(() => RunAsync(Stubborn, caller.Token));
        caller.Cancel();
        Assert.False(task.IsCompleted);
        Advance(TimeSpan.FromSeconds(1));

        await AssertCancelledBy(caller.Token, task);
        Stubborn[0].Answer();
    });

    [Fact]
    public Task A_token_cancelled_before_the_call_starts_nothing() => Run(async () =>
    {
        var token = new CancellationToken(canceled: true);
        await AssertCancelledBy(token, RunAsync(Model, token));
        await AssertCancelledBy(token, LlmTimeout.RunAsync(ct => (Task)Model.AskAsync(0, ct), Limit, token));
        Assert.Empty(Model.Calls);
    });

    [Fact]
    public Task An_exception_of_the_call_is_thrown_unchanged() => Run(async () =>
    {
        ModelException refused = new("refused"), atOnce = new("at once");
        var own = new OperationCanceledException("the call's own");
        var task = Start(() => RunAsync(Model));
        Model[0].Fail(refused);

        Assert.Same(refused, await FailureOf(task));
        Assert.Same(atOnce, await FailureOf(LlmTimeout.RunAsync<int>(_ => throw atOnce, Limit)));
        Assert.Same(own, await FailureOf(LlmTimeout.RunAsync(async _ =>
        {
            await Task.Yield();
            throw own;
        }, Limit)));
        Assert.IsType<InvalidOperationException>(await FailureOf(LlmTimeout.RunAsync(_ => (Task<int>)null!, Limit)));
    });

    [Fact]
    public Task Each_call_gets_a_token_of_its_own_that_is_never_used_again() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        CancellationToken kept = default;
        await LlmTimeout.RunAsync(token => { kept = token; return Task.FromResult(0); }, Limit, Clock, caller.Token);
        caller.Cancel();
        Advance(Limit);

        Assert.NotEqual(caller.Token, kept);
        Assert.False(kept.IsCancellationRequested);
        Assert.False(kept.WaitHandle.WaitOne(0));
    });

    [Fact]
    public Task Calls_without_a_result_are_timed_alike() => Run(async () =>
    {
        await LlmTimeout.RunAsync(_ => Task.CompletedTask, Limit);
        await LlmTimeout.RunAsync(async _ => await Task.Yield(), Limit, Clock);

        var task = Start(() => LlmTimeout.RunAsync(token => (Task)Model.AskAsync(0, token), Limit, Clock));
        Advance(Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => task);
    });

    [Fact]
    public Task An_infinite_timeout_never_passes() => Run(async () =>
    {
        var task = Start(() => LlmTimeout.RunAsync(token => Model.AskAsync(0, token), Timeout.InfiniteTimeSpan, Clock));
        Assert.Equal(0, Clock.LiveTimers);
        Advance(TimeSpan.FromDays(365));
        Model[0].Answer();

        Assert.Equal("answer 0", await task);
    });

    [Fact]
    public Task TheClock_of_the_system_is_used_unless_another_is_given() => Run(() =>
        Assert.ThrowsAsync<TimeoutException>(() => LlmTimeout.RunAsync(token => Model.AskAsync(0, token), TimeSpan.FromMilliseconds(1))));

    [Fact]
    public void Bad_arguments_throw_at_the_call_before_anything_starts()
    {
        Func<CancellationToken, Task<string>> call = token => Model.AskAsync(0, token);
        Func<CancellationToken, Task> work = call;
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTimeout.RunAsync((Func<CancellationToken, Task<string>>)null!, Limit));
        ThrowsAtOnce<ArgumentNullException>("call", () => LlmTimeout.RunAsync((Func<CancellationToken, Task>)null!, Limit));
        ThrowsAtOnce<ArgumentNullException>("timeProvider", () => LlmTimeout.RunAsync(call, Limit, null!));
        ThrowsAtOnce<ArgumentNullException>("timeProvider", () => LlmTimeout.RunAsync(work, Limit, null!));
        foreach (var bad in new[] { TimeSpan.Zero, TimeSpan.FromTicks(-1), TimeSpan.FromSeconds(-1), TimeSpan.FromMilliseconds(uint.MaxValue), TimeSpan.MaxValue })
        {
            ThrowsAtOnce<ArgumentOutOfRangeException>("timeout", () => LlmTimeout.RunAsync(call, bad));
            ThrowsAtOnce<ArgumentOutOfRangeException>("timeout", () => LlmTimeout.RunAsync(work, bad, Clock));
        }
        Assert.Empty(Model.Calls);
    }

    private Task<string> RunAsync(FakeModel model, CancellationToken cancellationToken = default) =>
        LlmTimeout.RunAsync(token => model.AskAsync(0, token), Limit, Clock, cancellationToken);
}
