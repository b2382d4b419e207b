namespace AsyncLlm;

/// <summary>What a failed call means for the next one.</summary>
public enum LlmFailureKind
{
    /// <summary>Trying again gives the same: a bad request, a wrong key, a bug.</summary>
    Permanent = 0,

    /// <summary>One answer went wrong (408, 409, 425, 500, 502, 504, no JSON); another attempt may succeed.</summary>
    Transient,

    /// <summary>The quota is used up for the moment (429): every caller of it has to wait.</summary>
    RateLimited,

    /// <summary>The service refuses work (503, 529): every caller of it has to wait.</summary>
    Overloaded,

    /// <summary>There was no connection; three in a row close the gate of a throttle.</summary>
    ConnectionFailed,

    /// <summary>The attempt took too long. A generation that timed out is billed.</summary>
    TimedOut,

    /// <summary>The account's money or contract is used up (429 with <c>insufficient_quota</c>): waiting does not help.</summary>
    QuotaExhausted,
}
