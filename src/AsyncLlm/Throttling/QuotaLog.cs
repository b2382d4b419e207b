namespace AsyncLlm;

/// <summary>
/// The hypothesis that no more than a certain number fits into any time of a certain length, as a sliding window has it, or a window of the
/// clock that is always used up as soon as it opens.
/// </summary>
/// <remarks>
/// An attempt fits when the one that many before it was accepted so long ago: each with a longer gap is accepted, each with a shorter one is
/// refused. The hypothesis holds while the longest gap that was refused is shorter than the shortest that was accepted, and is believed once
/// they have met.
/// </remarks>
internal sealed class QuotaLog
{
    // Of fewer the gap is nothing but the pace.
    private const int Fewest = 3;
    private const int Largest = 8192;
    // Neither clocks nor networks are more even.
    private const double Precision = 0.002;
    private const double Granularity = 0.02;
    // So near to the shortest gap that was accepted, and so often, none is refused by chance; nor once as near as clocks can tell.
    private const double Near = 0.95;
    private const int EnoughMeetings = 2;
    // Any closer, and it is not worth a refusal.
    private const double CloseEnough = 0.01;
    private const int FewestBetweenTests = 8;
    // Whether the quota has grown is tested seldom, and so seldom that a refusal costs at most a 25th of what is sent meanwhile.
    private const int FewestBetweenChecks = 50;
    private const double CyclesPerCost = 25;
    private const double Check = 1 - 3 * CloseEnough;
    // So many refusals in a row, or one for each so many attempts, are no longer explained.
    private const double MostPatience = 3;
    private const double PatiencePerAttempt = 0.08;

    // Without those that were refused.
    private readonly List<double> _accepted = [];
    private int _settled;
    private int _size;
    // The longest gap that was refused, and the shortest that was accepted.
    private double _refused;
    private double _fits = double.PositiveInfinity;
    private bool _hasAccepted;
    private int _meetings;
    private double _knownAt;
    private double _patience;
    private long _sinceTested;
    private long _sinceKnown;
    private double _cost;

    /// <summary>Whether it is believed.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether it may hold.</summary>
    public bool IsPossible => _size > 0;

    /// <summary>The rate it gives, per second.</summary>
    public double Rate => _size / _fits;

    /// <summary>How many were admitted since it was believed; infinite once that is what fits at once.</summary>
    public double Trusted => _sinceKnown >= _size ? double.PositiveInfinity : _sinceKnown;

    private bool IsExact => _fits - _refused <= CloseEnough * _fits;

    /// <summary>So many fit, or 0: it does not hold.</summary>
    public void Propose(double size)
    {
        _size = size is >= Fewest and <= Largest ? (int)size : 0;
        (_refused, _fits, _meetings, _settled) = (0, double.PositiveInfinity, 0, _accepted.Count);
        IsKnown = false;
    }

    /// <summary>When the next attempt fits; now and then a little earlier, to find out.</summary>
    public double AdmitsAt(double now)
    {
        if (_accepted.Count < _size)
            return now;
        var gap = _fits;
        if (!IsExact && _sinceTested >= Math.Max(FewestBetweenTests, 0.5 * _fits / (_fits - _refused)))
            gap = 0.5 * (_refused + _fits);
        else if (IsExact && _sinceTested >= Math.Max(FewestBetweenChecks, Math.Max(_size, CyclesPerCost * _cost)))
            gap = Check * _refused;
        return Math.Max(now, _accepted[^_size] + gap);
    }

    /// <param name="settled">What was admitted before that and is not known to be refused is accepted.</param>
    public void Admit(double settled, double now)
    {
        if (IsKnown)
        {
            Settle(settled);
            Judge();
        }
        var isTest = IsKnown && _accepted.Count >= _size && now - _accepted[^_size] < _fits - 1e-6;
        _sinceTested = isTest ? 0 : _sinceTested + 1;
        _sinceKnown++;
        _patience = Math.Min(MostPatience, _patience + PatiencePerAttempt);
        if (_accepted.Count >= 2 * Largest)
        {
            _accepted.RemoveRange(0, Largest);
            _settled = Math.Max(0, _settled - Largest);
        }
        _accepted.Add(now);
    }

    /// <param name="at">When the attempt was admitted.</param>
    /// <param name="sinceReopened">How many were admitted since the last pause.</param>
    /// <param name="settled">What was admitted before that and is not known to be refused is accepted.</param>
    public void Refused(double at, long sinceReopened, double settled)
    {
        var index = _accepted.BinarySearch(at);
        if (index < 0)
            return;
        // Of those that were admitted at once it is the last that does not fit.
        while (index + 1 < _accepted.Count && _accepted[index + 1] <= at)
            index++;
        _accepted.RemoveAt(index);
        _settled = Math.Min(_settled, index);
        if (!IsPossible)
            return;
        Settle(settled);
        if (index < _size)
            return;
        var gap = at - _accepted[index - _size];
        _refused = Math.Max(_refused, gap);
        // A window of the clock, too, refuses after that many.
        if (_hasAccepted && gap > Near * _fits && Math.Abs(sinceReopened - _size) > 0.2 * _size)
            (_meetings, _hasAccepted) = (gap > (1 - Precision) * _fits ? EnoughMeetings : _meetings + 1, false);
        if (IsKnown && at > _knownAt)
            _patience -= gap < _fits - 1e-6 ? 1 : 2;
        Judge();
    }

    /// <summary>A refusal keeps everything closed for so long, in seconds.</summary>
    public void Closed(double pause) => _cost = 1 + pause * Rate;

    private void Settle(double settled)
    {
        for (; _settled < _accepted.Count && _accepted[_settled] <= settled; _settled++)
        {
            _hasAccepted = true;
            if (_settled >= _size)
                _fits = Math.Min(_fits, _accepted[_settled] - _accepted[_settled - _size]);
        }
    }

    private void Judge()
    {
        if (_refused > (1 + Precision) * _fits + Granularity || (IsKnown && _patience < 0))
            Propose(0);
        else if (!IsKnown && _meetings >= EnoughMeetings && _refused > Near * _fits)
        {
            IsKnown = true;
            (_patience, _knownAt, _sinceKnown) = (MostPatience, _accepted[^1], 0);
        }
    }
}
