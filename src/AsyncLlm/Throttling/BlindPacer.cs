namespace AsyncLlm;

internal sealed class BlindPacer
{
    private const double RampStart = 58;
    private const double RampTime = 2.9;
    private static readonly double LeastDoubt = E("LD", 0.04);
    private static readonly double MostMargin = E("MM", 0.3);
    private static readonly double CyclesPerCost = E("CC", 12);
    private const double InDoubt = 0.08;
    private const double Granularity = 0.02;
    private const int FewestInWindow = 16;

    private static double E(string n, double d) => Environment.GetEnvironmentVariable(n) is { Length: > 0 } v ? double.Parse(v, System.Globalization.CultureInfo.InvariantCulture) : d;
    private static readonly double PA = E("PA", 0.98), PB = E("PB", 0), PC = E("PC", 0), PD = E("PD", 0.7), PE = E("PE", 0), PF=E("PF", 1.5), PX = E("PX", 4), PY = E("PY", 1), PZ = E("PZ", 0.7);
    private readonly double _ceiling;
    private readonly InFlightLimit _inFlight = new();
    private double _low;
    private double _high = double.PositiveInfinity;
    private double _rate;
    private double _doubt = 1;
    private double _pace;
    private double _plateau = 2;
    private double _margin = MostMargin;
    private double _since;
    private double _credit = 1;
    private double _creditAt;
    private double _granted;
    private double _burst = double.PositiveInfinity;
    private double _burstMost = double.PositiveInfinity;
    private int _burstPatience = 1;
    private int _cyclesUntilBurst = 4;
    private double _lastAdmission = double.NegativeInfinity;
    private double _startedAt = double.NaN;
    private double _refusalLatency;
    private double _meanLatency;
    private double _refusals = 1;
    private double _lostTime;
    private double _idleTime;
    private double _lost;
    private double _cost = 1;
    private int _failedProbes;
    private long _epochEnd = -1;
    private bool _reopens;
    private long _reopenedNumber;
    private double _reopenedAt;
    private double _openedBefore = double.NaN;
    private double _failedAt;
    
    private double _openingDoubt;
    private double _window;
    private double _windowTime;
    private double _period = double.NaN;
    private int _epochs;
    private long _emptyNumber;
    private double _emptyAt;
    private long _refusedSince;
    private long _allRefused;
    private int _refusedInFlight = int.MaxValue;
    private bool _explains;
    private long _refusedOpened;

    public BlindPacer(double? requestsPerMinute)
    {
        _ceiling = requestsPerMinute / 60 ?? double.PositiveInfinity;
        _pace = Math.Min(_ceiling, RampStart / RampTime);
    }

    public long Admitted { get; private set; }

    public double ClosedUntil { get; private set; } = double.NegativeInfinity;

    public double Rate => IsRamp ? _ceiling : _pace;

    private bool IsRamp => _epochs == 0;

    private double Cap => Math.Max(Math.Max(1, _granted), Math.Max(_burst, _pace * Granularity));

    private double Spacing => IsRamp ? 0 : Math.Min(1 / _pace, (PC == 0 ? _meanLatency : _refusalLatency) / Math.Max(Math.Min(4, 0.5 / _doubt), InDoubt * Math.Max(_window, Admitted - _reopenedNumber)));

    private bool IsProbing => _failedProbes > 0 && Admitted > _epochEnd;

    public double AdmitsAt(int inFlight, double now)
    {
        if (now < ClosedUntil - 1e-9)
            return ClosedUntil;
        if (_inFlight.IsKnown)
            return _inFlight.Allows(inFlight) ? now : double.PositiveInfinity;
        Refill(now);
        var spacing = IsProbing ? 3 * _refusalLatency : Spacing;
        return Math.Max(_lastAdmission + spacing, _credit >= 1 - 1e-9 ? now : now + (1 - _credit) / _pace);
    }

    public double SpacedAt(double pace, double now) => Math.Max(now, _lastAdmission + 1 / Math.Min(_ceiling, pace));

    public Admission Admit(int inFlight, double now, bool isPaced)
    {
        if (double.IsNaN(_startedAt))
            _startedAt = _openedBefore = _emptyAt = now;
        Refill(now);
        if (_reopens)
            Reopen(now);
        if (IsProbing)
            _failedProbes = 0;
        _inFlight.Admit(inFlight);
        _credit = Math.Max(_credit - 1, -1);
        var admission = new Admission(Admitted++, now, _pace, IsCatchUp: !IsRamp && (now - _lastAdmission) * _pace < 0.8) { InFlight = inFlight };
        _lastAdmission = now;
        if (isPaced && !admission.IsCatchUp)
            Grow();
        return admission;
    }

    private void Reopen(double now)
    {
        _reopens = false;
        if (_explains)
            _inFlight.Explains(_refusedInFlight, _refusedOpened);
        _explains = false;
        _reopenedNumber = Admitted;
        _reopenedAt = now;
        if (_epochs == 1)
            _credit = _burst;
        else if (_window > 0)
            _credit = 0.85 * _window;
        _granted = _credit;
    }

    private void Grow()
    {
        _since++;
        if (IsRamp)
        {
            _pace = Math.Min(_ceiling, _pace + 1 / RampTime);
            return;
        }
        var x = (_since - _plateau) / _plateau;
        var most = Math.Max(_rate * (1 + _margin), Math.Max(2, InDoubt * (Admitted - _reopenedNumber)) / _meanLatency);
        _pace = Math.Min(_ceiling, Math.Min(most, Math.Min(_pace * (1 + 1 / _since), _rate * Math.Exp(_margin * x * x * x))));
    }

    public void Answered(Admission admission)
    {
        _inFlight.Answered(admission.InFlight);
        if (admission.Number >= _epochEnd)
            _failedProbes = 0;
    }

    public void Refused(Admission admission, double? retryAfter, double now)
    {
        _meanLatency = _meanLatency == 0 ? now - admission.At : 0.8 * _meanLatency + 0.2 * (now - admission.At);
        _refusalLatency = Math.Max(now - admission.At, 0.8 * _refusalLatency + 0.2 * (now - admission.At));
        _allRefused++;
        if (admission.Number < _epochEnd)
        {
            _refusedSince++;
            _refusedInFlight = Math.Min(_refusedInFlight, admission.InFlight);
            return;
        }
        var refused = admission.At - _emptyAt < 4 * _refusalLatency ? Math.Max(_refusedSince, _epochEnd - _emptyNumber) : _refusedSince;
        var admitted = admission.Number - _emptyNumber - Math.Max(0, refused);
        _epochEnd = Admitted;
        _reopens = true;
        if (admitted > 0)
        {
            _refusedInFlight = admission.InFlight;
            _refusedOpened = admission.Number - _reopenedNumber;
            _explains = true;
            if (_inFlight.IsKnown)
            {
                ClosedUntil = now + (retryAfter ?? 0);
                _failedProbes = 0;
                (_emptyNumber, _emptyAt, _refusedSince) = (admission.Number, admission.At, 1);
                return;
            }
            Learn(admitted, admission, retryAfter);
            _failedProbes = 0;
            (_emptyNumber, _emptyAt, _refusedSince) = (admission.Number, admission.At, 1);
            _failedAt = now;
            ClosedUntil = now + (retryAfter is null || _window > 0 && _period > 0 ? Math.Max(retryAfter ?? 0, FirstPause(now)) : retryAfter.Value);
            if ((PB == 0 && _window > 0) || retryAfter is null && (_epochs == 1 || _window > 0))
                _failedProbes = 1;
        }
        else
        {
            _refusedSince++;
            _failedProbes++;
            _failedAt = admission.At;
            if (!(_window > 0))
                _rate = Math.Min(_rate, Math.Max(1 / (admission.At - _emptyAt), (admission.Number - _allRefused + 1) / (admission.At - _startedAt)));
            ClosedUntil = now + Math.Max(retryAfter ?? 0, NextPause(now));
        }
#if PBTRACE
        Console.Error.WriteLine($"{now,9:0.000} n={admission.Number} adm={admitted} {(admission.IsCatchUp ? 'C' : '-')} if={admission.InFlight} apace={admission.Pace:0.000} since={_since} gr={_granted:0} -> rate={_rate:0.000} [{_low:0.000}..{_high:0.000}] plateau={_plateau:0} margin={_margin:0.000} burst={_burst:0.0} win={_window} per={_period:0.0} lost={_lost:0.0} closed {ClosedUntil - now:0.000} probes={_failedProbes} ra={retryAfter} lat={_refusalLatency:0.00}");
#endif
        _since = 0;
        _lostTime = _idleTime = 0;
        _credit = _granted = 0;
        _creditAt = Math.Min(now, Math.Max(_emptyAt, now - _refusalLatency));
        _pace = Math.Max(1e-6, Math.Min(_ceiling, _rate * Math.Exp(-_margin)));
    }

    private double FirstPause(double now)
    {
        if (_epochs == 1)
            return Math.Max(_refusalLatency, 0.5 * (now - _startedAt));
        if (_window > 0 && _period > 0)
            return Math.Max(_refusalLatency, _reopenedAt + _period - _openingDoubt - now);
        return Math.Max(_refusalLatency, 1 / _rate);
    }

    private double NextPause(double now)
    {
        var share = Math.Clamp(36 / Math.Max(1, _window > 0 ? _window : _epochs == 1 ? _burst : 1), 0.06, 1);
        if (_window > 0 && _period > 0 && now < _reopenedAt + _period + _openingDoubt)
            return Math.Max(_refusalLatency, _openingDoubt / 3);
        return Math.Max(_refusalLatency, share * (now - _emptyAt));
    }

    private void Learn(double admitted, Admission admission, double? retryAfter)
    {
        var time = Math.Max(1e-3, admission.At - _emptyAt);
        _refusals = 0.5 * (_refusals + Math.Max(1, _refusedSince));
        if (_epochs++ == 0)
        {
            _burst = _burstMost = admitted;
            _rate = Math.Min(_ceiling, admitted / Math.Max(1e-3, admission.At - _startedAt + Math.Max(retryAfter ?? 0, _refusalLatency)));
            return;
        }
        var closed = _reopenedAt - _emptyAt;
        var open = admission.At - _reopenedAt;
        var opened = admission.Number - _reopenedNumber;
        var isFirst = _epochs == 2;
        _lost = 0.5 * (_lost + _lostTime * _rate);
        _cost = 0.5 * (_cost + Math.Max(_refusals, _rate * closed));
        if (opened > _burstMost + _rate * open)
            _burstMost = opened - _rate * open;
        var least = (admitted - 0.5) / time;
        var most = admission.IsCatchUp ? 1 / Math.Max(1e-3, Spacing) : admission.Pace;
        var isWindow = closed > 0.5 * time && opened >= FewestInWindow && _rate * open < 0.25 * opened && (isFirst || opened >= 0.8 * _granted && _granted >= FewestInWindow) && opened <= PF * _granted;
        if (isWindow && _window > 0 && opened > 1.15 * _window)
        {
            var slope = (opened - _window) / (open - _windowTime);
            if (open > _windowTime && slope > 1.5 * least)
            {
                isWindow = false;
                (_low, _high) = (slope * 0.9, slope * 1.1);
                (_rate, _doubt) = (slope, 0.1);
                _cost = _rate * closed;
                _burst = Math.Max(1, 0.8 * (opened - slope * open));
            }
        }
        else if (isWindow)
        {
            _openingDoubt = _reopenedAt - Math.Max(_emptyAt, _failedAt);
            _period = _reopenedAt - _openedBefore;
            _openedBefore = _reopenedAt;
            (_rate, _low, _high) = (least, least, Math.Max(least, opened / Math.Max(1e-3, open)));
            _doubt = LeastDoubt;
        }
        else if (_idleTime > 0.1 * time)
        {
            _rate = admission.Pace * (1 - _margin);
        }
        else if (isFirst)
        {
            if (retryAfter < 0.2 * closed)
                least = admitted / Math.Max(1e-3, open + Math.Max(_refusalLatency, retryAfter.Value));
            (_low, _high) = (0, double.PositiveInfinity);
            TooFast(least, Math.Max(least, most));
        }
        else if (_granted > 1 && _since < _granted)
        {
            if (opened < 0.5 * _low * closed)
                _burstMost = Math.Max(1, opened);
            _burst = Math.Max(1, Math.Min(0.5 * _granted, 0.7 * opened));
            _cyclesUntilBurst = _burstPatience *= 2;
            if (opened >= 0.5 * _low * closed)
            {
                if (closed > 0.5 * time)
                {
                    least = Math.Max(least, (opened - 0.5) / (open + Math.Max(closed, retryAfter ?? 0)));
                    _burst = 1;
                }
                TooFast(least, !admission.IsCatchUp ? admission.Pace : _window > 0 ? _high : PE > 0 ? _high : Math.Max(_rate, 2 * least));
            }
        }
        else if (_since < _plateau)
        {
            TooFast(least, admission.Pace);
        }
        else
        {
            var x = (_since - _plateau) / _plateau;
            var slope = Math.Min(1 / _since, Math.Max(0.001, 3 * _margin * x * x / _plateau));
            _low = Math.Max(least, 0.98 * _low);
            _high = Math.Max(_low, most);
            _rate = Math.Exp(Math.Log(_low) * (1 - PZ) + Math.Log(_high) * PZ);
            _doubt = Math.Max(LeastDoubt, 0.5 * Math.Log(_high / _low));
            var sharp = most * (1 - slope - Math.Sqrt(2 * (_burstMost - 1) * slope));
            if (_since >= 8 && sharp > _rate)
                (_rate, _doubt) = (Math.Sqrt(sharp * most), Math.Max(LeastDoubt, 0.5 * Math.Log(most / sharp)));
        }
        (_window, _windowTime) = isWindow ? (opened, open) : (0, 0);
        if (_lost > 1 && --_cyclesUntilBurst <= 0)
            _burst = 2 * _burstMost;
        _rate = Math.Min(_ceiling, _rate);
        _plateau = isWindow ? 2 : Math.Max(2, Math.Min(PX * _cost / _doubt, Math.Max(PY * 25 * _refusals, CyclesPerCost * _cost)));
        _margin = isWindow ? 0.3 : Math.Min(_doubt, MostMargin);
    }

    private void TooFast(double least, double most)
    {
        _low = Math.Max(PA * _low, least);
        _high = Math.Min(most, _high);
        if (_low > _high)
            (_low, _high) = (Math.Min(least, most), Math.Max(least, most));
        _rate = Math.Exp(Math.Log(_low) * (1 - PD) + Math.Log(_high) * PD);
        _doubt = Math.Max(LeastDoubt, 0.5 * Math.Log(_high / _low));
    }

    private void Refill(double now)
    {
        _credit += (now - _creditAt) * _pace;
        var cap = Cap;
        if (_credit > cap)
        {
            var over = (_credit - cap) / _pace;
            if (_creditAt < ClosedUntil)
                _lostTime += Math.Min(over, ClosedUntil - _creditAt);
            else
                _idleTime += over;
            _credit = cap;
        }
        _creditAt = now;
    }
}
