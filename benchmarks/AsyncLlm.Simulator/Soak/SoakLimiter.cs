using System.Threading.RateLimiting;

namespace AsyncLlm.Simulator;

/// <summary>A limiter that counts its open leases and now and then says no.</summary>
internal sealed class SoakLimiter(VirtualTime time, ulong seed) : RateLimiter
{
    private const double RefusedShare = 0.01;
    private long _asked;

    public int OpenLeases { get; private set; }

    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        var asked = _asked++;
        if (asked % 7 == 0)
            await time.DelayAsync(TimeSpan.TicksPerMillisecond, cancellationToken).ConfigureAwait(false);
        var isAcquired = Chance.Uniform(seed, Chance.Of.Tokens, asked) >= RefusedShare;
        OpenLeases++;
        return new Lease(this, isAcquired);
    }

    private sealed class Lease(SoakLimiter limiter, bool isAcquired) : RateLimitLease
    {
        private bool _disposed;

        public override bool IsAcquired => isAcquired;

        public override IEnumerable<string> MetadataNames => [MetadataName.RetryAfter.Name];

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = metadataName == MetadataName.RetryAfter.Name ? TimeSpan.FromMilliseconds(20) : null;
            return metadata is not null;
        }

        protected override void Dispose(bool disposing)
        {
            if (_disposed)
                throw new InvalidOperationException("A lease was disposed twice.");
            _disposed = true;
            limiter.OpenLeases--;
        }
    }
}
