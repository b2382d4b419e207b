namespace AsyncLlm;

/// <summary>
/// Finds the pace of a quota nobody told it. A refusal means that the quota is used up at that moment, so what was admitted between two
/// refusals, over the time between them, is the rate at which it refills, whatever that rate is.
/// </summary>
/// <remarks>
/// Until the first refusal the pace grows with what was admitted. From then on the pacer is a bucket of its own that it believes to be
/// as full as the server's: empty at a refusal, refilled at the estimated pace, and with that pace tested upwards, the more carefully the
/// better it is known.
/// </remarks>
internal sealed class Pacer
{
    // The ramp: 20 a second at first, twice as fast every two seconds.
    private const double RampStart = 58;
    private const double RampTime = 2.9;
    private const double Caution = 0.98;
    private const double Growth = 0.6;
    private const double LostTimeWeight = 60;
    private const double Memory = 500;
    private const double Granularity = 0.02;

    private readonly double _ceiling;
    private double _rate;
    private double _knownAdmitted;
    private double _knownTime;
    private double _credit = 1;
    private double _creditAt;
    private double _burst = 1;
    private double _ramp;
    private double _sinceRefusal;
    private double _refusalLatency;
    private double _lastAdmission = double.NegativeInfinity;
    private long _epochStart = -1;
    private double _epochStartAt;
    private long _epochEnd = -1;
    private long _epochRefusals;
    private double _lostTime;
    private double _idleTime;
    private int _failedProbes;
    private long _reopenedAt;
    private double _startedAt = double.NaN;

    public Pacer(double? requestsPerMinute) => _ceiling = requestsPerMinute / 60 ?? double.PositiveInfinity;

    public long Admitted { get; private set; }

    public double ClosedUntil { get; private set; } = double.NegativeInfinity;

    /// <summary>The pace now, per second; infinite when no limit is known.</summary>
    public double Rate => _epochStart < 0 ? _ceiling : Pace;

    private double Pace => Math.Min(_ceiling, _epochStart < 0
        ? (RampStart + _ramp) / RampTime
        : _rate * (Caution + Growth * _sinceRefusal / (_knownAdmitted + LostTimeWeight * _rate * _lostTime)));

    private double Cap => Math.Max(1, Math.Max(_burst, Pace * Granularity));

    public double AdmitsAt(double now)
    {
        if (now < ClosedUntil)
            return ClosedUntil;
        Refill(now);
        var spaced = _lastAdmission + Spacing;
        return Math.Max(spaced, _credit >= 1 - 1e-9 ? now : now + (1 - _credit) / Pace);
    }

    // What has gathered is not sent at once: before the first refusal can come back, only a small part of what is known to fit is on its way.
    private double Spacing => _epochStart < 0 ? 0 : Math.Min(1 / Pace, _refusalLatency / Math.Max(2, 0.05 * _knownAdmitted));

    public Admission Admit(double now)
    {
        if (double.IsNaN(_startedAt))
            _startedAt = now;
        Refill(now);
        _credit--;
        _lastAdmission = now;
        var more = _credit >= 1;
        if (!more)
        {
            _ramp++;
            _sinceRefusal++;
        }
        return new(Admitted++, now, more);
    }

    public void Answered(Admission admission)
    {
        if (admission.Number >= _epochEnd)
            _failedProbes = 0;
    }

    public void Refused(Admission admission, double? retryAfter, double now)
    {
        _refusalLatency = now - admission.At;
        if (admission.Number < _epochEnd)
        {
            _epochRefusals++;
            return;
        }
        var admitted = admission.Number - Math.Max(0, _epochStart) - _epochRefusals;
        if (_epochStart < 0)
            LearnFirst(admission, Math.Max(retryAfter ?? 0, _refusalLatency));
        else if (admitted > 0)
            Learn(admitted, admission);
        else
            _failedProbes++;
        var pause = retryAfter ?? Math.Max(_refusalLatency, 1 / _rate) * Math.Pow(2, Math.Min(_failedProbes, 10));
        if (admitted > 0 || _epochRefusals == 0)
        {
            _epochStart = admission.Number;
            _epochStartAt = admission.At;
            _epochRefusals = 1;
        }
        else
            _epochRefusals++;
        _epochEnd = _reopenedAt = Admitted;
        _sinceRefusal = 0;
        _lostTime = _idleTime = 0;
        _credit = -(now - admission.At) * 0;
        _creditAt = now;
        ClosedUntil = now + pause;
    }

    private void LearnFirst(Admission admission, double retryAfter)
    {
        var admitted = Math.Max(1, admission.Number);
        var elapsed = admission.At - _startedAt;
        _rate = admitted / Math.Max(elapsed + retryAfter, 1e-3);
        _burst = Math.Max(2, admitted * retryAfter / Math.Max(elapsed + retryAfter, 1e-3));
        _knownAdmitted = 1;
        _knownTime = 0;
    }

    private void Learn(double admitted, Admission admission)
    {
        var time = admission.At - _epochStartAt - _lostTime;
        if (_idleTime > 0.1 * time)
            return;
        if (admission.IsCatchUp)
            _burst = Math.Max(1, admission.Number - _reopenedAt);
        else
            _burst *= 2;
        var expected = _rate * time;
        if (_knownTime == 0 || Math.Abs(admitted - expected) > 2 + 0.3 * expected)
            (_knownAdmitted, _knownTime) = (0, 0);
        var forget = Math.Min(1, Memory / (_knownAdmitted + admitted));
        _knownAdmitted = (_knownAdmitted + admitted) * forget;
        _knownTime = (_knownTime + time) * forget;
        _rate = _knownAdmitted / _knownTime;
    }

    private void Refill(double now)
    {
        var pace = Pace;
        var cap = Cap;
        _credit += (now - _creditAt) * pace;
        if (_credit > cap)
        {
            var over = (_credit - cap) / pace;
            if (_creditAt < ClosedUntil)
                _lostTime += Math.Min(over, ClosedUntil - _creditAt);
            else
                _idleTime += over;
            _credit = cap;
        }
        _creditAt = now;
    }
}
