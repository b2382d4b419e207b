using System.Globalization;

namespace LocalLlm;

/// <summary>A token bucket of requests that refills continuously, and the headers in which a provider describes it.</summary>
internal sealed class RateLimit(int requestsPerMinute, int burst, RetryAfterForms retryAfter, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly TimeSpan interval = TimeSpan.FromMinutes(1) / requestsPerMinute;
    private long lastRefill = time.GetTimestamp();
    private double permits = burst;

    /// <summary>Takes a permit if there is one and says in the headers how the bucket stands.</summary>
    public bool TryTake(Protocol protocol, IHeaderDictionary headers)
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

        protocol.DescribeQuota(headers, burst, left, (burst - left) * interval, time.GetUtcNow());
        if (!taken)
            TellWhenToComeBack(headers, (1 - left) * interval);
        return taken;
    }

    private void TellWhenToComeBack(IHeaderDictionary headers, TimeSpan wait)
    {
        if (retryAfter.HasFlag(RetryAfterForms.Seconds))
            headers.RetryAfter = Text(Math.Ceiling(wait.TotalSeconds));
        if (retryAfter.HasFlag(RetryAfterForms.Date))
            headers.RetryAfter = HttpDate.Of(time.GetUtcNow() + wait);
        if (retryAfter.HasFlag(RetryAfterForms.Milliseconds))
            headers["retry-after-ms"] = Text(Math.Ceiling(wait.TotalMilliseconds));
    }

    private static string Text(double number) => number.ToString("0", CultureInfo.InvariantCulture);
}
