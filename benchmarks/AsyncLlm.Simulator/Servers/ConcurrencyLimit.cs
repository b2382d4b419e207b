namespace AsyncLlm.Simulator;

/// <summary>Refuses what would be one too many in flight. Its answers have no rate headers.</summary>
internal sealed class ConcurrencyLimit(double limit) : Quota
{
    private double _limit = limit;
    private PriorityQueue<long, long> _ends = new();

    public override long Earliest(long now, Request request)
    {
        Forget(now);
        if (_ends.Count + 1 <= _limit)
            return now;

        var ends = new PriorityQueue<long, long>(_ends.UnorderedItems);
        while (ends.Count + 1 > _limit && ends.TryDequeue(out var end, out _))
            now = end;
        return now;
    }

    public override void Take(long now, Request request) => _ends.Enqueue(now + request.Duration, now + request.Duration);

    public override void Scale(long now, double factor) => _limit *= factor;

    public override IEnumerable<QuotaState> States(long now) => [];

    public override Quota Clone()
    {
        var clone = (ConcurrencyLimit)MemberwiseClone();
        clone._ends = new(_ends.UnorderedItems);
        return clone;
    }

    private void Forget(long now)
    {
        while (_ends.TryPeek(out var end, out _) && end <= now)
            _ends.Dequeue();
    }
}
