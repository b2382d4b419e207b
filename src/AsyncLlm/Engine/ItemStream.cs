using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace AsyncLlm;

/// <summary>Items pulled one at a time, each when a worker is free for it and there is room for its outcome.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphores' wait handles are never used: there is nothing to dispose.")]
internal sealed class ItemStream<TSource>(IAsyncEnumerable<TSource> source, int room) : ItemSource<TSource>
{
    private readonly SemaphoreSlim _room = new(room);
    private readonly SemaphoreSlim _pull = new(1, 1);
    private readonly ConcurrentQueue<(int Index, TSource Item)> _pulled = new();
    private IAsyncEnumerator<TSource>? _items;
    private bool _isExhausted;
    private int _count;

    public override async Task PrepareAsync(CallerContext caller, StopSource stop)
    {
        await _room.WaitAsync().ConfigureAwait(false);
        await _pull.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isExhausted || stop.IsStopped)
                return;
            await caller.Enter();
            caller.RestoreExecutionContext();
            // Also when the source throws: it is not asked again.
            _isExhausted = true;
            _items ??= source.GetAsyncEnumerator(stop.Token);
            if (!await _items.MoveNextAsync().ConfigureAwait(false))
                return;
            _pulled.Enqueue((_count++, _items.Current));
            _isExhausted = false;
        }
        finally
        {
            // The room stays taken: by the item's outcome, or by a worker that is out and needs no other.
            _pull.Release();
        }
    }

    public override bool TryTake(out int index, out TSource item)
    {
        var taken = _pulled.TryDequeue(out var next);
        (index, item) = next;
        return taken;
    }

    /// <summary>An outcome has been read: there is room for one more.</summary>
    public void MakeRoom() => _room.Release();

    public override async Task CloseAsync(CallerContext caller)
    {
        if (_items is null)
            return;
        await caller.Enter();
        await _items.DisposeAsync().ConfigureAwait(false);
    }
}
