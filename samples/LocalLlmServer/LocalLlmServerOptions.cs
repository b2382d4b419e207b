namespace LocalLlm;

/// <summary>How a <see cref="LocalLlmServer"/> behaves. The defaults answer every request at once.</summary>
public sealed record LocalLlmServerOptions
{
    /// <summary>The loopback port; 0, the default, takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>From admission to the answer, or to the first token of a stream. Default: none.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Between two tokens of a stream. Default: none.</summary>
    public TimeSpan TokenLatency { get; init; }

    /// <summary>The rate limit; beyond it requests are answered with 429. Default: none.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>How many requests an idle server takes at once: the limit its headers tell. Default: a minute's worth, as OpenAI allows.</summary>
    public int? Burst { get; init; }

    /// <summary>How a 429 tells when to come back. Default: <c>retry-after</c> and <c>retry-after-ms</c>, as OpenAI does.</summary>
    public RetryAfterForms RetryAfter { get; init; } = RetryAfterForms.Seconds | RetryAfterForms.Milliseconds;

    /// <summary>How many requests are served at the same time. Default: no limit.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>What happens to a request beyond <see cref="MaxConcurrent"/>. Default: it is refused with 429.</summary>
    public BusyBehavior WhenBusy { get; init; }

    /// <summary>What goes wrong, and how often; the first fault that applies to a request is taken. Default: nothing.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The clock of latencies, rate limit and HTTP dates. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>The forms in which a 429 tells when to come back; they combine.</summary>
[Flags]
public enum RetryAfterForms
{
    /// <summary>The client is told nothing.</summary>
    None = 0,

    /// <summary><c>retry-after</c> in whole seconds, rounded up.</summary>
    Seconds = 1,

    /// <summary><c>retry-after-ms</c>.</summary>
    Milliseconds = 2,

    /// <summary><c>retry-after</c> as an HTTP date, rounded up to a second.</summary>
    Date = 4,
}

/// <summary>What happens to a request beyond the concurrency limit.</summary>
public enum BusyBehavior
{
    /// <summary>It is answered with 429 at once.</summary>
    Refuse,

    /// <summary>It waits for its turn, first come first served.</summary>
    Queue,
}
