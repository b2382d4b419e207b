using System.Globalization;

namespace LocalLlm;

/// <summary>A token bucket of requests that refills continuously, and the headers in which OpenAI describes it.</summary>
internal sealed class RateLimit(int requestsPerMinute, int burst, RetryAfterForms retryAfter, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly TimeSpan interval = TimeSpan.FromMinutes(1) / requestsPerMinute;
    private long lastRefill = time.GetTimestamp();
    private double permits = burst;

    /// <summary>Takes a permit if there is one and says in the headers how the bucket stands.</summary>
    public bool TryTake(IHeaderDictionary headers)
    {
        bool taken;
        double left;
        lock (gate)
        {
            var now = time.GetTimestamp();
            permits = Math.Min(burst, permits + time.GetElapsedTime(lastRefill, now) / interval);
            lastRefill = now;
            taken = permits >= 1;
            if (taken)
                permits--;
            left = permits;
        }

        headers["x-ratelimit-limit-requests"] = Text(requestsPerMinute);
        headers["x-ratelimit-remaining-requests"] = Text(Math.Floor(left));
        headers["x-ratelimit-reset-requests"] = Duration((burst - left) * interval);
        if (!taken)
            TellWhenToComeBack(headers, (1 - left) * interval);
        return taken;
    }

    private void TellWhenToComeBack(IHeaderDictionary headers, TimeSpan wait)
    {
        if (retryAfter.HasFlag(RetryAfterForms.Seconds))
            headers.RetryAfter = Text(Math.Ceiling(wait.TotalSeconds));
        if (retryAfter.HasFlag(RetryAfterForms.Date))
            headers.RetryAfter = RoundedUp(time.GetUtcNow() + wait).ToString("R", CultureInfo.InvariantCulture);
        if (retryAfter.HasFlag(RetryAfterForms.Milliseconds))
            headers["retry-after-ms"] = Text(Math.Ceiling(wait.TotalMilliseconds));
    }

    /// <summary>OpenAI's way to write a duration: <c>12ms</c>, <c>8.64s</c>, <c>6m0s</c>, <c>1h0m0s</c>.</summary>
    internal static string Duration(TimeSpan duration)
    {
        var value = TimeSpan.FromMilliseconds(Math.Ceiling(duration.TotalMilliseconds));
        if (value < TimeSpan.FromSeconds(1))
            return $"{Text(value.TotalMilliseconds)}ms";

        var seconds = Text(value.Seconds + value.Milliseconds / 1000.0) + "s";
        return value switch
        {
            { TotalHours: >= 1 } => $"{(int)value.TotalHours}h{value.Minutes}m{seconds}",
            { TotalMinutes: >= 1 } => $"{value.Minutes}m{seconds}",
            _ => seconds,
        };
    }

    private static DateTimeOffset RoundedUp(DateTimeOffset date) =>
        date.AddTicks((TimeSpan.TicksPerSecond - date.Ticks % TimeSpan.TicksPerSecond) % TimeSpan.TicksPerSecond);

    private static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}
