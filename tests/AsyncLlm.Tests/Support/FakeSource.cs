namespace AsyncLlm.Tests.Support;

/// <summary>A source of 0, 1, 2, .. that knows how it is read; synchronous, and asynchronous when asked for.</summary>
internal sealed class FakeSource(int count = int.MaxValue)
{
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _inside;

    private int Count => count;

    /// <summary>How many items have been pulled.</summary>
    public int Pulled { get; private set; }

    /// <summary>Two pulls at once, or a disposal during a pull.</summary>
    public bool Overlapped { get; private set; }

    /// <summary>The asynchronous source was asked for an item after it had ended or thrown.</summary>
    public bool AskedAfterEnd { get; private set; }

    /// <summary>Where the source was disposed.</summary>
    public SynchronizationContext? DisposedOn { get; private set; }

    public int Disposals { get; private set; }

    public Task DisposedAsync() => _disposed.Task;

    public int? ThrowsAt { get; init; }

    public ModelException Exception { get; } = new("no more");

    public Action? OnPull { get; init; }

    /// <summary>What a pull of the asynchronous source waits for.</summary>
    public Func<int, CancellationToken, Task>? Waits { get; init; }

    public IEnumerable<int> Items()
    {
        try
        {
            for (var i = 0; i < count; i++)
            {
                Enter();
                Pull(i);
                Leave();
                yield return i;
            }
        }
        finally
        {
            Dispose();
        }
    }

    public IAsyncEnumerable<int> ItemsAsync() => new AsyncItems(this);

    private void Enter()
    {
        if (Interlocked.Exchange(ref _inside, 1) != 0)
            Overlapped = true;
    }

    private void Leave() => Volatile.Write(ref _inside, 0);

    private void Pull(int item)
    {
        OnPull?.Invoke();
        if (item == ThrowsAt)
        {
            Leave();
            throw Exception;
        }
        Pulled++;
    }

    private void Dispose()
    {
        if (Volatile.Read(ref _inside) != 0)
            Overlapped = true;
        Disposals++;
        DisposedOn = SynchronizationContext.Current;
        _disposed.TrySetResult();
    }

    // Not an async iterator: that one would wait on its own for a pull to end before it is disposed.
    private sealed class AsyncItems(FakeSource source, CancellationToken token = default) : IAsyncEnumerable<int>, IAsyncEnumerator<int>
    {
        private bool _hasEnded;

        public int Current { get; private set; } = -1;

        public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new AsyncItems(source, cancellationToken);

        public async ValueTask<bool> MoveNextAsync()
        {
            source.Enter();
            source.AskedAfterEnd |= _hasEnded;
            _hasEnded = true;
            if (source.Waits is not null)
                await source.Waits(Current + 1, token).ConfigureAwait(false);
            if (Current + 1 == source.Count)
            {
                source.Leave();
                return false;
            }
            source.Pull(Current + 1);
            Current++;
            _hasEnded = false;
            source.Leave();
            return true;
        }

        public ValueTask DisposeAsync()
        {
            source.Dispose();
            return ValueTask.CompletedTask;
        }
    }}
