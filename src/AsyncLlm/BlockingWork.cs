namespace AsyncLlm;

/// <summary>
/// Runs work that blocks its thread or keeps it busy, such as a local model or a library without async methods, on a few threads of its own.
/// </summary>
/// <remarks>
/// <para>On the thread pool such work takes threads that every other <c>await</c> of the process needs, and the pool adds new ones only slowly. Here it
/// waits for one of at most <c>maxThreads</c> background threads, first come first served; the pool is not touched.</para>
/// <para>Threads start when there is work for them and wait for more until <see cref="Dispose"/>. Work has the async locals of its caller. It does not
/// run on the caller's <see cref="SynchronizationContext"/>: not blocking that thread is what this is for.</para>
/// </remarks>
public sealed class BlockingWork : IDisposable
{
    private const int FewestSharedThreads = 4;

    private readonly int _maxThreads;
    private readonly bool _isShared;
    // Guards what follows; idle threads wait on it for their work.
    private readonly object _gate = new();
    private readonly LinkedList<BlockingItem> _queue = new();
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _isDisposed;

    /// <summary>Creates a set of threads; none is started yet.</summary>
    /// <param name="maxThreads">The most threads it will have, at least 1: the processors for work that computes, the requests at once for work that waits.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxThreads"/> is less than 1.</exception>
    public BlockingWork(int maxThreads)
        : this(maxThreads, isShared: false)
    {
    }

    private BlockingWork(int maxThreads, bool isShared)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxThreads, 1);
        _maxThreads = maxThreads;
        _isShared = isShared;
    }

    /// <summary>The threads of the process for such work: as many as it has processors, at least 4. Disposing them does nothing.</summary>
    public static BlockingWork Shared { get; } = new(Math.Max(Environment.ProcessorCount, FewestSharedThreads), isShared: true);

    /// <summary>Runs work on a thread of its own, as soon as one is free.</summary>
    /// <typeparam name="T">What the work returns.</typeparam>
    /// <param name="work">The work. It gets <paramref name="cancellationToken"/>.</param>
    /// <param name="cancellationToken">Takes the work from the queue before it starts. Afterwards it is for the work to look at it: a thread cannot be stopped from outside.</param>
    /// <returns>The result of the work.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><typeparamref name="T"/> is a task: async work does not block a thread, await it instead.</exception>
    /// <exception cref="ObjectDisposedException">The threads have been disposed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled and the work has no result; the exception carries that token.</exception>
    /// <remarks>Any other exception is the work's own, unchanged.</remarks>
    public Task<T> RunAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (typeof(T).IsAssignableTo(typeof(Task)) || typeof(T) == typeof(ValueTask) || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(ValueTask<>)))
            throw new ArgumentException("The work returns a task. Async work does not block a thread: await it instead.", nameof(work));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var item = new BlockingItem<T>(this, work, cancellationToken);
        Enqueue(item);
        return item.Task;
    }

    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, T}, CancellationToken)"/>
    /// <returns>A task that ends with the work.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="work"/> is <see langword="null"/>.</exception>
    public Task RunAsync(Action<CancellationToken> work, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(work);
        return RunAsync(token =>
        {
            work(token);
            return default(ValueTuple);
        }, cancellationToken);
    }

    /// <summary>Takes no more work, finishes what is queued or running, and returns when its threads have ended.</summary>
    /// <remarks>Cancel the tokens of the work first to have it end earlier. When it is called by work of its own it does not wait for that work.</remarks>
    public void Dispose()
    {
        if (_isShared)
            return;
        Thread[] threads;
        lock (_gate)
        {
            _isDisposed = true;
            Monitor.PulseAll(_gate);
            threads = [.. _threads];
        }
        foreach (var thread in threads)
            if (thread != Thread.CurrentThread)
                thread.Join();
    }

    private void Enqueue(BlockingItem item)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            _queue.AddLast(item.Place);
            if (_idle >= _queue.Count)
                Monitor.Pulse(_gate);
            else if (_threads.Count < _maxThreads)
                AddThread();
        }
    }

    private void AddThread()
    {
        var thread = new Thread(Work) { IsBackground = true, Name = nameof(BlockingWork) };
        _threads.Add(thread);
        // The async locals of whoever happened to come first are not those of the others.
        thread.UnsafeStart();
    }

    private void Work()
    {
        while (TryTake() is { } item)
            item.Run();
    }

    private BlockingItem? TryTake()
    {
        lock (_gate)
        {
            while (_queue.First is null)
            {
                if (_isDisposed)
                    return null;
                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }
            var item = _queue.First.Value;
            _queue.RemoveFirst();
            return item;
        }
    }

    /// <summary>Takes work from the queue, unless a thread has.</summary>
    internal bool TryRemove(BlockingItem item)
    {
        lock (_gate)
        {
            if (item.Place.List is null)
                return false;
            _queue.Remove(item.Place);
            return true;
        }
    }
}
