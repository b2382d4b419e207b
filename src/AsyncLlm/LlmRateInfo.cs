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

    /// <summary>How long until <see cref="RequestsRemaining"/> is back at <see cref="RequestLimit"/>, from when the request came.</summary>
    public TimeSpan? RequestsReset { get; init; }

    /// <summary>How many tokens the quota allows in one of its windows.</summary>
    public long? TokenLimit { get; init; }

    /// <summary>How many tokens are left now.</summary>
    public long? TokensRemaining { get; init; }

    /// <summary>How long until <see cref="TokensRemaining"/> is back at <see cref="TokenLimit"/>, from when the request came.</summary>
    public TimeSpan? TokensReset { get; init; }

    /// <summary>How long the provider asks to wait, as <c>retry-after-ms</c> or <c>Retry-After</c> says. It counts for the attempt it answers, when its exception does not tell.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether nothing was said.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Reads what the headers of an answer say about the quota.</summary>
    /// <param name="header">Gives the value of a header by its name, <see langword="null"/> when there is none. It is asked in lower case; names of headers have no case.</param>
    /// <param name="timeProvider">The clock that a date is measured against when the answer has no <c>Date</c>; <see langword="null"/> for <see cref="TimeProvider.System"/>.</param>
    /// <param name="sinceSent">How long ago the request was sent. The quota is told as it stood when the request came, and so is a reset that is a duration; one that is a date
    /// is brought there by this. Default: just now.</param>
    /// <returns>What was said; <see cref="IsEmpty"/> when it was nothing. A value that cannot be read counts as not said.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="header"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sinceSent"/> is negative.</exception>
    /// <remarks>
    /// <para><c>x-ratelimit-{limit,remaining,reset}-{requests,tokens}</c>, the reset as a duration (<c>6m0s</c>, <c>120ms</c>) or in seconds;
    /// else <c>anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}</c>, the reset as a date (RFC 3339). Where tokens
    /// are told for input and output only, the one of which less is left counts. And <c>retry-after-ms</c>, <c>Retry-After</c> in seconds or as a date.</para>
    /// </remarks>
    /// <seealso href="https://platform.openai.com/docs/guides/rate-limits">OpenAI: rate limits in headers</seealso>
    /// <seealso href="https://docs.anthropic.com/en/api/rate-limits">Anthropic: response headers</seealso>
    public static LlmRateInfo FromHeaders(Func<string, string?> header, TimeProvider? timeProvider = null, TimeSpan sinceSent = default)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentOutOfRangeException.ThrowIfLessThan(sinceSent, TimeSpan.Zero);
        return RateHeaders.Read(header, timeProvider ?? TimeProvider.System, sinceSent);
    }
}
