using System.Globalization;

namespace LocalLlm;

internal static class HttpDate
{
    /// <summary>The date rounded up to the second, which is all that HTTP's form holds.</summary>
    public static string Of(DateTimeOffset date) =>
        date.AddTicks((TimeSpan.TicksPerSecond - date.Ticks % TimeSpan.TicksPerSecond) % TimeSpan.TicksPerSecond).ToString("R", CultureInfo.InvariantCulture);
}
