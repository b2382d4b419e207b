using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>Where the caller's own code would run: its synchronization context (none: the pool) and its execution context.</summary>
internal readonly struct CallerContext
{
    private readonly SynchronizationContext? _synchronization;
    private readonly ExecutionContext? _execution;

    private CallerContext(SynchronizationContext? synchronization, ExecutionContext? execution)
    {
        _synchronization = synchronization;
        _execution = execution;
    }

    /// <summary>The caller has no synchronization context: its delegates run on the pool.</summary>
    public bool IsPool => _synchronization is null;

    /// <summary>This is the caller's place.</summary>
    public bool IsHere => Enter().IsCompleted;

    /// <summary>The async locals of the caller; <see langword="null"/> when their flow was suppressed.</summary>
    public ExecutionContext? Execution => _execution;

    public static CallerContext Capture()
    {
        var current = SynchronizationContext.Current;
        // The base class posts to the pool, and await treats it as no context.
        return new(current?.GetType() == typeof(SynchronizationContext) ? null : current, ExecutionContext.Capture());
    }

    /// <summary>Goes to the caller's place; goes on at once when already there.</summary>
    public Place Enter() => new(_synchronization);

    /// <summary>Runs the work at the caller's place, from its queue.</summary>
    public void Queue(IThreadPoolWorkItem work)
    {
        if (_synchronization is null)
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        else
            _synchronization.Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);
    }

    /// <summary>Runs work that is none of the caller's, from the queue of the pool; where the caller blocks for it, there.</summary>
    public void QueueOwn(IThreadPoolWorkItem work)
    {
        if (_synchronization is CallerThread)
            Queue(work);
        else
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }

    /// <summary>Undoes what an earlier delegate left in the async locals.</summary>
    public void RestoreExecutionContext()
    {
        if (_execution is not null)
            ExecutionContext.Restore(_execution);
    }

    internal readonly struct Place(SynchronizationContext? context) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => context is null ? Thread.CurrentThread.IsThreadPoolThread : SynchronizationContext.Current == context;

        public Place GetAwaiter() => this;

        public void GetResult() { }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            if (context is null)
                ThreadPool.UnsafeQueueUserWorkItem(static action => action(), continuation, preferLocal: false);
            else
                context.Post(static action => ((Action)action!)(), continuation);
        }
    }
}
