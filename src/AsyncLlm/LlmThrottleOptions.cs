using System.Threading.RateLimiting;

namespace AsyncLlm;

/// <summary>How a throttle admits, retries and ends calls. The constructor of <see cref="LlmThrottle"/> checks and copies them.</summary>
/// <remarks>The defaults suit a quota nobody knows: the throttle finds its limit by itself.</remarks>
public sealed class LlmThrottleOptions
{
    /// <summary>The most attempts that run at once, at least 1. It bounds sockets and memory; the quota is found, not configured.</summary>
    /// <value>The default is 1024.</value>
    public int MaxConcurrency { get; set; } = 1024;

    /// <summary>A ceiling for the pace, and where it starts; the server's refusals may lower it.</summary>
    /// <value>Requests per minute. The default is <see langword="null"/>: the throttle finds the pace.</value>
    public double? RequestsPerMinute { get; set; }

    /// <summary>A ceiling for the tokens of the calls that state an <see cref="LlmCost"/>.</summary>
    /// <value>Tokens per minute. The default is <see langword="null"/>: the throttle takes it from the answers' headers, if they have any.</value>
    public double? TokensPerMinute { get; set; }

    /// <summary>A limiter every attempt has to pass as well, e.g. one shared by several processes. Only <see cref="RateLimiter.AcquireAsync"/> is used.</summary>
    /// <value>The default is <see langword="null"/>. The throttle does not dispose it.</value>
    public RateLimiter? RateLimiter { get; set; }

    /// <summary>What happens when <see cref="RateLimiter"/> throws.</summary>
    /// <value>The default is <see langword="false"/>: the call fails with that exception. <see langword="true"/> lets it pass.</value>
    public bool IgnoreRateLimiterFailures { get; set; }

    /// <summary>How often one call is repeated after a fault. Rate limits and closed gates do not count.</summary>
    /// <value>The default is 5.</value>
    public int MaxRetries { get; set; } = 5;

    /// <summary>How often one call is repeated after a timeout, which usually was billed.</summary>
    /// <value>The default is 1.</value>
    public int MaxTimeoutRetries { get; set; } = 1;

    /// <summary>How many repetitions all calls together may add to the calls, as a share of them; rate limits do not count. It keeps an outage from being multiplied.
    /// Ten may come before there were calls enough, and at most a hundred gather; zero repeats nothing.</summary>
    /// <value>The default is 0.2.</value>
    public double RetryBudget { get; set; } = 0.2;

    /// <summary>The longest time one attempt may take, from its admission.</summary>
    /// <value>The default is 10 minutes; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</value>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest time one call may take with all its attempts, from its first admission. Queueing is not counted: neither the wait for that admission nor, after
    /// a refusal, the wait while the quota serves the calls before it, after which the time starts anew.</summary>
    /// <value>The default is 30 minutes; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</value>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>The longest time a call may wait for its first admission.</summary>
    /// <value>The default is <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</value>
    public TimeSpan QueueTimeout { get; set; } = Timeout.InfiniteTimeSpan;

    /// <summary>The longest wait a server may ask for. A call that is asked to wait longer fails with the server's refusal.</summary>
    /// <value>The default is 120 seconds.</value>
    public TimeSpan MaxRetryAfter { get; set; } = TimeSpan.FromSeconds(120);

    /// <summary>Tells what a failure means, in place of the built-in reading of status codes and headers. It may run on any thread; what it throws ends the call.</summary>
    /// <value>The default is <see langword="null"/>: <see cref="LlmFailure.Classify"/>.</value>
    public Func<Exception, LlmFailure>? Classify { get; set; }

    /// <summary>Told of each attempt that will be repeated, before it is, on any thread. What it throws ends the call.</summary>
    /// <value>The default is <see langword="null"/>.</value>
    public Action<LlmRetryEvent>? OnRetry { get; set; }

    /// <summary>What the throttle is called in metrics; keep the number of names small.</summary>
    /// <value>The default is <see langword="null"/>: no name.</value>
    public string? Name { get; set; }

    /// <summary>The clock of pacing and timeouts.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>A copy nobody else can change, every value checked.</summary>
    internal static LlmThrottleOptions Checked(LlmThrottleOptions options)
    {
        var problem = options switch
        {
            { MaxConcurrency: < 1 } => $"{nameof(MaxConcurrency)} must be at least 1.",
            { RequestsPerMinute: { } rate } when !IsRate(rate) => $"{nameof(RequestsPerMinute)} must be positive and finite.",
            { TokensPerMinute: { } rate } when !IsRate(rate) => $"{nameof(TokensPerMinute)} must be positive and finite.",
            { MaxRetries: < 0 } => $"{nameof(MaxRetries)} must not be negative.",
            { MaxTimeoutRetries: < 0 } => $"{nameof(MaxTimeoutRetries)} must not be negative.",
            { RetryBudget: var budget } when !(budget >= 0 && double.IsFinite(budget)) => $"{nameof(RetryBudget)} must be finite and not negative.",
            { AttemptTimeout: var time } when !Durations.IsValid(time) => $"{nameof(AttemptTimeout)} {Durations.Requirement}",
            { TotalTimeout: var time } when !Durations.IsValid(time) => $"{nameof(TotalTimeout)} {Durations.Requirement}",
            { QueueTimeout: var time } when !Durations.IsValid(time) => $"{nameof(QueueTimeout)} {Durations.Requirement}",
            { MaxRetryAfter: var time } when !Durations.IsValid(time) => $"{nameof(MaxRetryAfter)} {Durations.Requirement}",
            { TimeProvider: null } => $"{nameof(TimeProvider)} must not be null.",
            _ => null,
        };
        return problem is null ? (LlmThrottleOptions)options.MemberwiseClone() : throw new ArgumentOutOfRangeException(nameof(options), problem);
    }

    private static bool IsRate(double rate) => rate > 0 && double.IsFinite(rate);
}
