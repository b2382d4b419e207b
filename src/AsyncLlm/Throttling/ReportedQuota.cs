namespace AsyncLlm;

/// <summary>
/// A quota as the provider reports it: with each answer so much of it is left, and so long until it is whole again. Between reports,
/// which are as old as the answers take, its level is computed; each report is compared with what was believed when its attempt was admitted.
/// </summary>
/// <remarks>
/// Providers report two kinds of quota in the same words. One refills all the time (a token bucket); the other gives back what was spent
/// one window later (a fixed window, a sliding log). What comes back before it is due tells them apart.
/// </remarks>
internal sealed class ReportedQuota
{
    private const double Minute = 60;
    // The coarsest and the finest a reset is reported in.
    private const double Coarse = 1;
    private const double Fine = 0.001;
    private const int Sure = 4;
    // A report counts whole units: two of them tell a rate to the share that one is of what came back between them.
    private const double LeastMeasured = 8;
    private const double MostMeasured = 100;
    // The most of a bucket that is kept for what others take unseen.
    private const double LargestReserve = 0.25;
    private const double RefusedShare = 0.01;
    private const double Accidents = 2;

    private readonly AdmissionLog _log = new();
    private double _limit;
    private double _level;
    private double _levelAt;
    private double _freed;
    private double _corrections;
    private double _reserve;

    // Refills all the time.
    private double _rate;
    private bool _isRateMeasured;
    private Reading _rateStart;
    private bool _wasFull;

    // Is given back one window later, all of it at the latest at a known moment.
    private double _window;
    // Whether each admission counts for a window of its own (a sliding log); below 0 all of them are forgotten at once (a fixed window).
    private int _slides;
    private double _period;
    private double _wholeAt = double.PositiveInfinity;
    private double _wholeSpent;
    private long _wholeNumber;

    // Which of them: above 0 the first.
    private int _kind;
    private bool _isKindSure;
    private int _probes;
    private double _probeAt = double.NaN;
    private Reading _kindStart;
    private Reading _slideStart;

    // How coarse the resets are.
    private double _fraction = double.NaN;
    private double _grain = Coarse;
    // Between which a quota that holds one request at a time lets the next one pass.
    private double _shortest;
    private double _longest = double.PositiveInfinity;

    private Reading _last;
    private Reading _lastAccepted;
    private bool _isPending;

    /// <summary>Whether anything was reported or configured.</summary>
    public bool IsKnown => _limit > 0;

    /// <summary>What comes back per second.</summary>
    public double Rate => IsGradual ? _rate : _limit / _window;

    /// <summary>The attempt the last report was about, and how much of the quota that said was left.</summary>
    public (long Number, double Remaining) LastReport { get; private set; } = (-1, 0);

    // The newest attempt that was reported on; its answer need not be the last one to come.
    private long LastNumber { get; set; } = -1;

    /// <summary>What is believed now.</summary>
    public QuotaMark Mark => new(_level, _corrections, Spent);

    private double Spent { get; set; }

    private bool IsGradual => _kind >= 0 || _limit <= 1;

    private double Reserve => IsGradual ? Math.Clamp(_reserve - Accidents, 0, LargestReserve * _limit) : 0;

    /// <summary>A quota that is configured instead of reported: a bucket of a minute's worth.</summary>
    public void Assume(double perMinute) => (_limit, _level, _rate) = (perMinute, perMinute, perMinute / Minute);

    /// <summary>When so much of it is left that <paramref name="units"/> more may be admitted.</summary>
    public double AdmitsAt(double units, double now)
    {
        if (!IsKnown)
            return now;
        Advance(now);
        var wanted = Math.Min(units + Reserve, _limit);
        if (_level >= wanted - 1e-9)
            return now;
        if (IsGradual)
            return now + (wanted - _level) / _rate + 1e-6;
        var next = Math.Max(now + 1e-4, NextBack);
        return _isKindSure ? next : ProbesAt(next, now);
    }

    private double NextBack => _slides >= 0 ? Math.Min(_log.NextAt + _window, _wholeAt) : double.IsFinite(_wholeAt) ? _wholeAt : _levelAt + _window;

    // Where nobody has said yet that nothing comes back before it is due, it is tried halfway.
    private double ProbesAt(double next, double now)
    {
        if (double.IsNaN(_probeAt))
            _probeAt = now + 0.5 * (next - now);
        return now >= _probeAt ? now : Math.Min(_probeAt, next);
    }

    public QuotaMark Admit(double units, double now)
    {
        Advance(now);
        if (IsKnown && !IsGradual && !_isKindSure && now >= _probeAt && _level < Math.Min(units, _limit) - 1e-9)
            _isKindSure = ++_probes >= 2;
        _probeAt = double.NaN;
        _level -= units;
        Spent += units;
        _log.Add(now, Spent, _limit, _window);
        return Mark;
    }

    /// <summary>Gives back what was reserved too much.</summary>
    public void Refund(double units) => (_level, Spent) = (_level + units, Spent - units);

    /// <summary>An attempt was refused: it has taken nothing.</summary>
    public void Refused(in Admission admission, double units)
    {
        Spent -= units;
        _log.Refund(admission.At, units);
        if (admission.Number <= _wholeNumber)
            _wholeSpent -= units;
        if (admission.Number > LastNumber)
        {
            _level += units;
            _corrections += units;
        }
        else if (_isPending && admission.Number == LastNumber)
        {
            _last.Spent -= units;
            _reserve += units;
            Settle(isAccepted: false);
        }
    }

    /// <summary>An attempt was answered: it has taken what it was admitted with.</summary>
    public void Answered(long number)
    {
        if (_isPending && number == LastNumber)
            Settle(isAccepted: true);
    }

    /// <summary>It was used up when an attempt was admitted that was refused without a report.</summary>
    public void Empty(in Admission admission, in QuotaMark mark, double now)
    {
        if (!IsKnown || admission.Number <= LastNumber)
            return;
        Advance(now);
        Correct(-mark.Level, mark.Corrections);
        LastNumber = admission.Number;
    }

    /// <summary>A refusal says when there is room for <paramref name="units"/> again.</summary>
    /// <param name="last">The last attempt that was admitted: what was admitted after the one that was refused is refused as well.</param>
    public void Wait(double retryAfter, double units, long last, double now)
    {
        Advance(now);
        var gradual = _rate > 0 ? Math.Max(0, units - _level) / _rate : 0;
        var atOnce = NextBack - now;
        var grain = retryAfter == Math.Floor(retryAfter) ? Coarse : 10 * Fine;
        if (_limit > 1 && double.IsFinite(atOnce) && Math.Abs(gradual - atOnce) > 2 * grain)
        {
            Vote(retryAfter < atOnce - 2 * grain || retryAfter < 0.5 * (gradual + atOnce) ? Sure : -Sure);
            _isKindSure = true;
        }
        if (IsGradual && (_level > units - _rate * (retryAfter - Coarse) || _limit <= 1))
        {
            _rateStart = default;
            var correction = units - _rate * retryAfter - _level;
            _level += correction;
            _corrections += correction;
            LastNumber = last;
        }
    }

    /// <param name="admission">The attempt this answers.</param>
    /// <param name="mark">What was believed when it was admitted.</param>
    /// <param name="isClean">Whether all earlier refusals were known then.</param>
    public void Observe(long? limit, long? remaining, TimeSpan? reset, in Admission admission, in QuotaMark mark, bool isClean, double now)
    {
        _window = Math.Max(_window, reset?.TotalSeconds ?? 0);
        if (_limit == 1 && (_grain == Fine || double.IsInfinity(_longest)))
            _rate = 1 / _window;
        if (limit is not > 0 || remaining is not >= 0)
            return;
        LastReport = (admission.Number, remaining.Value);
        if (admission.Number <= LastNumber)
            return;
        if (_isPending)
            Settle(isAccepted: true);
        Advance(now);
        var wholeIn = Math.Max(0, reset?.TotalSeconds ?? 0);
        var reading = new Reading(admission.Number + 1, admission.At, remaining.Value, admission.At + wholeIn, mark.Spent);
        if (limit != _limit)
            Resize(limit.Value);
        FindGrain(reading.WholeAt);
        if (!_isRateMeasured)
            Guess(limit.Value - remaining.Value, wholeIn);
        if (IsGradual || reading.WholeAt > now)
            Correct(reading.Remaining - mark.Level, mark.Corrections);
        LastNumber = admission.Number;
        _last = reading;
        _isPending = isClean;
        if (wholeIn > 0)
            (_wholeAt, _wholeSpent, _wholeNumber) = (reading.WholeAt, reading.Spent, admission.Number);
        Advance(now);
    }

    private void Correct(double error, double corrections)
    {
        var correction = error - (_corrections - corrections);
        _level += correction;
        _corrections += correction;
    }

    private void Advance(double now)
    {
        if (!IsKnown)
        {
            _levelAt = now;
            return;
        }
        var freed = _window > 0 ? Math.Max(_freed, _log.FreedAt(now - _window)) : 0;
        var back = IsGradual ? _rate * (now - _levelAt) : _slides >= 0 ? freed - _freed : 0;
        _level = Math.Min(Math.Max(_level, _limit), _level + back);
        (_levelAt, _freed) = (now, freed);
        if (now >= _wholeAt)
            BecomeWhole(now);
    }

    // Everything is left now but what was spent since the report that said so.
    private void BecomeWhole(double now)
    {
        if (!IsGradual && _slides < 0 && _period > 0)
        {
            // The windows go on, whether their reports are back or not.
            var begun = _wholeAt + Math.Floor((now - _wholeAt) / _period) * _period;
            _level = _limit - (Spent - Math.Max(_wholeSpent, _log.SpentBy(begun - 1e-9)));
            _wholeAt = begun + _period;
            return;
        }
        _wholeAt = double.PositiveInfinity;
        var left = _limit - (Spent - Math.Max(_wholeSpent, _freed));
        if (!IsGradual)
        {
            _level = left;
            _freed = Math.Max(_freed, _wholeSpent);
        }
        else if (left > _level)
        {
            _corrections += left - _level;
            _level = left;
        }
    }

    private void Resize(double limit)
    {
        if (IsKnown)
            _rate *= limit / _limit;
        _limit = limit;
        (_shortest, _longest) = (0, double.PositiveInfinity);
        _kindStart = _rateStart = _lastAccepted = default;
    }

    // Whole seconds of some clock always have the same fraction on ours.
    private void FindGrain(double wholeAt)
    {
        var fraction = wholeAt - Math.Floor(wholeAt + 1e-5);
        if (Math.Abs(fraction - _fraction) > 1e-5)
            _grain = Fine;
        _fraction = fraction;
    }

    // What was taken, over the time it takes to come back; in whole units and seconds rounded up.
    private void Guess(double taken, double wholeIn)
    {
        if (wholeIn <= 0)
        {
            if (_rate == 0)
                _rate = _limit / Minute;
            return;
        }
        if (_limit <= 1)
        {
            _rate = 1 / _window;
            return;
        }
        var least = (taken - 1) / wholeIn;
        var most = wholeIn > _grain ? Math.Max(1, taken) / (wholeIn - _grain) : double.PositiveInfinity;
        _rate = _rate == 0 ? Math.Max(taken, 0.1) / wholeIn : Math.Clamp(_rate, least, Math.Max(least, most));
    }

    // What the pending report's attempt took is known now.
    private void Settle(bool isAccepted)
    {
        _isPending = false;
        TellKind(isAccepted);
        MeasureRate();
        if (_limit <= 1 && _grain == Coarse && _longest > 0)
            MeasureInterval(isAccepted);
        if (!isAccepted)
            return;
        _lastAccepted = _last;
        _reserve = Math.Max(0, _reserve - RefusedShare);
    }

    private void TellKind(bool isAccepted)
    {
        var start = _kindStart;
        if (start.WholeAt <= _last.At || _limit < 2)
        {
            var later0 = _last.WholeAt - start.WholeAt;
            if (start.Ordinal > 0 && later0 > 2 * Fine && (_period == 0 || later0 + Fine < _period))
                _period = later0 + Fine;
            _kindStart = _slideStart = _last;
            return;
        }
        var time = _last.At - start.At;
        if (isAccepted && _last.At - _slideStart.At > 3 * _grain)
        {
            _slides = Math.Clamp(_slides + (_last.WholeAt - _slideStart.WholeAt > 0.5 * (_last.At - _slideStart.At) ? 1 : -1), -Sure, Sure);
            _slideStart = _last;
        }
        var spent = _last.Spent - start.Spent;
        var back = _last.Remaining - start.Remaining + spent;
        // A bucket is whole later by the time it takes to refill what was spent since.
        var later = spent * Math.Max(0, start.WholeAt - _grain - start.At) / Math.Max(1, _limit - start.Remaining);
        if (!_isKindSure && later - time > Math.Max(2 * _grain, 10 * Fine))
        {
            Vote(_last.WholeAt - start.WholeAt > time + (later - time) / 3 ? 1 : -1);
            return;
        }
        var due = _log.SpentBy(_last.At - _window) - _log.SpentBy(start.At - _window);
        var refilled = time * (_isRateMeasured ? _rate : (_limit - _last.Remaining) / Math.Max(Fine, _last.WholeAt - _last.At));
        if (back >= due + 2 + _limit / 64)
            Vote(2);
        else if (refilled >= 4 && back + 1 < 0.5 * refilled)
            Vote(-1);
    }

    private void Vote(int votes)
    {
        var was = IsGradual;
        _kind = Math.Clamp(_kind + votes, -Sure, Sure);
        _kindStart = _last;
        if (was != IsGradual)
            (_rateStart, _isRateMeasured) = (default, false);
    }

    private void MeasureRate()
    {
        _wasFull |= _last.Remaining >= _limit - 1;
        if (!IsGradual || _rateStart.Ordinal == 0)
        {
            (_rateStart, _wasFull) = (_last, false);
            return;
        }
        var time = _last.At - _rateStart.At;
        var back = _last.Remaining - _rateStart.Remaining + _last.Spent - _rateStart.Spent;
        if (back < LeastMeasured || time <= 0)
            return;
        // What a full bucket cannot hold does not come back: at least so much does.
        if (_wasFull)
            _rate = Math.Max(_rate, (back - 1) / time);
        else if (_isRateMeasured)
            _rate = Math.Clamp(_rate, (back - 1) / time, (back + 1) / time);
        else
            (_rate, _isRateMeasured) = (back / time, true);
        if (back >= MostMeasured)
            _rateStart = default;
    }

    private void MeasureInterval(bool isAccepted)
    {
        var before = _lastAccepted;
        if (before.Ordinal == 0)
            return;
        if (!isAccepted)
        {
            if (_last.Spent - before.Spent < 0.5)
                _shortest = Math.Max(_shortest, _last.At - before.At);
        }
        else if (_last.Spent - before.Spent < 1.5)
        {
            var least = _last.WholeAt - _grain - Math.Max(before.WholeAt, _last.At);
            var most = _last.WholeAt - Math.Max(before.WholeAt - _grain, _last.At);
            _shortest = Math.Max(_shortest, least);
            _longest = Math.Min(_longest, most);
            // Not always the same, so it comes back when the reports say.
            if (_shortest >= _longest)
                (_longest, _rate) = (0, 1 / _window);
        }
        if (double.IsFinite(_longest) && _longest > 0)
            _rate = 1 / (_longest - _shortest > 0.02 * _longest ? 0.5 * (_shortest + _longest) : _longest);
    }

    /// <summary>A report, as of the admission of the attempt it answers.</summary>
    private record struct Reading(long Ordinal, double At, double Remaining, double WholeAt, double Spent);
}
