using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmOutcomeTests
{
    [Fact]
    public Task A_success_has_its_result_and_no_error() => Run(async () =>
    {
        var outcome = (await LlmTask.WhenAllSettled(["a"], (item, _) => Task.FromResult(item + "!")))[0];

        Assert.True(outcome.IsSuccess);
        Assert.Equal("a", outcome.Item);
        Assert.Equal("a!", outcome.GetResult());
        Assert.Equal("a!", outcome.GetResultOrDefault());
        Assert.True(outcome.TryGetResult(out var result));
        Assert.Equal("a!", result);
        Assert.Null(outcome.Error);
        Assert.Equal(1, outcome.Attempts);
    });

    [Fact]
    public Task A_failure_throws_its_own_exception_with_its_own_stack() => Run(async () =>
    {
        var outcome = (await LlmTask.WhenAllSettled([1], (_, _) => RefuseAsync()))[0];

        Assert.False(outcome.IsSuccess);
        Assert.False(outcome.TryGetResult(out var result));
        Assert.Equal(0, result);
        Assert.Equal(0, outcome.GetResultOrDefault());
        var thrown = Assert.Throws<ModelException>(() => outcome.GetResult());
        Assert.Same(outcome.Error, thrown);
        Assert.Contains(nameof(RefuseAsync), thrown.StackTrace);

        static async Task<int> RefuseAsync()
        {
            await Task.Yield();
            throw new ModelException("refused");
        }
    });

    [Fact]
    public Task A_cancelled_item_throws_what_cancelled_it() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var model = new FakeModel();
        var task = LlmTask.WhenAllSettled([1], model.AskAsync, cancellationToken: caller.Token);
        await model.StartedAsync(1);
        caller.Cancel();

        var outcome = (await task)[0];
        Assert.Equal(caller.Token, Assert.Throws<OperationCanceledException>(() => outcome.GetResult()).CancellationToken);
    });

    [Fact]
    public Task An_item_that_never_started_has_neither_result_nor_error() => Run(async () =>
    {
        var notStarted = (await LlmTask.WhenAllSettled([1], (item, _) => Task.FromResult(item), cancellationToken: new(canceled: true)))[0];

        Assert.All([notStarted, default], outcome =>
        {
            Assert.Equal(LlmOutcomeStatus.NotStarted, outcome.Status);
            Assert.False(outcome.IsSuccess);
            Assert.Null(outcome.Error);
            Assert.Equal(0, outcome.Attempts);
            Assert.Equal(TimeSpan.Zero, outcome.Duration);
            Assert.False(outcome.TryGetResult(out _));
            Assert.Equal(0, outcome.GetResultOrDefault());
            Assert.Throws<InvalidOperationException>(() => outcome.GetResult());
        });
    });
}
