using System.Globalization;
using System.Net;

namespace AsyncLlm.Tests.Support;

/// <summary>The failures of clients, as the classifier reads them.</summary>
internal static class Failures
{
    public static Exception RateLimited(TimeSpan? retryAfter = null) => Refused(HttpStatusCode.TooManyRequests, retryAfter);

    public static Exception QuotaExhausted() => new HttpRequestException("insufficient_quota", null, HttpStatusCode.TooManyRequests);

    public static Exception Overloaded() => Refused(HttpStatusCode.ServiceUnavailable, null);

    public static Exception Transient(TimeSpan? retryAfter = null) => Refused(HttpStatusCode.InternalServerError, retryAfter);

    public static Exception Permanent() => Refused(HttpStatusCode.BadRequest, null);

    public static Exception NoConnection() => new HttpRequestException("no route");

    private static HttpRequestException Refused(HttpStatusCode status, TimeSpan? retryAfter) =>
        new(retryAfter is { } wait ? string.Create(CultureInfo.InvariantCulture, $"Please try again in {wait.TotalSeconds}s") : "refused", null, status);
}
