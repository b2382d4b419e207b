using System.Threading.RateLimiting;

namespace AsyncLlm.Simulator;

/// <summary>One process's way to a shared limiter. After its death the permits it has queued for are still taken, and used by nobody.</summary>
internal sealed class MortalLimiter(RateLimiter shared) : RateLimiter
{
    private readonly TaskCompletionSource<RateLimitLease> _never = new();

    public bool IsDead { get; private set; }

    public override TimeSpan? IdleDuration => null;

    public void Die() => IsDead = true;

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount) => throw new NotSupportedException();

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        if (IsDead)
            return await _never.Task.ConfigureAwait(false);
        var lease = await shared.AcquireAsync(permitCount, cancellationToken).ConfigureAwait(false);
        return IsDead ? await _never.Task.ConfigureAwait(false) : lease;
    }
}
