namespace AsyncLlm;

/// <summary>
/// A quota that is whole again at once after a long pause: a window. What it held is sent at once when it opens, and when it opens next
/// follows from when it opened before.
/// </summary>
internal sealed class QuotaWindow
{
    // A smaller one costs too many refusals to be used up to its end each time; it is paced evenly instead.
    private const int Fewest = 16;
    // The rest of it is paced, faster and faster: a bucket that told us to wait too long then gives more than last time and is found out.
    private const double AtOnce = 0.85;
    private const double MoreThanLastTime = 1.1;
    private const double FasterThanAWindow = 1.2;
    // The first time, two of them may have been used up one after the other.
    private const double OfTheFirst = 0.4;

    // It held what it had held before.
    private const double AsBefore = 0.1;
    private const int Remembered = 8;
    // One that was open at the first look may open sooner, be it that it begins when it is first used.
    private const double Earlier = 0.1;

    // Between which times it has opened, one period after another; the first is when it began, if it is not known to have been another kind.
    private readonly List<(double From, double To)> _openings = new(Remembered);
    private double _opened;
    private double _open;
    private bool _wasOther;

    /// <summary>How many it held; 0 when the quota is none.</summary>
    public double Size { get; private set; }

    public bool IsKnown => Size > 0;

    /// <summary>What may be sent at once when it opens.</summary>
    public double Grant => AtOnce * Size;

    /// <summary>When it opens next, at the earliest; unknown when not a number.</summary>
    public double OpensAt { get; private set; } = double.NaN;

    public double LatestOpening { get; private set; } = double.NaN;

    /// <summary>It begins, or began at some time before it is known.</summary>
    public void Start(double time)
    {
        _openings.Clear();
        _openings.Add((time, time));
    }

    /// <summary>Whether an epoch looks like one: closed for most of it, then used up much faster than it refills, and of what was sent at once, or of what it held before, no less.</summary>
    public static bool LooksLike(in Epoch epoch, double rate, double granted, bool isFirst) =>
        epoch.Closed > 0.5 * epoch.Time && epoch.Opened >= Fewest && rate * epoch.Open < 0.25 * epoch.Opened
        && (((isFirst ? epoch.Opened >= OfTheFirst * epoch.Held : (granted >= Fewest && epoch.Opened >= 0.8 * granted)) && epoch.Opened <= 1.5 * granted)
            || Math.Abs(epoch.Opened - epoch.Held) <= AsBefore * epoch.Held);

    /// <summary>
    /// The rate of a bucket that was taken for a window, or <see langword="null"/>: the longer a bucket is open, the more it gives.
    /// </summary>
    public double? RateOfBucket(in Epoch epoch)
    {
        if (!IsKnown || epoch.Opened <= MoreThanLastTime * _opened || epoch.Open <= _open)
            return null;
        var rate = (epoch.Opened - _opened) / (epoch.Open - _open);
        return rate > FasterThanAWindow * epoch.Least ? rate : null;
    }

    /// <param name="refusedAt">When the last attempt before it opened was refused.</param>
    public void Learn(in Epoch epoch, double reopenedAt, double refusedAt)
    {
        // What came before it was seen to be one may have been anything.
        if (!IsKnown && _wasOther)
            Start(Math.Max(_openings[0].To, reopenedAt - epoch.Time));
        if (_openings.Count == Remembered)
            _openings.RemoveAt(0);
        _openings.Add((refusedAt, reopenedAt));
        var wasOpen = refusedAt < OpensAt;
        (Size, _opened, _open) = (epoch.Opened, epoch.Opened, epoch.Open);
        Predict();
        if (wasOpen)
            OpensAt -= Earlier * (LatestOpening - reopenedAt);
    }

    /// <summary>It is none, or is not seen as one.</summary>
    public void Forget(double reopenedAt)
    {
        (Size, _wasOther) = (0, true);
        Start(reopenedAt);
    }

    // From all that was seen; if one period does not explain it, from the latest.
    private void Predict()
    {
        var (shortest, longest) = Period();
        for (; shortest > longest; (shortest, longest) = Period())
            _openings.RemoveAt(0);
        (OpensAt, LatestOpening) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var index = 0; index < _openings.Count; index++)
        {
            var periods = _openings.Count - index;
            OpensAt = Math.Max(OpensAt, _openings[index].From + periods * shortest);
            LatestOpening = Math.Min(LatestOpening, _openings[index].To + periods * longest);
        }
        // Two tell little of the period: not before the last one twice, from when each was seen.
        if (_openings.Count == 2)
            OpensAt = Math.Max(OpensAt, _openings[1].To - _openings[0].To + _openings[1].From);
    }

    private (double Shortest, double Longest) Period()
    {
        var (shortest, longest) = (0d, double.PositiveInfinity);
        for (var from = 0; from < _openings.Count; from++)
        {
            for (var to = from + 1; to < _openings.Count; to++)
            {
                shortest = Math.Max(shortest, (_openings[to].From - _openings[from].To) / (to - from));
                longest = Math.Min(longest, (_openings[to].To - _openings[from].From) / (to - from));
            }
        }
        return (shortest, longest);
    }
}
