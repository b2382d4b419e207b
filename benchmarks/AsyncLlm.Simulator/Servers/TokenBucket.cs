namespace AsyncLlm.Simulator;

/// <summary>Refills all the time and holds at most a burst; full at the start. With a burst of 1 it is GCRA, which spaces requests evenly.</summary>
internal sealed class TokenBucket(QuotaUnit unit, double perSecond, double burst) : Quota
{
    private double _interval = TimeSpan.TicksPerSecond / perSecond;
    private double _burst = burst;

    /// <summary>When the bucket will be full again; exact where a count of tokens would gather rounding errors.</summary>
    private double _full;

    public override long Earliest(long now, Request request)
        => Math.Max(now, (long)Math.Ceiling(_full + (Cost(request) - _burst) * _interval));

    public override void Take(long now, Request request) => _full = Math.Max(_full, now) + Cost(request) * _interval;

    public override void Scale(long now, double factor)
    {
        var left = Math.Min(Left(now), _burst * factor);
        _burst *= factor;
        _interval /= factor;
        _full = now + (_burst - left) * _interval;
    }

    public override IEnumerable<QuotaState> States(long now) => [new(unit, _burst, Left(now), (long)Math.Max(0, _full - now))];

    public override Quota Clone() => (Quota)MemberwiseClone();

    private double Left(long now) => _burst - Math.Max(0, _full - now) / _interval;

    // A request larger than the burst would never fit.
    private double Cost(Request request) => Math.Min(Cost(unit, request), _burst);
}
