using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace AsyncLlm;

/// <summary>What the text of an error says where no property does.</summary>
internal static partial class ErrorText
{
    /// <summary>The status code that is written or named, e.g. <c>HTTP 429</c>, <c>Status Code: TooManyRequests</c>, <c>rate_limit_exceeded</c>.</summary>
    public static int? Status(string text)
    {
        foreach (Match match in WrittenStatus().Matches(text))
            if (Enum.TryParse<HttpStatusCode>(match.Groups["status"].ValueSpan, out var status) && (int)status is >= 400 and <= 599)
                return (int)status;
        return ErrorCode().Match(text).Value switch
        {
            "rate_limit_exceeded" or "rate_limit_error" => 429,
            "overloaded_error" => 529,
            "timeout_error" => 504,
            "api_error" or "server_error" => 500,
            _ => null,
        };
    }

    /// <summary>Whether it says that the account's money or contract is used up.</summary>
    // Not "exceeded your current quota": Google says that of every rate limit.
    public static bool NamesQuota(string text) => Quota().IsMatch(text);

    /// <summary>Whether it says that one request is more than the limit is: OpenAI refuses that with 429 too, however long one waits.</summary>
    public static bool NamesSize(string text) => text.Contains("Request too large", StringComparison.OrdinalIgnoreCase);

    /// <summary>The wait in <c>Please try again in 6m0s</c> or <c>retry after 4 seconds</c>.</summary>
    public static TimeSpan? RetryAfter(string text) => Wait().Match(text) is { Success: true } match ? Duration(match.Groups["wait"].ValueSpan) : null;

    /// <summary>A header the text lists on a line of its own.</summary>
    public static string? Header(string text, string name)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
            if (line.Length > name.Length && line[name.Length] == ':' && line.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return line[(name.Length + 1)..].Trim().ToString();
        return null;
    }

    /// <summary>Reads a duration of numbers and units: <c>1h2m3.5s</c>, <c>20ms</c>, <c>4 seconds</c>; <see langword="null"/> for anything else.</summary>
    public static TimeSpan? Duration(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.IsEmpty)
            return null;
        var seconds = 0.0;
        while (!text.IsEmpty)
        {
            var digits = Length(text, static character => char.IsAsciiDigit(character) || character == '.');
            var rest = text[digits..].TrimStart();
            var letters = Length(rest, char.IsAsciiLetter);
            if (!double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || Seconds(rest[..letters]) is not { } unit)
                return null;
            seconds += number * unit;
            text = rest[letters..].TrimStart();
        }
        return seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
    }

    private static double? Seconds(ReadOnlySpan<char> unit) => unit switch
    {
        "d" or "day" or "days" => 86400,
        "h" or "hour" or "hours" => 3600,
        "m" or "min" or "minute" or "minutes" => 60,
        "s" or "sec" or "second" or "seconds" => 1,
        "ms" or "millisecond" or "milliseconds" => 1e-3,
        "us" or "µs" => 1e-6,
        "ns" => 1e-9,
        _ => null,
    };

    private static int Length(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < text.Length && belongs(text[length]))
            length++;
        return length;
    }

    [GeneratedRegex(@"\b(?:(?i:http)(?:/[0-9.]+)?|(?i:status)(?:[ _]?(?i:code))?)[^\w\n]{1,4}(?<status>[45][0-9][0-9]|[A-Z][A-Za-z]+)\b", RegexOptions.CultureInvariant)]
    private static partial Regex WrittenStatus();

    [GeneratedRegex(@"\b(?:rate_limit_exceeded|rate_limit_error|overloaded_error|timeout_error|api_error|server_error)\b")]
    private static partial Regex ErrorCode();

    [GeneratedRegex("insufficient_quota|billing_(?:hard_limit|not_active)|spend(?:ing)?[ _-]?limit|insufficient[ _](?:balance|credits|funds)|credit balance", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Quota();

    [GeneratedRegex(@"\b(?:try again|retry) (?:in|after) (?<wait>(?:[0-9]+(?:\.[0-9]+)? ?[a-z]+)+)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Wait();
}
