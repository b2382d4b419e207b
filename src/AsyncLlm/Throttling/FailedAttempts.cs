namespace AsyncLlm;

/// <summary>What a call knows of its attempts that failed.</summary>
/// <param name="served">How many calls the quota had served when the first of them failed.</param>
internal sealed class FailedAttempts(long served)
{
    private long _served = served;

    /// <summary>When it may be admitted again at the earliest.</summary>
    public double NotBefore { get; set; }

    /// <summary>Whether the last one was refused for a rate limit.</summary>
    public bool WasRefused { get; set; }

    /// <summary>How many were repeated after a fault.</summary>
    public int Retries { get; set; }

    /// <summary>How many of those after a timeout.</summary>
    public int TimeoutRetries { get; set; }

    /// <summary>How the last one failed that was not left behind.</summary>
    public Exception? LastError { get; set; }

    /// <summary>Whether a rate limit keeps the call waiting while others are served: since this was last so, or its first attempt failed, somebody was.</summary>
    /// <remarks>A call that no quota admits is no such: it is the first to be tried each time, so that nobody is served.</remarks>
    public bool TryQueueAgain(long served)
    {
        if (!WasRefused || served == _served)
            return false;
        _served = served;
        return true;
    }
}
