using System.Threading.RateLimiting;

namespace AsyncLlm;

/// <summary>
/// One call's state in the engine. It is in at most one queue, or while an attempt runs among the running or, cancelled, the leaving;
/// from its first admission to its end it is among the started. All of it is guarded by the engine's lock.
/// </summary>
internal abstract class ThrottledCall(ThrottleEngine engine, int tokens, bool isInPipeline, CancellationToken callerToken) : IThreadPoolWorkItem
{
    private bool _isAwake = true;
    private Wake _reason;
    private CallLink _placeLink;
    private CallLink _startedLink;

    public ThrottleEngine Engine { get; } = engine;

    public CancellationToken CallerToken { get; } = callerToken;

    /// <summary>Where its delegate runs.</summary>
    protected CallerContext Caller { get; } = CallerContext.Capture();

    /// <summary>The caller has cancelled it.</summary>
    public virtual bool IsCanceled => CallerToken.IsCancellationRequested;

    /// <summary>Timeouts and retries are those of the pipeline around it: here it waits for its admission, again after a rate limit.</summary>
    public bool IsInPipeline { get; } = isInPipeline;

    /// <summary>The slot, and the caller's cancellation of the attempt, outlive a success until the call is closed.</summary>
    public virtual bool KeepsSlot => false;

    /// <summary>The tokens it reserves.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>When it came; once its first attempt has begun, when its total time started.</summary>
    public double Since { get; set; }

    /// <summary>How long it waited for its first attempt.</summary>
    public double QueueTime { get; set; }

    /// <summary>When the attempt has to end; for one that was cancelled, when it is left behind.</summary>
    public double AttemptEndsBy { get; set; }

    /// <summary>The attempt it has been admitted for; <see langword="null"/> when there is none.</summary>
    public Attempt? Attempt { get; set; }

    public RateLimitLease? Lease { get; set; }

    /// <summary>How the pacer knows the attempt.</summary>
    public Admission Admission { get; set; }

    /// <summary>How many attempts have begun.</summary>
    public int Attempts { get; set; }

    /// <summary>What it knows of the attempts that failed; most calls have none.</summary>
    public FailedAttempts? Failed { get; set; }

    /// <summary>How long its attempts ran, of a stream until its first item.</summary>
    public double RunTime { get; set; }

    /// <summary>How long the last of them ran.</summary>
    public double AttemptTime { get; set; }

    /// <summary>Its tokens are taken out of the quota and neither used nor given back.</summary>
    public bool HasReserved { get; set; }

    /// <summary>It counts against the concurrency.</summary>
    public bool HasSlot { get; set; }

    /// <summary>It has a slot and waits for the limiter.</summary>
    public bool IsAtLimiter { get; set; }

    /// <summary>Its delegate runs, or the stream it has opened.</summary>
    public bool InAttempt { get; set; }

    /// <summary>It succeeded and keeps its slot.</summary>
    public bool IsOpen { get; set; }

    /// <summary>It was admitted to find out whether the service works again.</summary>
    public bool IsProbe { get; set; }

    public bool AttemptTimedOut { get; set; }

    public bool TotalTimedOut { get; set; }

    /// <summary>A call of the same throttle inside this one has taken over its slot and its retries.</summary>
    public bool IsHandedOver { get; set; }

    public ref CallLink PlaceLink => ref _placeLink;

    public ref CallLink StartedLink => ref _startedLink;

    /// <summary>Makes the attempt it has been admitted for.</summary>
    public virtual Attempt NewAttempt() => new(this);

    /// <summary>The call goes on, outside the engine's lock.</summary>
    protected abstract void GoOn(Wake reason);

    /// <summary>Runs the delegate in an attempt.</summary>
    public abstract void Start(Attempt attempt);

    /// <summary>The task of an attempt has ended, be it this call's present one or not.</summary>
    public abstract void OnEnded(Attempt attempt);

    /// <summary>Tells whoever follows this call that it has changed the state of the throttle. Called in the engine's lock.</summary>
    /// <param name="pause">How long nobody is admitted, in seconds.</param>
    public abstract void Tell(string change, LlmFailureKind? reason = null, double? pause = null);

    /// <summary>From now on it can be woken, once.</summary>
    public void FallAsleep() => _isAwake = false;

    /// <summary>Wakes the call, unless something else has. It goes on on the pool or in its blocked caller, in the order of the wakes, never in the engine's lock.</summary>
    public void WakeUp(Wake reason)
    {
        if (TryClaimWake())
        {
            _reason = reason;
            Caller.QueueOwn(this);
        }
    }

    /// <summary>Whoever gets <see langword="true"/> has to see to it that the call goes on.</summary>
    public bool TryClaimWake()
    {
        if (_isAwake)
            return false;
        _isAwake = true;
        return true;
    }

    /// <summary>It goes on at the caller's place.</summary>
    protected void QueueInPlace()
    {
        _reason = Wake.InPlace;
        Caller.Queue(this);
    }

    void IThreadPoolWorkItem.Execute() => GoOn(_reason);
}
