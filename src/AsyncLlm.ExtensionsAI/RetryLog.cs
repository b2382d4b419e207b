using Microsoft.Extensions.Logging;

namespace AsyncLlm;

/// <summary>Writes what a throttle repeats to a log.</summary>
internal sealed partial class RetryLog(ILoggerFactory loggers, string throttle)
{
    private readonly ILogger _logger = loggers.CreateLogger(typeof(LlmThrottle).FullName!);

    public void Write(LlmRetryEvent retry)
    {
        var level = retry.Failure.Kind == LlmFailureKind.RateLimited ? LogLevel.Information : LogLevel.Warning;
        // The exception of a rate limit says nothing that the kind does not.
        WillRetry(level, level == LogLevel.Information ? null : retry.Exception, throttle, retry.Attempt, retry.Failure.Kind, retry.Delay);
    }

    [LoggerMessage(EventId = 1, EventName = "WillRetry", Message = "Throttle {Throttle}: attempt {Attempt} failed ({Kind}) and is repeated in {Delay} at the earliest")]
    private partial void WillRetry(LogLevel level, Exception? exception, string throttle, int attempt, LlmFailureKind kind, TimeSpan delay);
}
