namespace AsyncLlm.Simulator;

/// <summary>Two counters of fixed windows; the last one fades out while the current one passes.</summary>
internal sealed class SlidingCounter(QuotaUnit unit, double limit, long window) : Quota
{
    private double _limit = limit;
    private double _last;
    private double _current;
    private long _index;

    public override long Earliest(long now, Request request)
    {
        var cost = Math.Min(Cost(unit, request), _limit);
        var counter = (SlidingCounter)MemberwiseClone();
        counter.Advance(now);
        // In shares of the window times the window: whole numbers, so nothing is rounded.
        while (counter._last * counter.Left(now) + (counter._current + cost) * window > _limit * window)
        {
            var free = _limit - cost - counter._current;
            now = free < 0 || counter._last == 0
                ? (counter._index + 1) * window
                : Math.Max(now + 1, (counter._index + 1) * window - (long)Math.Floor(free * window / counter._last));
            counter.Advance(now);
        }

        return now;
    }

    public override void Take(long now, Request request)
    {
        Advance(now);
        _current += Cost(unit, request);
    }

    public override void Scale(long now, double factor) => _limit *= factor;

    public override IEnumerable<QuotaState> States(long now)
    {
        Advance(now);
        return [new(unit, _limit, Math.Max(0, _limit - _last * Left(now) / window - _current), (_index + (_current > 0 ? 2 : 1)) * window - now)];
    }

    public override Quota Clone() => (Quota)MemberwiseClone();

    private double Left(long now) => (_index + 1) * window - now;

    private void Advance(long now)
    {
        var index = now / window;
        if (index == _index)
            return;

        _last = index == _index + 1 ? _current : 0;
        _current = 0;
        _index = index;
    }
}
