using System.Threading.RateLimiting;

namespace AsyncLlm.Tests.Support;

/// <summary>A limiter that only its asynchronous side works of, whose leases the test gives.</summary>
internal sealed class FakeLimiter(Func<int, CancellationToken, ValueTask<RateLimitLease>> acquire) : RateLimiter
{
    public int Asked { get; private set; }

    /// <summary>Gives a lease to everyone who asks, and keeps them.</summary>
    public static FakeLimiter Giving(List<FakeLease> leases) => new((_, _) =>
    {
        leases.Add(new FakeLease(isAcquired: true));
        return new(leases[^1]);
    });

    public override TimeSpan? IdleDuration => null;

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) => acquire(++Asked, cancellationToken);
}

internal sealed class FakeLease(bool isAcquired, object? retryAfter = null) : RateLimitLease
{
    public int Disposals { get; private set; }

    public override bool IsAcquired => isAcquired;

    public override IEnumerable<string> MetadataNames => retryAfter is null ? [] : [MetadataName.RetryAfter.Name];

    public override bool TryGetMetadata(string metadataName, out object? metadata)
    {
        metadata = metadataName == MetadataName.RetryAfter.Name ? retryAfter : null;
        return metadata is not null;
    }

    protected override void Dispose(bool disposing) => Disposals++;
}
