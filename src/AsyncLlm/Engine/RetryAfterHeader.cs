using System.Globalization;
using System.Net.Http.Headers;

namespace AsyncLlm;

/// <summary>How long a server asks to wait, and where that is left for whoever catches the exception.</summary>
internal static class RetryAfterHeader
{
    private const string DataKey = "AsyncLlm.RetryAfter";

    public static TimeSpan? Read(Func<string, string?> header, DateTimeOffset now) =>
        Number(header("retry-after-ms"), TimeSpan.TicksPerMillisecond) ?? Number(header("retry-after"), TimeSpan.TicksPerSecond) ?? Date(header("retry-after"), now);

    public static void Note(Exception exception, TimeSpan? retryAfter)
    {
        if (retryAfter is { } wait)
            exception.Data[DataKey] = wait;
    }

    private static TimeSpan? Number(string? text, long ticks) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? Wait(number * ticks)
            : null;

    private static TimeSpan? Date(string? text, DateTimeOffset now) =>
        RetryConditionHeaderValue.TryParse(text, out var value) && value.Date is { } date ? Wait((date - now).Ticks) : null;

    // The largest double below long.MaxValue.
    private static TimeSpan Wait(double ticks) => TimeSpan.FromTicks((long)Math.Clamp(ticks, 0, 9223372036854774784));
}
