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

    public static CallerContext Capture()
    {
        var current = SynchronizationContext.Current;
        // The base class posts to the pool, and await treats it as no context.
        return new(current?.GetType() == typeof(SynchronizationContext) ? null : current, ExecutionContext.Capture());
    }

    /// <summary>Goes to the caller's place; goes on at once when already there.</summary>
    public Switch Enter() => new(_synchronization, always: false);

    /// <summary>
    /// Like <see cref="Enter"/>, but leaves the caller's thread when there is no context: a delegate that blocks must not block
    /// the caller. On a context the caller is already where the delegate belongs.
    /// </summary>
    public Switch Start() => new(_synchronization, always: _synchronization is null);

    /// <summary>Goes to the caller's place through its queue.</summary>
    public Switch Queue() => new(_synchronization, always: true);

    /// <summary>Undoes what an earlier delegate on this thread left in its async locals.</summary>
    public void RestoreExecutionContext()
    {
        if (_execution is not null)
            ExecutionContext.Restore(_execution);
    }

    internal readonly struct Switch(SynchronizationContext? context, bool always) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => !always
            && (context is null ? Thread.CurrentThread.IsThreadPoolThread : SynchronizationContext.Current == context);

        public Switch GetAwaiter() => this;

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
