namespace AsyncLlm.Simulator;

/// <summary>Counts in windows of the clock (each minute, each second) and starts from zero in the next one.</summary>
internal sealed class FixedWindow(QuotaUnit unit, double limit, long window, long phase) : Quota
{
    private double _limit = limit;
    private double _used;
    private long _index;

    public override long Earliest(long now, Request request)
        => UsedAt(now) + Cost(unit, request) <= _limit || UsedAt(now) == 0 ? now : EndOf(now);

    public override void Take(long now, Request request)
    {
        _used = UsedAt(now) + Cost(unit, request);
        _index = IndexOf(now);
    }

    public override void Scale(long now, double factor) => _limit *= factor;

    public override IEnumerable<QuotaState> States(long now)
        => [new(unit, _limit, Math.Max(0, _limit - UsedAt(now)), UsedAt(now) == 0 ? 0 : EndOf(now) - now)];

    public override Quota Clone() => (Quota)MemberwiseClone();

    private double UsedAt(long now) => IndexOf(now) == _index ? _used : 0;

    private long IndexOf(long now) => (now + phase) / window;

    private long EndOf(long now) => (IndexOf(now) + 1) * window - phase;
}
