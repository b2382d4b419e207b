using System.Globalization;

namespace AsyncLlm;

/// <summary>The headers in which providers tell how a quota stands.</summary>
internal static class RateHeaders
{
    // Some proxies write a moment where others write seconds.
    private static readonly TimeSpan LongestReset = TimeSpan.FromDays(31);

    /// <param name="sinceSent">How long ago the request was sent. A state of the quota is as of then: a duration counts from then, but a date has to be brought there.</param>
    public static LlmRateInfo Read(Func<string, string?> header, TimeProvider clock, TimeSpan sinceSent)
    {
        var now = new Lazy<DateTimeOffset>(() => RetryAfterHeader.Now(header, clock));
        var requests = OpenAI("requests") ?? Anthropic("requests");
        var tokens = OpenAI("tokens") ?? Anthropic("tokens") ?? Scarcer(Anthropic("input-tokens"), Anthropic("output-tokens"));
        return new()
        {
            RequestLimit = requests?.Limit,
            RequestsRemaining = requests?.Remaining,
            RequestsReset = requests?.Reset,
            TokenLimit = tokens?.Limit,
            TokensRemaining = tokens?.Remaining,
            TokensReset = tokens?.Reset,
            RetryAfter = RetryAfterHeader.Read(header, clock),
        };

        Quota? OpenAI(string unit) =>
            Quota.Of(Count($"x-ratelimit-limit-{unit}"), Count($"x-ratelimit-remaining-{unit}"), Duration(header($"x-ratelimit-reset-{unit}")));

        Quota? Anthropic(string unit) =>
            Quota.Of(Count($"anthropic-ratelimit-{unit}-limit"), Count($"anthropic-ratelimit-{unit}-remaining"), Until(header($"anthropic-ratelimit-{unit}-reset"), now, sinceSent));

        long? Count(string name) => long.TryParse(header(name), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : null;
    }

    private static Quota? Scarcer(Quota? one, Quota? other) =>
        one?.Left <= other?.Left ? one : other ?? one;

    private static TimeSpan? Duration(string? text)
    {
        var duration = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            ? seconds < LongestReset.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null
            : ErrorText.Duration(text);
        return duration <= LongestReset ? duration : null;
    }

    private static TimeSpan? Until(string? text, Lazy<DateTimeOffset> now, TimeSpan sinceSent) =>
        RetryAfterHeader.Moment(text) is { } moment && moment - now.Value <= LongestReset ? TimeSpan.FromTicks(Math.Max(0, (moment - now.Value + sinceSent).Ticks)) : null;

    private readonly record struct Quota(long? Limit, long? Remaining, TimeSpan? Reset)
    {
        /// <summary>The share that is left; not a number when it is not known.</summary>
        public double Left => (double?)Remaining / Limit ?? double.NaN;

        public static Quota? Of(long? limit, long? remaining, TimeSpan? reset) => new Quota(limit, remaining, reset) is var quota && quota == default ? null : quota;
    }
}
