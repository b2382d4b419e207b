using System.Diagnostics;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>Calls that succeed at once, one after the other: what retries and timeouts cost when they are not needed.</summary>
/// <remarks>A new throttle begins slowly, since it knows no quota; here a second passes each time it looks at the clock, so that it never waits.</remarks>
internal sealed class ThrottleSubject(int count)
{
    private readonly LlmThrottle _throttle = new(new LlmThrottleOptions { TimeProvider = new FastClock() });
    private readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 5, BackoffType = DelayBackoffType.Exponential, UseJitter = true })
        .AddTimeout(new TimeoutStrategyOptions { Timeout = TimeSpan.FromMinutes(10) })
        .Build();

    public int Count => count;

    public async Task ThrottleAsync()
    {
        for (var i = 0; i < count; i++)
            await _throttle.ExecuteAsync(CallAsync);
    }

    public async Task PollyAsync()
    {
        for (var i = 0; i < count; i++)
            await _pipeline.ExecuteAsync(static cancellationToken => new ValueTask<int>(CallAsync(cancellationToken)));
    }

    private static async Task<int> CallAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        return 42;
    }

    private sealed class FastClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => Stopwatch.Frequency;

        // The read itself is a part of the cost.
        public override long GetTimestamp() => Stopwatch.GetTimestamp() + Interlocked.Increment(ref _seconds) * TimestampFrequency;
    }
}
