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

    private double _opened;
    private double _open;
    private double _openedAt = double.NaN;
    private double _doubt;
    private double _period = double.NaN;
    private bool _wasOther;

    /// <summary>How many it held; 0 when the quota is none.</summary>
    public double Size { get; private set; }

    public bool IsKnown => Size > 0;

    /// <summary>What may be sent at once when it opens.</summary>
    public double Grant => AtOnce * Size;

    /// <summary>How much later or earlier than <see cref="OpensAt"/> it may open.</summary>
    public double Doubt => _doubt;

    /// <summary>When it opens next, at the earliest; unknown when not a number.</summary>
    public double OpensAt => _openedAt + _period - _doubt;

    public double LatestOpening => _openedAt + _period + _doubt;

    public void Start(double now) => _openedAt = now;

    /// <summary>Whether an epoch looks like one: closed for most of it, then used up much faster than it refills.</summary>
    public static bool LooksLike(in Epoch epoch, double rate, double granted, bool isFirst) =>
        epoch.Closed > 0.5 * epoch.Time && epoch.Opened >= Fewest && rate * epoch.Open < 0.25 * epoch.Opened
        && (isFirst ? epoch.Opened >= OfTheFirst * epoch.Held : (granted >= Fewest && epoch.Opened >= 0.8 * granted)) && epoch.Opened <= 1.5 * granted;

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
        _doubt = reopenedAt - refusedAt;
        // Since it was last seen to open; what came before it was seen may have been anything.
        _period = IsKnown || !_wasOther ? reopenedAt - _openedAt : Math.Min(reopenedAt - _openedAt, epoch.Time);
        (Size, _opened, _open) = (epoch.Opened, epoch.Opened, epoch.Open);
        _openedAt = reopenedAt;
    }

    /// <summary>It is none, or is not seen as one.</summary>
    public void Forget(double reopenedAt) => (Size, _openedAt, _wasOther) = (0, reopenedAt, true);
}
