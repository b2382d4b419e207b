using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

/// <summary>Where calls run, and with which async locals.</summary>
public sealed class ContextTests
{
    private static readonly AsyncLocal<string?> Request = new();
    private readonly Pump _pump = new();

    public static TheoryData<string> Groups => [.. Started.Keys];

    private static Dictionary<string, Func<IEnumerable<int>, Func<int, CancellationToken, Task<int>>, Task>> Started { get; } = new()
    {
        ["WhenAll"] = (source, call) => LlmTask.WhenAll(source, call, 3),
        ["WhenAllSettled"] = (source, call) => LlmTask.WhenAllSettled(source, call, 3),
        ["WhenEach"] = (source, call) => Drain(LlmTask.WhenEach(source, call, 3)),
        ["WhenFirst"] = (source, call) => LlmTask.WhenFirst(source.Select<int, Func<CancellationToken, Task<int>>>(item => token => call(item, token))),
        ["CallTimeout"] = (source, call) => LlmTask.WhenAll(source, call, new LlmBatchOptions { MaxConcurrency = 3, CallTimeout = TimeSpan.FromMinutes(1) }),
        ["LlmTimeout"] = (source, call) => LlmTimeout.RunAsync(token => call(source.First(), token), TimeSpan.FromMinutes(1)),
    };

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Every_call_starts_on_the_synchronization_context_of_the_caller(string group) => Run(async () =>
    {
        var contexts = new List<SynchronizationContext?>();
        var task = _pump.Invoke(() => Started[group](Enumerable.Range(0, 10), async (item, _) =>
        {
            lock (contexts)
                contexts.Add(SynchronizationContext.Current);
            // What comes after must find its own way back.
            await Task.Run(() => { }).ConfigureAwait(false);
            return item;
        }));
        await PumpUntilAsync(task);

        Assert.NotEmpty(contexts);
        Assert.All(contexts, context => Assert.Same(_pump, context));
    });

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Without_a_context_every_call_starts_on_the_pool(string group) => Run(async () =>
    {
        var pooled = new List<bool>();
        var answers = new TaskCompletionSource<int>();
        Task? task = null;
        // Neither the caller's thread nor the one that ends a call is of the pool.
        RunOnThread(() => task = Started[group](Enumerable.Range(0, 10), (_, _) =>
        {
            lock (pooled)
                pooled.Add(Thread.CurrentThread.IsThreadPoolThread);
            return answers.Task;
        }));
        await Until(() => pooled.Count > 0);
        RunOnThread(() => answers.SetResult(1));
        await task!;

        Assert.All(pooled, Assert.True);
    });

    [Theory]
    [MemberData(nameof(Groups))]
    public Task The_base_class_of_contexts_counts_as_none(string group) => Run(async () =>
    {
        var pooled = new List<bool>();
        Task? task = null;
        RunOnThread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
            task = Started[group]([1], (item, _) =>
            {
                pooled.Add(Thread.CurrentThread.IsThreadPoolThread && SynchronizationContext.Current is null);
                return Task.FromResult(item);
            });
        });
        await task!;

        Assert.Equal([true], pooled);
    });

    [Theory]
    [MemberData(nameof(Groups))]
    public Task Every_call_has_the_async_locals_of_the_caller_and_not_those_of_another_call(string group) => Run(async () =>
    {
        var seen = new List<string?>();
        Request.Value = "the caller's";
        var task = Started[group](Enumerable.Range(0, 50), (item, _) =>
        {
            lock (seen)
                seen.Add(Request.Value);
            // Not an async method: nobody takes this back but the group.
            Request.Value = $"of call {item}";
            return item % 2 == 0 ? Task.FromResult(item) : Task.Run(() => item);
        });
        Request.Value = "changed later";
        await task;

        Assert.NotEmpty(seen);
        Assert.All(seen, value => Assert.Equal("the caller's", value));
        Assert.Equal("changed later", Request.Value);
    });

    [Theory]
    [MemberData(nameof(Groups))]
    public Task The_callers_suppressed_flow_is_no_obstacle(string group) => Run(async () =>
    {
        Task task;
        using (ExecutionContext.SuppressFlow())
            task = Started[group](Enumerable.Range(0, 5), (item, _) => Task.FromResult(item));
        await task;
    });

    [Theory]
    [InlineData("WhenAll")]
    [InlineData("WhenAllSettled")]
    [InlineData("WhenFirst")]
    [InlineData("CallTimeout")]
    [InlineData("LlmTimeout")]
    public Task Once_the_last_call_has_started_the_context_is_not_needed(string group) => Run(async () =>
    {
        var answer = new TaskCompletionSource<int>();
        var task = _pump.Invoke(() => Started[group](Enumerable.Range(0, 3), (_, _) => answer.Task));
        _pump.RunAll();
        answer.SetResult(1);

        await task;
    });

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public Task A_group_has_no_more_workers_than_its_items_keep_busy(bool atOnce, int posts) => Run(async () =>
    {
        var answer = new TaskCompletionSource<int>();
        if (atOnce)
            answer.SetResult(0);
        var task = _pump.Invoke(() => LlmTask.WhenAll(Enumerable.Range(0, 3), (_, _) => answer.Task, maxConcurrency: 10));
        _pump.RunAll();
        answer.TrySetResult(0);

        await task;
        // Each worker comes through the context's queue; where calls end at once the first does all, before the second comes.
        Assert.Equal(posts, _pump.Posts);
    });

    [Fact]
    public Task A_call_that_blocks_its_thread_does_not_keep_the_others_from_starting() => Run(async () =>
    {
        using var release = new ManualResetEventSlim();
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = LlmTask.WhenAll([0, 1], (item, _) =>
        {
            if (item == 0)
                release.Wait();
            else
                second.SetResult();
            return Task.FromResult(item);
        });
        await second.Task;
        release.Set();

        await task;
    });

    private static async Task Drain(IAsyncEnumerable<LlmOutcome<int, int>> outcomes)
    {
        await foreach (var outcome in outcomes.ConfigureAwait(false))
            outcome.GetResult();
    }

    private static void RunOnThread(Action action)
    {
        var thread = new Thread(() => action()) { IsBackground = true };
        thread.Start();
        thread.Join();
    }

    private static async Task Until(Func<bool> condition)
    {
        while (!condition())
            await Task.Yield();
    }

    private async Task PumpUntilAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            _pump.RunAll();
            await Task.Yield();
        }
        await task;
    }
}
