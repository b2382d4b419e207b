namespace AsyncLlmAnalyzers.Editing;

/// <summary>The names of the runtime library that fixes write, held against the real assembly by a test.</summary>
internal static class RuntimeNames
{
    public const string Namespace = "AsyncLlm";

    public const string LlmTask = "LlmTask";

    public const string WhenAll = "WhenAll";

    public const string LlmTimeout = "LlmTimeout";

    public const string RunAsync = "RunAsync";

    public const string LlmBatchOptions = "LlmBatchOptions";

    public const string MaxConcurrencyOption = "MaxConcurrency";

    public const string Deadline = "Deadline";

    public const string MaxConcurrency = "maxConcurrency";

    public const string LlmThrottle = "LlmThrottle";

    /// <summary>Declares <see cref="UseThrottle"/>; in a package of its own.</summary>
    public const string OpenAIExtensions = "LlmThrottleOpenAIExtensions";

    public const string UseThrottle = "UseThrottle";

    public const string WithTimeout = "WithTimeout";

    public const string For = "For";

    public const string ExecuteAsync = "ExecuteAsync";

    public const string StreamAsync = "StreamAsync";

    public const string LlmRetry = "LlmRetry";

    public const string LlmRetryOptions = "LlmRetryOptions";

    public const string MaxRetries = "maxRetries";

    public const string MaxRetriesOption = "MaxRetries";

    public const string BaseDelay = "BaseDelay";

    public const string MaxDelay = "MaxDelay";

    public const string OnRetry = "OnRetry";

    /// <summary>The option, and the method whose reading it replaces.</summary>
    public const string Classify = "Classify";
    public const string LlmFailure = "LlmFailure";
    public const string LlmFailureKind = "LlmFailureKind";
    public const string Permanent = "Permanent";

    /// <summary>The member of what <see cref="OnRetry"/> is told.</summary>
    public const string FailedAttempt = "Attempt";

    /// <inheritdoc cref="FailedAttempt"/>
    public const string Failure = "Exception";

    /// <inheritdoc cref="FailedAttempt"/>
    public const string Delay = "Delay";

    public const string CancellationToken = "cancellationToken";
}
