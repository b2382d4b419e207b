namespace AsyncLlm.Simulator;

/// <summary>A quota of which another client takes its part, at random times and whether there is room or not.</summary>
internal sealed class SharedQuota : Quota
{
    private readonly Quota _quota;
    private readonly double _perSecond;
    private readonly ulong _seed;
    private long _arrivals;
    private long _next;

    public SharedQuota(Quota quota, double perSecond, ulong seed)
    {
        (_quota, _perSecond, _seed) = (quota, perSecond, seed);
        DrawNext();
    }

    private SharedQuota(SharedQuota other)
        => (_quota, _perSecond, _seed, _arrivals, _next) = (other._quota.Clone(), other._perSecond, other._seed, other._arrivals, other._next);

    public override long Earliest(long now, Request request)
    {
        Advance(now);
        var earliest = _quota.Earliest(now, request);
        if (earliest < _next)
            return earliest;

        var later = new SharedQuota(this);
        while (later._next <= earliest)
        {
            later.Advance(later._next);
            earliest = later._quota.Earliest(earliest, request);
        }

        return earliest;
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

    public override void Scale(long now, double factor)
    {
        Advance(now);
        _quota.Scale(now, factor);
    }

    public override IEnumerable<QuotaState> States(long now)
    {
        Advance(now);
        return _quota.States(now);
    }

    public override Quota Clone() => new SharedQuota(this);

    private void Advance(long now)
    {
        while (_next <= now)
        {
            _quota.Take(_next, new(Tokens: 0, Duration: 0));
            DrawNext();
        }
    }

    private void DrawNext()
        => _next += (long)(-Math.Log(1 - Chance.Uniform(_seed, Chance.Of.Tenant, _arrivals++)) / _perSecond * TimeSpan.TicksPerSecond);
}
