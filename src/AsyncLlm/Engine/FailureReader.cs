using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace AsyncLlm;

/// <summary>Finds out what an exception means, from the outside in.</summary>
internal static class FailureReader
{
    /// <param name="clock">The clock a <c>Retry-After</c> date is measured against when the answer has no <c>Date</c>.</param>
    public static LlmFailure Read(Exception exception, TimeProvider clock)
    {
        LlmFailureKind? kind = null;
        TimeSpan? retryAfter = null, hint = null;
        bool? shouldRetry = null;
        var (isOutOfQuota, isTooLarge) = (false, false);
        for (var current = exception; current is not null; current = Inner(current))
        {
            // Its message repeats those inside.
            if (current is AggregateException)
                continue;
            var shape = ExceptionShape.Of(current);
            var text = shape.Text(current);
            var header = shape.Headers(current);
            kind ??= KindOf(current, shape.Status(current) ?? ErrorText.Status(text));
            retryAfter ??= RetryAfterHeader.Read(Header, clock);
            hint ??= ErrorText.RetryAfter(text);
            shouldRetry ??= bool.TryParse(Header("x-should-retry"), out var value) ? value : null;
            isOutOfQuota |= ErrorText.NamesQuota(text);
            isTooLarge |= ErrorText.NamesSize(text);

            string? Header(string name) => header(name) ?? ErrorText.Header(text, name);
        }
        if (isOutOfQuota && kind is null or LlmFailureKind.RateLimited)
            kind = LlmFailureKind.QuotaExhausted;
        else if (isTooLarge && kind == LlmFailureKind.RateLimited)
            kind = LlmFailureKind.Permanent;
        return new(Decide(kind ?? LlmFailureKind.Permanent, shouldRetry), retryAfter ?? hint);
    }

    private static Exception? Inner(Exception exception) =>
        exception is AggregateException { InnerExceptions: [.., var last] } ? last : exception.InnerException;

    private static LlmFailureKind? KindOf(Exception exception, int? status) => exception switch
    {
        _ when status is { } known => KindOf(known),
        TimeoutException or OperationCanceledException => LlmFailureKind.TimedOut,
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.UserAuthenticationError } => LlmFailureKind.Permanent,
        HttpRequestException or HttpIOException or SocketException => LlmFailureKind.ConnectionFailed,
        JsonException => LlmFailureKind.Transient,
        // A file that is not there is an IOException too.
        IOException when exception.GetType() == typeof(IOException) => LlmFailureKind.ConnectionFailed,
        _ => null,
    };

    private static LlmFailureKind KindOf(int status) => status switch
    {
        408 or 409 or 425 => LlmFailureKind.Transient,
        429 => LlmFailureKind.RateLimited,
        402 => LlmFailureKind.QuotaExhausted,
        503 or 529 => LlmFailureKind.Overloaded,
        >= 500 => LlmFailureKind.Transient,
        _ => LlmFailureKind.Permanent,
    };

    private static LlmFailureKind Decide(LlmFailureKind kind, bool? shouldRetry) => (kind, shouldRetry) switch
    {
        (LlmFailureKind.QuotaExhausted, _) => kind,
        (_, false) => LlmFailureKind.Permanent,
        (LlmFailureKind.Permanent, true) => LlmFailureKind.Transient,
        _ => kind,
    };
}
