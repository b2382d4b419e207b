using System.Globalization;
using System.Net.Http.Headers;

namespace AsyncLlm;

/// <summary>How long a server asks to wait, and where that is left for whoever catches the exception.</summary>
internal static class RetryAfterHeader
{
    private const string DataKey = "AsyncLlm.RetryAfter";

    /// <param name="clock">What a date is measured against when the answer has no <c>Date</c>.</param>
    public static TimeSpan? Read(Func<string, string?> header, TimeProvider clock) =>
        Number(header("retry-after-ms"), TimeSpan.TicksPerMillisecond) ?? Number(header("retry-after"), TimeSpan.TicksPerSecond) ?? Date(header, clock);

    /// <summary>The time of the server's clock: its dates are of that one.</summary>
    public static DateTimeOffset Now(Func<string, string?> header, TimeProvider clock) => Moment(header("date")) ?? clock.GetUtcNow();

    public static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;

    public static void Note(Exception exception, TimeSpan? retryAfter)
    {
        if (retryAfter is { } wait && exception.Data is { IsReadOnly: false } data)
            data[DataKey] = wait;
    }

    private static TimeSpan? Number(string? text, long ticks) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? Wait(number * ticks)
            : null;

    private static TimeSpan? Date(Func<string, string?> header, TimeProvider clock) =>
        RetryConditionHeaderValue.TryParse(header("retry-after"), out var value) && value.Date is { } date ? Wait((date - Now(header, clock)).Ticks) : null;

    // The largest double below long.MaxValue.
    private static TimeSpan Wait(double ticks) => TimeSpan.FromTicks((long)Math.Clamp(ticks, 0, 9223372036854774784));
}
