namespace AsyncLlm.Simulator;

/// <summary>Several quotas at once: each of them has to have room. The first one of a unit makes the headers.</summary>
internal sealed class AllQuotas(IReadOnlyList<Quota> quotas) : Quota
{
    public override long Earliest(long now, Request request) => Agree(now, request, static (quota, now, request) => quota.Earliest(now, request));

    public override long Expected(long now, Request request) => Agree(now, request, static (quota, now, request) => quota.Expected(now, request));

    public override void Take(long now, Request request)
    {
        foreach (var quota in quotas)
            quota.Take(now, request);
    }

    public override void Scale(long now, double factor)
    {
        foreach (var quota in quotas)
            quota.Scale(now, factor);
    }

    public override IEnumerable<QuotaState> States(long now) => quotas.SelectMany(quota => quota.States(now)).DistinctBy(state => state.Unit);

    public override Quota Clone() => new AllQuotas([.. quotas.Select(quota => quota.Clone())]);

    private long Agree(long now, Request request, Func<Quota, long, Request, long> earliest)
    {
        while (true)
        {
            var latest = now;
            foreach (var quota in quotas)
                latest = Math.Max(latest, earliest(quota, now, request));
            if (latest == now)
                return now;
            now = latest;
        }
    }
}
