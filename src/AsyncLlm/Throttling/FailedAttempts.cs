namespace AsyncLlm;

/// <summary>What a call knows of its attempts that failed.</summary>
internal sealed class FailedAttempts
{
    /// <summary>When it may be admitted again at the earliest.</summary>
    public double NotBefore { get; set; }

    /// <summary>How many were repeated after a fault.</summary>
    public int Retries { get; set; }

    /// <summary>How many of those after a timeout.</summary>
    public int TimeoutRetries { get; set; }

    /// <summary>How the last one failed that was not left behind.</summary>
    public Exception? LastError { get; set; }
}
