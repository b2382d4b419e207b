namespace AsyncLlm;

/// <content>
/// Which kind of quota it is. It refills when more comes back than is due one window after it was spent, or when the moment it is whole moves
/// with what is spent; it gives back at once when nothing comes back in a time in which a bucket would have refilled. Where that cannot be
/// seen yet, a bucket is assumed; a refusal with a Retry-After decides, and else attempts that are likely to be refused.
/// </content>
internal sealed partial class ReportedQuota
{
    // So many votes for one kind have to be outvoted by the other.
    private const int Sure = 4;
    private const int MostProbes = 2;
    // Where in the time it may be empty it is tried: early, because a refusal may say when to come back; then where it costs least.
    private const double FirstProbe = 0.05;
    private const double LaterProbe = 0.5;

    // From 0 on it refills all the time.
    private int _kind;
    private bool _isKindSure;
    private Reading _kindStart;
    private int _probes;
    private double _probeAt = double.NaN;
    private double _promisedAt = double.PositiveInfinity;
    private bool _arePromisesBroken;

    // Whether what was spent is forgotten attempt by attempt (above 0, a sliding log) or all at once (below 0, a fixed window).
    private int _forgets;
    private Reading _forgetsStart;
    // The longest reset that was seen, and the shortest after an attempt that took something: of a log both are its window.
    private double _window;
    private double _shortestWindow = double.PositiveInfinity;
    // From one moment it is whole to the next.
    private double _period;

    private double _fraction = double.NaN;
    private double _grain = Coarse;

    private bool Refills => _kind >= 0 || _limit <= 1;

    private bool IsWindow => _forgets < 0 && _period > 0;

    // It refills, but the moment it is whole stays where it is: what was spent in one window fades away in the next (a sliding counter).
    private bool IsCounter => _forgets <= -2 && _period > 0 && Refills;

    private double Window => _forgets > 0 && _grain == Coarse && _shortestWindow > Math.Max(_window - Coarse, 0.5 * _window) ? _shortestWindow : _window;

    private double NextBack
    {
        get
        {
            var all = Math.Min(_wholeAt, _tookAt + Window);
            return _forgets >= 0 ? Math.Min(_log.NextAt + Window, all) : all;
        }
    }

    /// <summary>A refusal says when there is room for <paramref name="units"/> again.</summary>
    /// <param name="last">The last attempt that was admitted: what was admitted after the one that was refused is refused as well.</param>
    /// <param name="isProbe">Whether nothing was admitted between the last refusal and this one.</param>
    public void Wait(double retryAfter, double units, long last, bool isProbe, double now)
    {
        Advance(now);
        if (isProbe && now >= _promisedAt)
            DistrustPromises();
        _promisedAt = now + retryAfter;
        if (_arePromisesBroken)
            return;
        // In whole seconds, rounded up, unless it has a fraction.
        var grain = retryAfter == Math.Floor(retryAfter) ? Coarse : 10 * Fine;
        var refilled = _rate > 0 ? Math.Max(0, units - _level) / _rate : 0;
        var atOnce = NextBack - now;
        if (_limit > 1 && double.IsFinite(atOnce) && Math.Abs(refilled - atOnce) > 2 * grain)
        {
            Vote(retryAfter < Math.Max(atOnce - 2 * grain, 0.5 * (refilled + atOnce)) ? 2 * Sure : -2 * Sure);
            _isKindSure = true;
        }
        var isEarly = now + retryAfter < _wholeAt - 2 * grain;
        if (Refills && (_level > units - _rate * (retryAfter - Coarse) || (_limit <= 1 && isEarly)))
            Refill(units, retryAfter, now);
        else
            return;
        _lastNumber = last;
    }

    // What was believed to be back was not.
    private void Doubt()
    {
        _isKindSure = false;
        Vote(1);
    }

    // What was promised was wrong: nothing has come back since.
    private void DistrustPromises()
    {
        _arePromisesBroken = true;
        if (_isKindSure && _kind > 0)
            (_kind, _isKindSure) = (0, false);
    }

    private double ProbesAt(double next, double now)
    {
        if (double.IsNaN(_probeAt))
            _probeAt = now + (_probes == 0 ? FirstProbe : LaterProbe) * (next - now);
        return now >= _probeAt ? now : Math.Min(_probeAt, next);
    }

    private void CountProbe(double units, double now)
    {
        if (now >= _probeAt && !Refills && _level < Math.Min(units, _limit) - 1e-9)
            _isKindSure |= ++_probes >= MostProbes;
        _probeAt = double.NaN;
    }

    private void TellKind(bool isAccepted)
    {
        if (isAccepted)
            MeasurePeriod();
        var start = _kindStart;
        if (start.WholeAt - _grain <= _last.At || _limit < 2)
        {
            _kindStart = _forgetsStart = _last;
            return;
        }
        if (isAccepted)
            TellForgetting();
        if (!_isKindSure && CompareWhole(start, _last))
            return;
        var time = _last.At - start.At;
        var back = _last.Remaining - start.Remaining + _last.Spent - start.Spent;
        var due = _log.SpentBy(_last.At - Window + _grain) - _log.SpentBy(start.At - Window);
        var refilled = time * (_isRateMeasured ? _rate : (_limit - _last.Remaining) / Math.Max(Fine, _last.WholeAt - _last.At));
        // Beyond what the rounding of two reports, and of the log, can be.
        if (back >= due + 2 * _unit + 2 * _limit / AdmissionLog.Parts)
            Vote(2);
        else if (refilled >= 4 * _unit && back + _unit < 0.5 * refilled)
            Vote(-1);
    }

    // A report of an attempt before the last one that is known about.
    private void LookBack(in Reading reading)
    {
        if (!_isKindSure && _kindStart.Ordinal > 0)
            CompareWhole(reading, _kindStart);
    }

    // A bucket is whole later by the time it takes to refill what it holds less, at least all but one unit of that; the others are not.
    private bool CompareWhole(in Reading start, in Reading end)
    {
        var time = end.At - start.At;
        var later = (start.Remaining - end.Remaining - _unit) * Math.Max(0, start.WholeAt - _grain - start.At) / Math.Max(1, _limit - start.Remaining);
        if (start.WholeAt - _grain <= end.At || time < 0 || later <= Math.Max(2 * _grain, 10 * Fine))
            return false;
        Vote(end.WholeAt - start.WholeAt > time + later / 3 ? 1 : -1);
        return true;
    }

    private void Vote(int votes)
    {
        var did = Refills;
        _kind = Math.Clamp(_kind + votes, -Sure, Sure);
        _kindStart = _last;
        if (did != Refills)
            ForgetRate();
    }

    private void MeasurePeriod()
    {
        _shortestWindow = Math.Min(_shortestWindow, _last.WholeAt - _last.At);
        // A millisecond late, because a window is entered in its first one.
        var period = _last.WholeAt - _lastAccepted.WholeAt + Fine;
        if (_lastAccepted.Ordinal > 0 && period > 3 * Fine && (_period == 0 || period < _period))
            _period = period;
    }

    private void TellForgetting()
    {
        var time = _last.At - _forgetsStart.At;
        if (time <= 3 * _grain)
            return;
        _forgets = Math.Clamp(_forgets + (_last.WholeAt - _forgetsStart.WholeAt > 0.5 * time ? 1 : -1), -Sure, Sure);
        _forgetsStart = _last;
    }

    private void FindGrain(in Reading reading)
    {
        while (_unit > 1 && reading.Remaining % _unit != 0)
            _unit /= 10;
        // Whole seconds of some clock always have the same fraction on ours.
        var fraction = reading.WholeAt - Math.Floor(reading.WholeAt + 1e-5);
        if (Math.Abs(fraction - _fraction) > 1e-5)
            _grain = Fine;
        _fraction = fraction;
    }
}
