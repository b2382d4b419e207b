namespace AsyncLlm.Simulator;

/// <summary>A quota that is scaled at a moment nobody announces.</summary>
internal sealed class ChangingQuota(Quota quota, long at, double factor) : Quota
{
    private readonly Quota _quota = quota;
    private bool _changed;

    public override long Earliest(long now, Request request)
    {
        Advance(now);
        var earliest = _quota.Earliest(now, request);
        if (_changed || earliest < at)
            return earliest;

        var later = _quota.Clone();
        later.Scale(at, factor);
        return later.Earliest(at, request);
    }

    public override long Expected(long now, Request request)
    {
        Advance(now);
        return _quota.Expected(now, request);
    }

    public override void Take(long now, Request request)
    {
        Advance(now);
        _quota.Take(now, request);
    }

    public override void Scale(long now, double factor) => _quota.Scale(now, factor);

    public override IEnumerable<QuotaState> States(long now)
    {
        Advance(now);
        return _quota.States(now);
    }

    public override Quota Clone() => new ChangingQuota(_quota.Clone(), at, factor) { _changed = _changed };

    private void Advance(long now)
    {
        if (_changed || now < at)
            return;

        _changed = true;
        _quota.Scale(at, factor);
    }
}
