using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class SemaphoreSlimExtensionsTests : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);

    public void Dispose() => _gate.Dispose();

    [Fact]
    public Task A_slot_is_held_to_the_end_of_the_block_also_when_it_throws() => Run(async () =>
    {
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            using (await _gate.EnterAsync())
            {
                Assert.Equal(0, _gate.CurrentCount);
                throw new InvalidOperationException();
            }
        });

        Assert.Equal(1, _gate.CurrentCount);
    });

    [Fact]
    public Task Who_finds_no_slot_waits_for_one() => Run(async () =>
    {
        var first = await _gate.EnterAsync();
        var second = _gate.EnterAsync();
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();

        Assert.Equal(1, _gate.CurrentCount);
    });

    [Fact]
    public Task A_cancelled_wait_takes_no_slot() => Run(async () =>
    {
        using var caller = new CancellationTokenSource();
        var first = await _gate.EnterAsync(caller.Token);
        var second = _gate.EnterAsync(caller.Token).AsTask();
        caller.Cancel();

        await AssertCancelledBy(caller.Token, second);
        await AssertCancelledBy(caller.Token, _gate.EnterAsync(caller.Token).AsTask());
        first.Dispose();
        Assert.Equal(1, _gate.CurrentCount);
    });

    [Fact]
    public Task Disposing_twice_releases_once() => Run(async () =>
    {
        using var gate = new SemaphoreSlim(1);
        var slot = await gate.EnterAsync();
        slot.Dispose();
        slot.Dispose();
        default(SemaphoreSlimExtensions.Releaser).Dispose();

        Assert.Equal(1, gate.CurrentCount);
    });

    [Fact]
    public Task A_free_slot_costs_no_allocation() => Run(async () =>
    {
        using (await _gate.EnterAsync()) { }
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            var entered = _gate.EnterAsync();
            Assert.True(entered.IsCompletedSuccessfully);
            entered.GetAwaiter().GetResult().Dispose();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    });

    [Fact]
    public void Bad_arguments_throw_at_the_call()
    {
        ThrowsAtOnce<ArgumentNullException>("semaphore", () => ((SemaphoreSlim)null!).EnterAsync());
        var disposed = new SemaphoreSlim(1);
        disposed.Dispose();
        ThrowsAtOnce<ObjectDisposedException>(() => disposed.EnterAsync());
    }
}
