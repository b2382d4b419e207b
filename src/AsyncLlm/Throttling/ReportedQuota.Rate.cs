namespace AsyncLlm;

/// <content>
/// How fast it refills. A first guess is what is missing by the time until it is whole; what came back between two reports is better the
/// more that is. A quota that holds one request at a time never shows that: there the interval is narrowed down, report by report.
/// </content>
internal sealed partial class ReportedQuota
{
    // Reports count whole units: two of them tell the rate to the share that one is of what came back between them. Then anew, to follow.
    private const double LeastMeasured = 8;
    private const double MostMeasured = 100;
    // An interval this well known is not tried any shorter.
    private const double IntervalPrecision = 0.02;

    private double _rate;
    private bool _isRateMeasured;
    private bool _wasFull;
    private Reading _rateStart;
    private double _emptyAt;

    // Of a sliding counter: what the last window held comes back until then.
    private double _fadesUntil = double.PositiveInfinity;
    private double _fadesSpent;

    // Between which the interval of a quota of one request lies; both 0 when it has none.
    private double _shortest;
    private double _longest = double.PositiveInfinity;

    private bool HasInterval => _limit <= 1 && _longest > 0;

    private void ForgetRate() => (_rateStart, _isRateMeasured) = (default, false);

    // In whole units, and seconds rounded up.
    private void GuessRate(double taken, double wholeIn)
    {
        if (_limit <= 1 && _longest is 0 or double.PositiveInfinity)
            _rate = _window > 0 ? 1 / _window : _limit / Minute;
        if (_limit <= 1 || _isRateMeasured)
            return;
        if (wholeIn <= 0)
        {
            _rate = _rate > 0 ? _rate : _limit / Minute;
            return;
        }
        var least = (taken - _unit) / wholeIn;
        var most = wholeIn > _grain ? Math.Max(_unit, taken) / (wholeIn - _grain) : double.PositiveInfinity;
        _rate = _rate == 0 ? Math.Max(taken - 0.5 * _unit, 0.1) / wholeIn : Math.Clamp(_rate, least, Math.Max(least, most));
    }

    private void MeasureRate(bool isAccepted)
    {
        if (_limit <= 1)
        {
            if (isAccepted && HasInterval)
                MeasureInterval();
            return;
        }
        // Whole before this attempt: what is missing is the attempt's own.
        if (isAccepted && Refills && _last.Remaining == _limit - 1 && _last.WholeAt > _last.At)
            _rate = Math.Max(_rate, 1 / (_last.WholeAt - _last.At));
        if (IsCounter)
        {
            BeginFading();
            return;
        }
        _fadesUntil = double.PositiveInfinity;
        _wasFull |= _last.Remaining >= _limit - _unit;
        if (!Refills || _rateStart.Ordinal == 0)
        {
            (_rateStart, _wasFull) = (_last, false);
            return;
        }
        var time = _last.At - _rateStart.At;
        var back = _last.Remaining - _rateStart.Remaining + _last.Spent - _rateStart.Spent;
        if (back < LeastMeasured * Math.Max(_unit, _typical) || time <= 0)
            return;
        // What does not fit in a full bucket is lost: then it is at least so fast.
        if (_wasFull)
            _rate = Math.Max(_rate, (back - _unit) / time);
        else if (_isRateMeasured)
            _rate = Math.Clamp(_rate, (back - _unit) / time, (back + _unit) / time);
        else
            (_rate, _isRateMeasured) = (back / time, true);
        // No more than refills without others, and whatever was reserved too much.
        var wholeIn = _last.WholeAt - _grain - _last.At;
        if (wholeIn > 0)
            _rate = Math.Min(_rate, (_limit - _last.Remaining + _unit) / wholeIn);
        if (back >= MostMeasured * Math.Max(_unit, _typical))
            _rateStart = default;
    }

    // Less than was asked for has come back between two refusals with nothing in between.
    private void BoundRate(double at, double units, bool isProbe)
    {
        if (HasInterval && at > _tookAt)
            Narrow(at - _tookAt, _longest);
        if (!isProbe)
            _emptyAt = at;
        else if (at > _emptyAt)
            _rate = Math.Min(_rate, units / (at - _emptyAt));
    }

    // The server says when so many units are left; all of it is left when it is whole.
    private void Refill(double units, double wait, double now)
    {
        _rateStart = default;
        if (_limit > 1 && !IsCounter && double.IsFinite(_wholeAt) && _wholeAt - now > wait + Fine)
            _rate = (_limit - units) / (_wholeAt - now - wait);
        var correction = units - _rate * wait - _level;
        _level += correction;
        _corrections += correction;
    }

    // It is whole two windows after the one it is in has begun.
    private void BeginFading()
    {
        _isRateMeasured = true;
        if (double.IsFinite(_fadesUntil))
            return;
        _fadesUntil = _last.WholeAt - _period;
        while (_fadesUntil <= _levelAt)
            _fadesUntil += _period;
        var (before, begun) = (_log.SpentBy(_fadesUntil - 2 * _period), _log.SpentBy(_fadesUntil - _period));
        (_rate, _fadesSpent) = double.IsNaN(before) ? (_limit / _period, _spent) : ((begun - before) / _period, begun);
    }

    private void Fade()
    {
        GiveBack(_rate * Math.Max(0, _fadesUntil - _levelAt));
        _levelAt = Math.Max(_levelAt, _fadesUntil);
        (_rate, _fadesSpent) = ((_spent - _fadesSpent) / _period, _spent);
        _fadesUntil += _period;
    }

    private void ForgetInterval() => (_shortest, _longest) = (0, double.PositiveInfinity);

    // From when it was whole, or else from when the attempt took it.
    private void MeasureInterval()
    {
        var before = _lastAccepted;
        if (before.Ordinal == 0 || _last.Spent - before.Spent > 1.5)
            return;
        var least = _last.WholeAt - _grain - Math.Max(before.WholeAt, _last.At);
        var most = _last.WholeAt - Math.Max(before.WholeAt - _grain, _last.At);
        Narrow(Math.Max(_shortest, least), Math.Min(_longest, most));
    }

    private void Narrow(double shortest, double longest)
    {
        // Not always the same: it is a window, and passes when the reports say.
        (_shortest, _longest) = shortest < longest ? (shortest, longest) : (0, 0);
        if (double.IsFinite(_longest))
            _rate = 1 / (_longest == 0 ? _window : _longest - _shortest > IntervalPrecision * _longest ? 0.5 * (_shortest + _longest) : _longest);
    }
}
