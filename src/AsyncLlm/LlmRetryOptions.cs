namespace AsyncLlm;

/// <summary>How <see cref="LlmRetry"/> repeats a call. The method that takes the options checks and copies them.</summary>
public sealed class LlmRetryOptions
{
    /// <summary>How often the call is repeated at most.</summary>
    /// <value>The default is 3.</value>
    public int MaxRetries { get; set; } = 3;

    /// <summary>How often of those after a timeout, which usually was billed.</summary>
    /// <value>The default is 1.</value>
    public int MaxTimeoutRetries { get; set; } = 1;

    /// <summary>The longest wait before the first repetition; it doubles with each. What is waited is a random part of it (full jitter).</summary>
    /// <value>The default is 0.5 seconds.</value>
    public TimeSpan BaseDelay { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>What <see cref="BaseDelay"/> doubles to at most. It does not bound what a server asks for.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait a server may ask for. A call that is asked to wait longer fails with the server's refusal.</summary>
    /// <value>The default is 120 seconds.</value>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Tells what a failure means, in place of the built-in reading of status codes and headers. It may run on any thread; what it throws ends the call.</summary>
    /// <value>The default is <see langword="null"/>: <see cref="LlmFailure.Classify"/>.</value>
    public Func<Exception, LlmFailure>? Classify { get; set; }

    /// <summary>Told of each attempt that will be repeated, before the wait, on any thread. What it throws ends the call.</summary>
    /// <value>The default is <see langword="null"/>.</value>
    public Action<LlmRetryEvent>? OnRetry { get; set; }

    /// <summary>The clock of the waits.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>From 0 to 1.</summary>
    internal Func<double> Random { get; set; } = System.Random.Shared.NextDouble;

    /// <summary>A copy nobody else can change, every value checked.</summary>
    internal static LlmRetryOptions Checked(LlmRetryOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problem = options switch
        {
            { MaxRetries: < 0 } => $"{nameof(MaxRetries)} must not be negative.",
            { MaxTimeoutRetries: < 0 } => $"{nameof(MaxTimeoutRetries)} must not be negative.",
            { BaseDelay: var time } when !IsDelay(time) => $"{nameof(BaseDelay)} {Durations.FiniteRequirement}",
            { MaxDelay: var time } when !IsDelay(time) => $"{nameof(MaxDelay)} {Durations.FiniteRequirement}",
            { MaxRetryAfter: var time } when !IsDelay(time) => $"{nameof(MaxRetryAfter)} {Durations.FiniteRequirement}",
            { TimeProvider: null } => $"{nameof(TimeProvider)} must not be null.",
            _ => null,
        };
        return problem is null ? (LlmRetryOptions)options.MemberwiseClone() : throw new ArgumentOutOfRangeException(nameof(options), problem);
    }

    private static bool IsDelay(TimeSpan time) => time != Timeout.InfiniteTimeSpan && Durations.IsValid(time);
}
