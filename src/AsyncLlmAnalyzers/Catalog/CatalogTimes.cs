using System.Globalization;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Where a number comes from that the catalog may not know.</summary>
internal enum CatalogSource
{
    /// <summary>The row says nothing.</summary>
    Unsaid,

    /// <summary>There is none.</summary>
    None,

    /// <summary>The client this one wraps decides.</summary>
    Inner,
    Unknown,
    Known,
}

/// <summary>What a timeout covers.</summary>
internal enum TimeoutScope
{
    /// <summary>One attempt, to the end of its answer.</summary>
    Try,

    /// <summary>Every read of a stream: its length is unbounded.</summary>
    Read,

    /// <summary>Until the response's headers arrive: a stream that stalls afterwards waits forever.</summary>
    Headers,

    /// <summary>All attempts together.</summary>
    Total,
}

/// <summary><c>100s/try</c>, <c>30s..10min/try</c>, <c>none</c>, <c>inner</c>, <c>unknown</c>.</summary>
internal readonly record struct CatalogTimeout(CatalogSource Source, TimeSpan Shortest = default, TimeSpan Longest = default, TimeoutScope Scope = default)
{
    public static bool TryParse(string text, out CatalogTimeout timeout)
    {
        if (CatalogTimes.TryParseSource(text, out var source))
        {
            timeout = new(source);
            return true;
        }

        timeout = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !CatalogTimes.TryParseScope(text.Substring(slash + 1), out var scope))
            return false;

        var duration = text.Substring(0, slash);
        var dots = duration.IndexOf("..", StringComparison.Ordinal);
        var shortest = dots < 0 ? duration : duration.Substring(0, dots);
        var longest = dots < 0 ? duration : duration.Substring(dots + 2);
        if (!CatalogTimes.TryParseDuration(shortest, out var from) || !CatalogTimes.TryParseDuration(longest, out var to) || from > to)
            return false;

        timeout = new(CatalogSource.Known, from, to, scope);
        return true;
    }
}

/// <summary><c>3x0s</c> (three retries without a delay), <c>2x0.5s+jitter</c> (0.5 s, doubling), <c>none</c>, <c>inner</c>, <c>unknown</c>.</summary>
internal readonly record struct CatalogRetry(CatalogSource Source, int Count = 0, TimeSpan FirstDelay = default, bool HasJitter = false)
{
    /// <summary>Retries that follow each other at once: a server that is rate limiting sees all of them.</summary>
    public bool HasNoDelay => Source == CatalogSource.Known && Count > 0 && FirstDelay == TimeSpan.Zero;

    public static bool TryParse(string text, out CatalogRetry retry)
    {
        const string jitter = "+jitter";
        if (CatalogTimes.TryParseSource(text, out var source))
        {
            retry = new(source);
            return true;
        }

        retry = default;
        var hasJitter = text.EndsWith(jitter, StringComparison.Ordinal);
        var number = hasJitter ? text.Substring(0, text.Length - jitter.Length) : text;
        var times = number.IndexOf('x');
        if (times < 0
            || !int.TryParse(number.Substring(0, times), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            || count == 0
            || !CatalogTimes.TryParseDuration(number.Substring(times + 1), out var delay))
            return false;

        retry = new(CatalogSource.Known, count, delay, hasJitter);
        return true;
    }
}

internal static class CatalogTimes
{
    private static readonly (string Unit, double Seconds)[] Units = [("min", 60), ("ms", 0.001), ("s", 1)];

    public static bool TryParseSource(string text, out CatalogSource source)
    {
        source = text switch
        {
            "" => CatalogSource.Unsaid,
            "none" => CatalogSource.None,
            "inner" => CatalogSource.Inner,
            "unknown" => CatalogSource.Unknown,
            _ => CatalogSource.Known,
        };
        return source != CatalogSource.Known;
    }

    public static bool TryParseScope(string text, out TimeoutScope scope)
    {
        (scope, var known) = text switch
        {
            "try" => (TimeoutScope.Try, true),
            "read" => (TimeoutScope.Read, true),
            "headers" => (TimeoutScope.Headers, true),
            "total" => (TimeoutScope.Total, true),
            _ => (default, false),
        };
        return known;
    }

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (unit, seconds) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!double.TryParse(text.Substring(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)
                || amount * seconds > TimeSpan.FromDays(1).TotalSeconds)
                return false;
            duration = TimeSpan.FromSeconds(amount * seconds);
            return true;
        }

        return false;
    }
}
