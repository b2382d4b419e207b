using System.Runtime.CompilerServices;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

/// <summary>What calls throw after they were left behind disturbs nobody.</summary>
public sealed class UnobservedTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private delegate Task Abandon(FakeModel model, TestClock clock, CancellationTokenSource caller);

    public static TheoryData<string> Abandoned => [.. Scenarios.Keys];

    private static Dictionary<string, Abandon> Scenarios { get; } = new()
    {
        ["WhenAll after a failure"] = async (model, clock, _) =>
        {
            var task = LlmTask.WhenAll([0, 1], model.AskAsync, new LlmBatchOptions { TimeProvider = clock });
            await model.StartedAsync(2);
            model[0].Fail(new ModelException("first"));
            await AbandonAsync(clock, task);
        },
        ["WhenAll at the deadline"] = async (model, clock, _) =>
        {
            var task = LlmTask.WhenAll([0, 1], model.AskAsync, new LlmBatchOptions { Deadline = Second, TimeProvider = clock });
            await model.StartedAsync(2);
            await AbandonAsync(clock, task);
        },
        ["WhenAll with a call timeout"] = async (model, clock, _) =>
        {
            var task = LlmTask.WhenAll([0, 1], model.AskAsync, new LlmBatchOptions { CallTimeout = Second, TimeProvider = clock });
            await model.StartedAsync(2);
            await AbandonAsync(clock, task);
        },
        ["WhenAllSettled cancelled"] = async (model, clock, caller) =>
        {
            var task = LlmTask.WhenAllSettled([0, 1], model.AskAsync, new LlmBatchOptions { TimeProvider = clock }, caller.Token);
            await model.StartedAsync(2);
            caller.Cancel();
            await AbandonAsync(clock, task);
        },
        ["WhenEach left"] = async (model, clock, _) =>
        {
            var loop = LlmTask.WhenEach([0, 1, 2], (item, token) => item == 2 ? Task.FromResult("") : model.AskAsync(item, token), new LlmBatchOptions { TimeProvider = clock }).GetAsyncEnumerator();
            await loop.MoveNextAsync();
            await model.StartedAsync(2);
            await AbandonAsync(clock, loop.DisposeAsync().AsTask());
        },
        ["WhenFirst with a loser"] = async (model, clock, _) =>
        {
            // A call that has not started when the race is over does not start any more.
            var task = FirstFanOut<string>.RunAsync([token => model.AskAsync(0, token), token => model.AskAsync(1, token), WinAsync], clock, default);
            await model.StartedAsync(2);
            await AbandonAsync(clock, task);

            async Task<string> WinAsync(CancellationToken cancellationToken)
            {
                await model.StartedAsync(2);
                return "";
            }
        },
        ["LlmThrottle"] = async (model, clock, caller) =>
        {
            var task = new LlmThrottle(new() { TimeProvider = clock }).ExecuteAsync(token => model.AskAsync(0, token), caller.Token);
            await model.StartedAsync(1);
            caller.Cancel();
            await AbandonAsync(clock, task);
        },
        ["LlmTimeout"] = async (model, clock, _) =>
        {
            var task = LlmTimeout.RunAsync(token => model.AskAsync(0, token), Second, clock);
            await model.StartedAsync(1);
            await AbandonAsync(clock, task);
        },
        ["LlmTimeout whose token's callback throws"] = async (model, clock, _) =>
        {
            var task = LlmTimeout.RunAsync(token =>
            {
                token.Register(() => throw new LateException());
                return model.AskAsync(0, token);
            }, Second, clock);
            await model.StartedAsync(1);
            await AbandonAsync(clock, task);
        },
    };

    [Theory]
    [MemberData(nameof(Abandoned))]
    public Task A_late_exception_is_observed(string scenario) => Run(async () =>
    {
        var unobserved = new List<Exception>();
        void Record(object? sender, UnobservedTaskExceptionEventArgs args)
        {
            lock (unobserved)
                unobserved.AddRange(args.Exception.Flatten().InnerExceptions.Where(IsOurs));
        }

        TaskScheduler.UnobservedTaskException += Record;
        try
        {
            await RunAndForgetAsync(Scenarios[scenario]);
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Record;
        }

        Assert.Empty(unobserved);
    });

    [Fact]
    public async Task The_test_above_sees_an_exception_nobody_observed()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Record(object? sender, UnobservedTaskExceptionEventArgs args)
        {
            if (args.Exception.InnerException is ControlException)
                seen.TrySetResult();
        }

        TaskScheduler.UnobservedTaskException += Record;
        try
        {
            Forget();
            while (!seen.Task.IsCompleted)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Yield();
            }
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Record;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget() => Task.FromException(new ControlException());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task RunAndForgetAsync(Abandon abandon)
    {
        var model = new FakeModel { HonorsTokens = false };
        using var caller = new CancellationTokenSource();
        await abandon(model, new TestClock(), caller);
        foreach (var call in model.Calls.Where(call => !call.HasEnded).ToList())
            call.Fail(new LateException());
    }

    private static bool IsOurs(Exception exception) =>
        exception is LateException || exception.StackTrace?.Contains(nameof(FanOut<int, int>), StringComparison.Ordinal) == true;

    /// <summary>Lets time pass until the group gives up its calls.</summary>
    private static async Task AbandonAsync(TestClock clock, Task task)
    {
        while (!task.IsCompleted)
        {
            clock.Advance(Second);
            await Task.Yield();
        }
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private sealed class LateException : Exception;

    private sealed class ControlException : Exception;
}
