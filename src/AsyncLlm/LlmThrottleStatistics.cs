namespace AsyncLlm;

/// <summary>What a throttle has done and where it stands.</summary>
public readonly record struct LlmThrottleStatistics
{
    /// <summary>How many calls wait for admission.</summary>
    public int Queued { get; init; }

    /// <summary>How many attempts run.</summary>
    public int InFlight { get; init; }

    /// <summary>How many attempts have been admitted, the first of each call and all later ones.</summary>
    public long Admitted { get; init; }

    /// <summary>How many calls have succeeded.</summary>
    public long Succeeded { get; init; }

    /// <summary>How many calls have failed or were cancelled.</summary>
    public long Failed { get; init; }

    /// <summary>How many attempts were refused for the rate limit.</summary>
    public long RateLimited { get; init; }

    /// <summary>How many attempts were repeated after a fault or a timeout. Attempts repeated after a rate limit are not counted.</summary>
    public long Retries { get; init; }

    /// <summary>The pace at which attempts are admitted, per minute; <see langword="null"/> while no limit is known.</summary>
    public double? RequestsPerMinute { get; init; }

    /// <summary>The pace at which tokens are admitted, per minute; <see langword="null"/> while no limit is known.</summary>
    public double? TokensPerMinute { get; init; }

    /// <summary>How long the gate stays closed; zero when it is open.</summary>
    public TimeSpan PausedFor { get; init; }
}
