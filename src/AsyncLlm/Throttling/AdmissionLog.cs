namespace AsyncLlm;

/// <summary>
/// Remembers what was spent when, for quotas that give it back one window later. Entries that are close together are one, so that the
/// memory is bounded whatever the quota is.
/// </summary>
internal sealed class AdmissionLog
{
    // Into how many parts a quota and its window are cut: what is spent in one of them is one entry.
    private const int Parts = Size / 4;

    private const int Size = 512;

    private readonly (double From, double To, double Spent)[] _entries = new (double, double, double)[Size];
    private long _count;
    private double _forgotten;

    private long Oldest => Math.Max(0, _count - Size);

    /// <param name="spent">Everything spent so far.</param>
    /// <param name="limit">The quota, and the window it counts in; 0 while unknown.</param>
    public void Add(double at, double spent, double limit, double window)
    {
        if (_count > 0 && spent - SpentBefore(_count - 1) <= limit / Parts && at - Entry(_count - 1).From <= window / Parts)
        {
            Entry(_count - 1) = (Entry(_count - 1).From, at, spent);
            return;
        }
        if (_count >= Size)
            _forgotten = Entry(_count - Size).Spent;
        Entry(_count++) = (at, at, spent);
    }

    /// <summary>What was spent at the time turned out not to be.</summary>
    public void Refund(double at, double units)
    {
        var index = _count - 1;
        for (; index >= Oldest && Entry(index).To >= at; index--)
            Entry(index).Spent -= units;
        if (index < Oldest && Oldest > 0)
            _forgotten -= units;
    }

    /// <summary>How much of everything spent was spent by a time, at least: where entries are one, the later time counts.</summary>
    public double SpentBy(double time) => SpentBefore(FirstAfter(time));

    /// <summary>The same at most: the earlier time counts.</summary>
    public double MostSpentBy(double time)
    {
        var index = FirstAfter(time);
        return SpentBefore(index < _count && Entry(index).From <= time ? index + 1 : index);
    }

    /// <summary>When something was spent next, after a time; never, if nothing was.</summary>
    public double NextAfter(double time)
    {
        var index = FirstAfter(time);
        return index < _count ? Entry(index).To : double.PositiveInfinity;
    }

    private double SpentBefore(long index) => index > Oldest ? Entry(index - 1).Spent : _forgotten;

    private long FirstAfter(double time)
    {
        var (low, high) = (Oldest, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Entry(middle).To <= time ? (middle + 1, high) : (low, middle);
        }
        return low;
    }

    private ref (double From, double To, double Spent) Entry(long index) => ref _entries[index % Size];
}
