namespace AsyncLlm;

/// <summary>
/// What a provider said about a quota with one answer, accepted or refused: usually its <c>x-ratelimit-*</c> or
/// <c>anthropic-ratelimit-*</c> headers. Every part may be missing.
/// </summary>
public readonly record struct LlmRateInfo
{
    /// <summary>How many requests the quota allows in one of its windows, as <c>x-ratelimit-limit-requests</c> says.</summary>
    public long? RequestLimit { get; init; }

    /// <summary>How many requests are left now.</summary>
    public long? RequestsRemaining { get; init; }

    /// <summary>How long until <see cref="RequestsRemaining"/> is back at <see cref="RequestLimit"/>.</summary>
    public TimeSpan? RequestsReset { get; init; }

    /// <summary>How many tokens the quota allows in one of its windows.</summary>
    public long? TokenLimit { get; init; }

    /// <summary>How many tokens are left now.</summary>
    public long? TokensRemaining { get; init; }

    /// <summary>How long until <see cref="TokensRemaining"/> is back at <see cref="TokenLimit"/>.</summary>
    public TimeSpan? TokensReset { get; init; }

    /// <summary>Whether nothing was said.</summary>
    public bool IsEmpty => this == default;
}
