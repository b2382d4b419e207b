namespace AsyncLlm;

/// <summary>
/// The hypothesis that no more than a certain number fits into any time of a certain length: a sliding window, GCRA (of which one fits), or a
/// window of the clock that is always used up as soon as it opens.
/// </summary>
/// <remarks>
/// The one that many before an attempt was accepted some time ago: every attempt with a longer gap is accepted, every one with a shorter
/// gap is refused. It holds as long as the longest gap that was refused is shorter than the shortest that was accepted, and is believed
/// when they have met more often than by chance.
/// </remarks>
internal sealed class QuotaLog
{
    private const int Fewest = 3;
    private const int Largest = 8192;
    private const double Tolerance = 0.01;
    private const double Precision = 0.002;
    private const double Granularity = 0.02;
    private const double Near = 0.95;
    private const double MostPatience = 3;
    private const double Refusals = 0.08;
    private const int FewestBetweenTests = 8;
    private const int FewestBetweenChecks = 50;

    private readonly List<double> _accepted = [];
    private int _checked;
    private int _size;
    // The longest gap that was refused, and the shortest that was accepted.
    private double _least;
    private double _most = double.PositiveInfinity;
    private bool _isNew = true;
    private int _confirmed;
    private int _needed = 2;
    private long _sinceTested;
    private double _patience;
    private double _knownAt;

    public bool IsKnown { get; private set; }


    /// <summary>The rate it gives, per second.</summary>
    public double Rate => _size / _most;

    /// <summary>How many fit.</summary>
    public void Propose(double size)
    {
        _size = size is >= Fewest and <= Largest ? (int)size : 0;
        (_least, _most, _confirmed, _checked) = (0, double.PositiveInfinity, 0, _accepted.Count);
    }

    public double AdmitsAt(double now)
    {
        if (_accepted.Count < _size)
            return now;
        var gap = _most;
        if (_most - _least > Tolerance * _most)
            gap = _sinceTested >= Math.Max(FewestBetweenTests, 0.5 * _most / (_most - _least)) ? 0.5 * (_least + _most) : _most;
        else if (_sinceTested >= Math.Max(FewestBetweenChecks, _size))
            gap = (1 - 3 * Tolerance) * _least;
        return Math.Max(now, _accepted[^_size] + gap);
    }

    public void Admit(double settled, double now)
    {
        if (IsKnown)
        {
            Check(settled);
            Judge();
        }
        if (IsKnown && _accepted.Count >= _size && now - _accepted[^_size] < _most - 1e-6)
            _sinceTested = 0;
        else
            _sinceTested++;
        _patience = Math.Min(MostPatience, _patience + Refusals);
        if (_accepted.Count > 2 * Largest)
        {
            _accepted.RemoveRange(0, Largest);
            _checked = Math.Max(0, _checked - Largest);
        }
        _accepted.Add(now);
    }

    /// <param name="at">When the attempt was admitted.</param>
    /// <param name="settled">What was admitted before that and has not been refused is accepted.</param>
    public void Refused(double at, long sinceReopened, double settled)
    {
        var index = _accepted.BinarySearch(at);
        if (index < 0)
            return;
        _accepted.RemoveAt(index);
        _checked = Math.Min(_checked, index);
        if (_size == 0)
            return;
        Check(settled);
        if (index < _size)
            return;
        var gap = at - _accepted[index - _size];
        _least = Math.Max(_least, gap);
        if (_isNew && gap > Near * _most && Math.Abs(sinceReopened - _size) > 0.2 * _size)
            (_confirmed, _isNew) = (_confirmed + 1, false);
        if (IsKnown && at > _knownAt)
            _patience -= gap < _most - 1e-6 ? 1 : 2;
        Judge();
    }

    private void Check(double settled)
    {
        for (; _checked < _accepted.Count && _accepted[_checked] <= settled; _checked++)
        {
            _isNew = true;
            if (_checked >= _size)
                _most = Math.Min(_most, _accepted[_checked] - _accepted[_checked - _size]);
        }
    }

    private void Judge()
    {
        if (Environment.GetEnvironmentVariable("DBG") != null) Console.Error.WriteLine($"known {IsKnown} size {_size} least {_least:f4} most {_most:f4} confirmed {_confirmed} patience {_patience:f2} count {_accepted.Count} last {_accepted[^1]:f3}");
        if (_least > (1 + Precision) * _most + Granularity || (IsKnown && _patience < 0))
        {
            if (IsKnown)
                _needed *= 2;
            IsKnown = false;
            Propose(0);
        }
        else if (_confirmed >= _needed && _least > Near * _most)
        {
            if (!IsKnown)
                (_patience, _knownAt) = (MostPatience, _accepted[^1]);
            IsKnown = true;
        }
    }
}
