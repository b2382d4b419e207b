using System.Threading.RateLimiting;
using System.Threading.Tasks.Sources;

namespace AsyncLlm;

/// <summary>
/// One call's state in the engine. It is in at most one queue; while an attempt runs it is among the running or, cancelled, the leaving;
/// from its first admission to its end it is among the started. All of it is guarded by the engine's lock.
/// </summary>
internal abstract class ThrottledCall : IValueTaskSource<Wake>, IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<Wake> _wake;
    private bool _isAwake = true;
    private Wake _reason;

    protected ThrottledCall(ThrottleEngine engine, int tokens, CancellationToken callerToken)
    {
        Engine = engine;
        Tokens = tokens;
        CallerToken = callerToken;
        Queued = new(this);
        Started = new(this);
        Running = new(this);
    }

    public ThrottleEngine Engine { get; }

    public CancellationToken CallerToken { get; }

    /// <summary>The tokens it reserves.</summary>
    public int Tokens { get; }

    public LinkedListNode<ThrottledCall> Queued { get; }

    public LinkedListNode<ThrottledCall> Started { get; }

    public LinkedListNode<ThrottledCall> Running { get; }

    /// <summary>When it came.</summary>
    public double EnteredAt { get; set; }

    /// <summary>When it may be admitted again at the earliest.</summary>
    public double NotBefore { get; set; }

    /// <summary>When the attempt has to end; for one that was cancelled, when it is left behind.</summary>
    public double AttemptEndsBy { get; set; }

    /// <summary>When its total time ends.</summary>
    public double EndsBy { get; set; } = double.PositiveInfinity;

    /// <summary>Cancels the attempt; <see langword="null"/> when there is none.</summary>
    public CancellationTokenSource? Attempt { get; set; }

    public RateLimitLease? Lease { get; set; }

    /// <summary>How the pacer knows the attempt.</summary>
    public Admission Admission { get; set; }

    /// <summary>How long the answer of the attempt asked to wait, told by whoever saw its headers.</summary>
    public TimeSpan? ReportedRetryAfter { get; set; }

    /// <summary>How many attempts have begun.</summary>
    public int Attempts { get; set; }

    /// <summary>How many attempts were repeated after a fault.</summary>
    public int Retries { get; set; }

    /// <summary>How many of those after a timeout.</summary>
    public int TimeoutRetries { get; set; }

    /// <summary>How long its attempts ran.</summary>
    public double RunTime { get; set; }

    /// <summary>It counts against the concurrency.</summary>
    public bool HasSlot { get; set; }

    /// <summary>Its delegate runs.</summary>
    public bool InAttempt { get; set; }

    /// <summary>It was admitted to find out whether the service works again.</summary>
    public bool IsProbe { get; set; }

    public bool AttemptTimedOut { get; set; }

    public bool TotalTimedOut { get; set; }

    /// <summary>A call of the same throttle inside this one has taken over its slot and its retries.</summary>
    public bool IsHandedOver { get; set; }

    /// <summary>From now on it can be woken, once.</summary>
    public void FallAsleep()
    {
        _wake.Reset();
        _isAwake = false;
    }

    /// <summary>Waits to be woken; once for each <see cref="FallAsleep"/>.</summary>
    public ValueTask<Wake> WokenAsync() => new(this, _wake.Version);

    /// <summary>Wakes the call, unless something else has. It goes on on the pool, in the order of the wakes, never in the engine's lock.</summary>
    public void WakeUp(Wake reason)
    {
        if (!TryClaimWake())
            return;
        _reason = reason;
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Whoever gets <see langword="true"/> has to wake the call.</summary>
    public bool TryClaimWake()
    {
        if (_isAwake)
            return false;
        _isAwake = true;
        return true;
    }

    /// <summary>Wakes the call on this thread, outside the lock, after <see cref="TryClaimWake"/>.</summary>
    public void WakeUpHere(Wake reason) => _wake.SetResult(reason);

    void IThreadPoolWorkItem.Execute() => _wake.SetResult(_reason);

    Wake IValueTaskSource<Wake>.GetResult(short token) => _wake.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<Wake>.GetStatus(short token) => _wake.GetStatus(token);

    void IValueTaskSource<Wake>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wake.OnCompleted(continuation, state, token, flags);
}
