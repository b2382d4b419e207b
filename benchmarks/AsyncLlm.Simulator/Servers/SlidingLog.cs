namespace AsyncLlm.Simulator;

/// <summary>Remembers every request of the last window.</summary>
internal sealed class SlidingLog(QuotaUnit unit, double limit, long window) : Quota
{
    private double _limit = limit;
    private Queue<(long Time, double Cost)> _log = new();
    private double _used;

    public override long Earliest(long now, Request request)
    {
        Forget(now);
        var excess = _used + Cost(unit, request) - _limit;
        foreach (var (time, cost) in _log)
        {
            if (excess <= 0)
                break;
            excess -= cost;
            now = time + window;
        }

        return now;
    }

    public override void Take(long now, Request request)
    {
        Forget(now);
        _log.Enqueue((now, Cost(unit, request)));
        _used += Cost(unit, request);
    }

    public override void Scale(long now, double factor) => _limit *= factor;

    public override IEnumerable<QuotaState> States(long now)
    {
        Forget(now);
        return [new(unit, _limit, Math.Max(0, _limit - _used), _log.Count == 0 ? 0 : _log.Last().Time + window - now)];
    }

    public override Quota Clone()
    {
        var clone = (SlidingLog)MemberwiseClone();
        clone._log = new(_log);
        return clone;
    }

    private void Forget(long now)
    {
        while (_log.TryPeek(out var oldest) && oldest.Time + window <= now)
            _used -= _log.Dequeue().Cost;
    }
}
