using System.Globalization;
using Microsoft.Extensions.Logging;

namespace AsyncLlm;

/// <summary>Writes what a throttle repeats to a log, and when it stops admitting calls and goes on.</summary>
internal sealed partial class ThrottleLog(ILoggerFactory loggers, string name, TimeProvider time)
{
    private static readonly TimeSpan ShortestLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestLook = TimeSpan.FromHours(1);

    private readonly ILogger _logger = loggers.CreateLogger(typeof(LlmThrottle).FullName!);
    private readonly object _gate = new();
    private LlmThrottle? _throttle;
    private ITimer? _timer;
    private long _succeeded;

    /// <summary>Tells of which throttle the events are.</summary>
    public void Watch(LlmThrottle throttle) => _throttle = throttle;

    /// <remarks>What a logger throws ends here and in <see cref="Look"/>: a call has its outcome whoever keeps the log, and on the thread of a timer it would end the process.</remarks>
    public void Write(LlmRetryEvent retry)
    {
        try
        {
            WriteRetry(retry);
        }
        catch (Exception)
        {
        }
    }

    private void WriteRetry(LlmRetryEvent retry)
    {
        var level = retry.Failure.Kind == LlmFailureKind.RateLimited ? LogLevel.Information : LogLevel.Warning;
        // The exception of a rate limit says nothing that the kind does not.
        WillRetry(level, level == LogLevel.Information ? null : retry.Exception, name, retry.Attempt, retry.Failure.Kind, retry.Delay);

        var state = _throttle!.GetStatistics();
        if (state.PausedFor > TimeSpan.Zero && TryBeginPause(state))
            Paused(level, name, retry.Failure.Kind, state.PausedFor, state.Queued);
    }

    /// <summary>One pause is told once, however many calls run into it and however often it is prolonged.</summary>
    private bool TryBeginPause(in LlmThrottleStatistics state)
    {
        lock (_gate)
        {
            if (_timer is not null)
                return false;
            _succeeded = state.Succeeded;
            _timer = time.CreateTimer(static log => ((ThrottleLog)log!).Look(), this, Wait(state), Timeout.InfiniteTimeSpan);
            return true;
        }
    }

    /// <summary>Over it is when a call has succeeded, or nobody is left who would try.</summary>
    private void Look()
    {
        var state = _throttle!.GetStatistics();
        lock (_gate)
        {
            if (state.PausedFor > TimeSpan.Zero || (state.Succeeded == _succeeded && state.Queued + state.InFlight > 0))
            {
                _timer?.Change(Wait(state), Timeout.InfiniteTimeSpan);
                return;
            }

            _timer?.Dispose();
            _timer = null;
        }

        try
        {
            Resumed(name, state.RequestsPerMinute is { } pace ? string.Create(CultureInfo.InvariantCulture, $"{pace:0.##} a minute") : "as they come", state.Queued);
        }
        catch (Exception)
        {
        }
    }

    private static TimeSpan Wait(in LlmThrottleStatistics state) =>
        state.PausedFor < ShortestLook ? ShortestLook : state.PausedFor > LongestLook ? LongestLook : state.PausedFor;

    [LoggerMessage(EventId = 1, EventName = "WillRetry", Message = "Throttle {Throttle}: attempt {Attempt} failed ({Kind}) and is repeated in {Delay} at the earliest")]
    private partial void WillRetry(LogLevel level, Exception? exception, string throttle, int attempt, LlmFailureKind kind, TimeSpan delay);

    [LoggerMessage(EventId = 2, EventName = "Paused", Message = "Throttle {Throttle}: no call is admitted for {Pause} at least ({Kind}); {Queued} wait")]
    private partial void Paused(LogLevel level, string throttle, LlmFailureKind kind, TimeSpan pause, int queued);

    [LoggerMessage(EventId = 3, EventName = "Resumed", Level = LogLevel.Information, Message = "Throttle {Throttle}: calls are admitted again, {Pace}; {Queued} wait")]
    private partial void Resumed(string throttle, string pace, int queued);
}
