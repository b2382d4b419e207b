namespace AsyncLlm.Simulator;

/// <summary>What becomes of one request of the soak test.</summary>
internal enum Fate
{
    Answer,

    /// <summary>429, because the quota is used up.</summary>
    RateLimited,

    /// <summary>429, to come back later than the throttle is willing to wait.</summary>
    RateLimitedForLong,
    Transient,
    Overloaded,
    ConnectionFailed,
    Permanent,
    QuotaExhausted,

    /// <summary>The delegate throws before there is a task; a permanent failure.</summary>
    ThrowsAtOnce,

    /// <summary>Never answers, ends when it is cancelled.</summary>
    Hangs,

    /// <summary>Does not listen to its token and fails long after it was cancelled.</summary>
    Deaf,
}
