using System.Threading.RateLimiting;

namespace AsyncLlm.Simulator;

/// <summary>
/// A token bucket in virtual time that gives its permits in the order they were asked for (the ones of
/// System.Threading.RateLimiting read the real clock).
/// </summary>
internal sealed class VirtualLimiter : RateLimiter
{
    private readonly VirtualTime _time;
    private readonly TokenBucket _bucket;
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly ITimer _timer;

    public VirtualLimiter(VirtualTime time, double perSecond, double burst = 1)
    {
        _time = time;
        _bucket = new(QuotaUnit.Requests, perSecond, burst);
        _timer = time.CreateTimer(static limiter => ((VirtualLimiter)limiter!).Grant(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        var granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(granted);
        if (_waiting.Count == 1)
            Grant();
        using var registration = cancellationToken.UnsafeRegister(static (granted, token) => ((TaskCompletionSource)granted!).TrySetCanceled(token), granted);
        await granted.Task.ConfigureAwait(false);
        return new Permit();
    }

    protected override void Dispose(bool disposing) => _timer.Dispose();

    private void Grant()
    {
        while (_waiting.TryPeek(out var next))
        {
            if (!next.Task.IsCompleted)
            {
                if (!_bucket.TryTake(_time.Now, default))
                {
                    _timer.Change(new TimeSpan(_bucket.Earliest(_time.Now, default) - _time.Now), Timeout.InfiniteTimeSpan);
                    return;
                }

                next.SetResult();
            }

            _waiting.Dequeue();
        }
    }

    private sealed class Permit : RateLimitLease
    {
        public override bool IsAcquired => true;

        public override IEnumerable<string> MetadataNames => [];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = null;
            return false;
        }
    }
}
