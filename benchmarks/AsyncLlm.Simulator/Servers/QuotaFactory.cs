namespace AsyncLlm.Simulator;

/// <summary>Makes the quota a row describes.</summary>
internal static class QuotaFactory
{
    public static Quota Create(Row row, ulong seed)
    {
        var window = Ticks(row.Window);
        // A whole number stays one.
        var limit = Math.Round(row.Rpm * row.Window / 60, 6);
        Quota quota = row.Server switch
        {
            ServerKind.TokenBucket => new TokenBucket(QuotaUnit.Requests, row.Rpm / 60, row.BucketSize),
            ServerKind.FixedWindow => new FixedWindow(QuotaUnit.Requests, limit, window, Ticks(row.Phase)),
            ServerKind.SlidingLog => new SlidingLog(QuotaUnit.Requests, limit, window),
            ServerKind.SlidingCounter => new SlidingCounter(QuotaUnit.Requests, limit, window),
            _ => new ConcurrencyLimit(row.Concurrency),
        };
        List<Quota> quotas = [quota];
        if (row.PerSecond is { } perSecond)
            quotas.Add(new FixedWindow(QuotaUnit.Requests, perSecond, TimeSpan.TicksPerSecond, phase: 0));
        if (row.Tpm is { } tpm)
            quotas.Add(new TokenBucket(QuotaUnit.Tokens, tpm / 60, tpm));
        if (quotas.Count > 1)
            quota = new AllQuotas(quotas);
        if (row.ChangeAt is { } at)
            quota = new ChangingQuota(quota, Ticks(at), row.ChangeFactor);
        return row.Tenant > 0 ? new SharedQuota(quota, row.Rpm / 60 * row.Tenant, seed) : quota;
    }

    public static long Ticks(double seconds) => (long)Math.Round(seconds * TimeSpan.TicksPerSecond);
}
