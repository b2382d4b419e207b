using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

/// <summary>
/// What happens only where threads meet: calls start, end, hang, are nested and cancelled on all cores while a clock runs so fast that a
/// thread which is held up for a moment finds its attempt over.
/// </summary>
public sealed class ThreadsTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(20);

    private static Random Chance => Random.Shared;

    private readonly TestClock _clock = new();
    private long _started;
    private long _ended;

    [Theory]
    [InlineData(false, 1500)]
    [InlineData(true, 400)]
    public Task Every_call_ends_once_and_leaves_nothing_behind(bool hasLimiter, int calls) => Run(async () =>
    {
        using var limiter = hasLimiter ? new ConcurrencyLimiter(new() { PermitLimit = 8, QueueLimit = calls }) : null;
        var throttle = new LlmThrottle(new()
        {
            MaxConcurrency = 16,
            AttemptTimeout = Moment,
            TotalTimeout = TimeSpan.FromSeconds(4),
            MaxTimeoutRetries = 2,
            RateLimiter = limiter,
            TimeProvider = _clock,
        });
        using var ended = new CancellationTokenSource();
        var time = Task.Factory.StartNew(() => RunTime(ended.Token), TaskCreationOptions.LongRunning);

        await Task.WhenAll(Enumerable.Range(0, calls).Select(_ => Task.Run(() => CallAsync(throttle))));
        // Calls inside calls that were left behind, and streams that were.
        SpinWait.SpinUntil(() => Interlocked.Read(ref _started) == Interlocked.Read(ref _ended) && Ended(throttle.GetStatistics()) == _ended, Hung / 2);
        ended.Cancel();
        await time;

        Assert.Equal((_started, _started), (_ended, Ended(throttle.GetStatistics())));
        Assert.Equal((0, 0), (throttle.GetStatistics().Queued, throttle.GetStatistics().InFlight));

        static long Ended(LlmThrottleStatistics now) => now.Succeeded + now.Failed;
    });

    private void RunTime(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
            _clock.Advance(Tick);
    }

    private async Task CallAsync(LlmThrottle throttle)
    {
        Interlocked.Increment(ref _started);
        using var caller = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _clock);
        try
        {
            var call = Chance.Next(4) == 0
                ? ReadAsync(throttle.StreamAsync(token => StreamAsync(throttle, token), caller.Token))
                : throttle.ExecuteAsync(token => AttemptAsync(throttle, token), caller.Token);
            // A call that is cancelled before it is made is none of the throttle's.
            if (Chance.Next(5) == 0)
                caller.CancelAfter(Moment * Chance.Next(1, 200));
            await call;
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException or HttpRequestException)
        {
        }
        Interlocked.Increment(ref _ended);
    }

    private async Task ReadAsync(IAsyncEnumerable<int> stream)
    {
        await foreach (var _ in stream.WithTimeout(Moment, _clock, Timeout.InfiniteTimeSpan, CancellationToken.None))
            ;
    }

    private async IAsyncEnumerable<int> StreamAsync(LlmThrottle throttle, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var item = 0; item < 2; item++)
        {
            await AttemptAsync(throttle, cancellationToken);
            yield return item;
        }
    }

    private Task AttemptAsync(LlmThrottle throttle, CancellationToken cancellationToken)
    {
        switch (Chance.Next(8))
        {
            case 0:
                return Task.CompletedTask;
            case 1:
                throw Failures.Transient();
            case 2:
                Thread.SpinWait(Chance.Next(100_000));
                return Task.CompletedTask;
            case 3:
                return Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            case 4:
                return new TaskCompletionSource().Task;
            case 5:
                return Task.Delay(Moment * Chance.Next(120), _clock, CancellationToken.None);
            case 6:
                return CallAsync(throttle);
            default:
                return Task.Run(() => Thread.SpinWait(Chance.Next(100_000)), CancellationToken.None);
        }
    }
}
