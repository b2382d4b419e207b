using System.Collections.Concurrent;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class BlockingWorkTests : IDisposable
{
    private static readonly AsyncLocal<string?> Request = new();
    private readonly ManualResetEventSlim _release = new();
    private readonly BlockingWork _threads = new(2);

    public void Dispose()
    {
        _release.Set();
        _threads.Dispose();
        _release.Dispose();
    }

    [Fact]
    public Task A_token_that_lives_on_keeps_nothing_of_work_that_ended() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var held = await EndOneAsync(caller.Token);
        // Its thread may still have the last item at hand.
        await _threads.RunAsync(_ => 0);

        Assert.Equal(0, await AliveAsync([held]));
        GC.KeepAlive(caller);
    });

    private async Task<WeakReference> EndOneAsync(CancellationToken token)
    {
        var held = new object();
        await _threads.RunAsync(_ => held.GetHashCode(), token);
        return new WeakReference(held);
    }

    [Fact]
    public Task Work_returns_its_result_or_throws_its_exception() => Run(async () =>
    {
        var broken = new ModelException("broken");
        var ran = false;

        Assert.Equal(42, await _threads.RunAsync(_ => 42));
        await _threads.RunAsync(_ => { ran = true; });
        Assert.True(ran);
        Assert.Same(broken, await FailureOf(_threads.RunAsync<int>(_ => throw broken)));
        Assert.Same(broken, await FailureOf(_threads.RunAsync((Action<CancellationToken>)(_ => throw broken))));
    });

    [Fact]
    public Task Blocked_work_never_takes_a_thread_of_the_pool_and_no_more_threads_than_allowed() => Run(async () =>
    {
        var seen = new ConcurrentDictionary<Thread, bool>();
        var running = 0;
        var peak = 0;
        using var twoRun = new CountdownEvent(2);
        var blocked = Enumerable.Range(0, 20).Select(_ => _threads.RunAsync(_ =>
        {
            seen.TryAdd(Thread.CurrentThread, Thread.CurrentThread.IsThreadPoolThread);
            InterlockedMax(ref peak, Interlocked.Increment(ref running));
            if (!twoRun.IsSet)
                twoRun.Signal();
            _release.Wait();
            Interlocked.Decrement(ref running);
        })).ToList();
        // The pool goes on while every thread of the work is blocked.
        await Task.Run(twoRun.Wait);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => { })));
        Assert.DoesNotContain(blocked, task => task.IsCompleted);
        _release.Set();
        await Task.WhenAll(blocked);

        Assert.Equal(2, seen.Count);
        Assert.All(seen, thread => Assert.False(thread.Value));
        Assert.All(seen, thread => Assert.True(thread.Key.IsBackground || !thread.Key.IsAlive));
        Assert.Equal(2, peak);
    });

    [Fact]
    public Task Work_starts_in_the_order_in_which_it_came() => Run(async () =>
    {
        using var one = new BlockingWork(1);
        var order = new ConcurrentQueue<int>();
        var first = one.RunAsync(_ => _release.Wait());
        var others = Enumerable.Range(0, 50).Select(i => one.RunAsync(_ => order.Enqueue(i))).ToList();
        _release.Set();
        await Task.WhenAll(others.Prepend(first));

        Assert.Equal(Enumerable.Range(0, 50), order);
    });

    [Fact]
    public Task What_waits_for_the_result_does_not_run_on_the_works_thread() => Run(async () =>
    {
        await _threads.RunAsync(_ => { }).ConfigureAwait(false);

        Assert.True(Thread.CurrentThread.IsThreadPoolThread);
    });

    [Fact]
    public Task Cancelling_takes_work_from_the_queue_before_it_starts() => Run(async () =>
    {
        using var one = new BlockingWork(1);
        using var caller = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ran = false;
        var first = one.RunAsync(_ =>
        {
            started.SetResult();
            _release.Wait();
        });
        await started.Task;
        var queued = one.RunAsync(_ => ran = true, caller.Token);
        caller.Cancel();

        await AssertCancelledBy(caller.Token, queued);
        Assert.False(first.IsCompleted);
        _release.Set();
        await first;
        Assert.False(ran);
        await AssertCancelledBy(caller.Token, one.RunAsync(_ => ran = true, caller.Token));
        Assert.False(ran);
    });

    [Fact]
    public Task Running_work_gets_the_token_and_ends_with_it() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = _threads.RunAsync(token =>
        {
            started.SetResult();
            token.WaitHandle.WaitOne();
            throw new ModelException("interrupted");
        }, caller.Token);
        await started.Task;
        caller.Cancel();

        await AssertCancelledBy(caller.Token, task);
    });

    [Fact]
    public Task A_result_counts_although_the_token_was_cancelled_and_a_strange_cancellation_is_a_failure() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        Assert.Equal(1, await _threads.RunAsync(_ =>
        {
            caller.Cancel();
            return 1;
        }, caller.Token));

        var strange = new OperationCanceledException("of its own");
        var task = _threads.RunAsync<int>(_ => throw strange);
        Assert.Same(strange, await FailureOf(task));
        Assert.True(task.IsFaulted);
    });

    [Fact]
    public Task Work_has_the_async_locals_of_its_caller_and_leaves_none() => Run(async () =>
    {
        using var one = new BlockingWork(1);
        Request.Value = "first";
        Assert.Equal("first", await one.RunAsync(_ =>
        {
            var seen = Request.Value;
            Request.Value = "changed";
            return seen;
        }));
        Request.Value = null;
        Assert.Null(await one.RunAsync(_ => Request.Value));
        using (ExecutionContext.SuppressFlow())
            Assert.Equal(1, one.RunAsync(_ => 1).GetAwaiter().GetResult());
    });

    [Fact]
    public Task Disposing_finishes_what_is_queued_and_takes_no_more() => Run(async () =>
    {
        var threads = new BlockingWork(1);
        var seen = new ConcurrentBag<Thread>();
        var work = Enumerable.Range(0, 5).Select(_ => threads.RunAsync(_ =>
        {
            seen.Add(Thread.CurrentThread);
            _release.Wait();
        })).ToList();
        var disposed = Task.Run(threads.Dispose);
        Assert.False(disposed.IsCompleted);
        _release.Set();
        await disposed;
        await Task.WhenAll(work);

        Assert.All(seen, thread => Assert.False(thread.IsAlive));
        ThrowsAtOnce<ObjectDisposedException>(() => threads.RunAsync(_ => 1));
        threads.Dispose();
    });

    [Fact]
    public Task Disposing_idle_threads_ends_them() => Run(async () =>
    {
        var threads = new BlockingWork(4);
        var thread = await threads.RunAsync(_ => Thread.CurrentThread);
        threads.Dispose();

        Assert.False(thread.IsAlive);
        new BlockingWork(1).Dispose();
    });

    [Fact]
    public Task Work_may_dispose_its_own_threads() => Run(async () =>
    {
        var threads = new BlockingWork(2);
        await threads.RunAsync(_ => threads.Dispose());

        ThrowsAtOnce<ObjectDisposedException>(() => threads.RunAsync(_ => 1));
    });

    [Fact]
    public Task The_shared_threads_cannot_be_disposed() => Run(async () =>
    {
        Assert.Same(BlockingWork.Shared, BlockingWork.Shared);
        using (BlockingWork.Shared)
            Assert.Equal(1, await BlockingWork.Shared.RunAsync(_ => 1));

        Assert.Equal(2, await BlockingWork.Shared.RunAsync(_ => 2));
    });

    [Fact]
    public Task Much_work_from_many_sides_is_all_done() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var sums = await Task.WhenAll(Enumerable.Range(0, 8).Select(side => Task.Run(async () =>
        {
            var sum = 0;
            for (var i = 0; i < 500; i++)
                sum += await _threads.RunAsync(_ => 1, caller.Token);
            return sum;
        })));

        Assert.All(sums, sum => Assert.Equal(500, sum));
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call()
    {
        ThrowsAtOnce<ArgumentOutOfRangeException>("maxThreads", () => new BlockingWork(0));
        ThrowsAtOnce<ArgumentNullException>("work", () => _threads.RunAsync((Func<CancellationToken, int>)null!));
        ThrowsAtOnce<ArgumentNullException>("work", () => _threads.RunAsync((Action<CancellationToken>)null!));
        ThrowsAtOnce<ArgumentException>("work", () => _threads.RunAsync(async _ => await Task.Yield()));
        ThrowsAtOnce<ArgumentException>("work", () => _threads.RunAsync(async _ => await Task.FromResult(1)));
        ThrowsAtOnce<ArgumentException>("work", () => _threads.RunAsync(_ => new ValueTask<int>(1)));
        ThrowsAtOnce<ArgumentException>("work", () => _threads.RunAsync(_ => ValueTask.CompletedTask));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)))
            Interlocked.CompareExchange(ref target, value, seen);
    }
}
