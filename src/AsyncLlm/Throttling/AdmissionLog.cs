namespace AsyncLlm;

/// <summary>
/// Remembers what was spent when, for quotas that give it back one window later. Entries that are close together are one, so that the
/// memory is bounded whatever the quota is; the later time counts.
/// </summary>
internal sealed class AdmissionLog
{
    /// <summary>Into how many parts a quota and its window are cut: what is spent in one of them is one entry.</summary>
    public const int Parts = Size / 4;

    private const int Size = 512;

    private readonly (double From, double At, double Spent)[] _entries = new (double, double, double)[Size];
    private long _count;
    private long _next;
    private double _spentBefore;
    private double _freed;

    /// <summary>When the next entry was made that is not free yet; never, if there is none.</summary>
    public double NextAt => _next < _count ? Entry(_next).At : double.PositiveInfinity;

    /// <param name="spent">Everything spent so far.</param>
    /// <param name="limit">The quota, and the window it counts in; 0 while unknown.</param>
    public void Add(double at, double spent, double limit, double window)
    {
        if (_count > _next && spent - _spentBefore <= limit / Parts && at - Entry(_count - 1).From <= window / Parts)
        {
            Entry(_count - 1) = (Entry(_count - 1).From, at, spent);
            return;
        }
        _spentBefore = _count == 0 ? 0 : Entry(_count - 1).Spent;
        Entry(_count++) = (at, at, spent);
        // What is overwritten gets free together with its successor.
        _next = Math.Max(_next, _count - Size);
    }

    /// <summary>What was spent at the time turned out not to be.</summary>
    public void Refund(double at, double units)
    {
        for (var index = _count - 1; index >= _next && Entry(index).At >= at; index--)
            Entry(index).Spent -= units;
    }

    /// <summary>How much of everything spent was spent by a time that only ever grows.</summary>
    public double FreedAt(double time)
    {
        while (_next < _count && Entry(_next).At <= time)
            _freed = Math.Max(_freed, Entry(_next++).Spent);
        return _freed;
    }

    /// <summary>How much of everything spent was spent by any time; <see cref="double.NaN"/> where that is forgotten.</summary>
    public double SpentBy(double time)
    {
        var (low, high) = (Math.Max(0, _count - Size), _count);
        if (low == high || Entry(low).At > time)
            return low == 0 ? 0 : double.NaN;
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            (low, high) = Entry(middle).At <= time ? (middle, high) : (low, middle);
        }
        return Entry(low).Spent;
    }

    private ref (double From, double At, double Spent) Entry(long index) => ref _entries[index % Size];
}
