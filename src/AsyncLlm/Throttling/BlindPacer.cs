namespace AsyncLlm;

/// <summary>
/// Finds the pace of a quota nobody told it. A refusal means that the quota is used up at that moment, so what was admitted between two
/// refusals, over the time between them, is the rate at which it refills, whatever that rate is.
/// </summary>
internal sealed class BlindPacer
{
    // The ramp: 20 a second at first, twice as fast every two seconds.
    private const double RampStart = 58;
    private const double RampTime = 2.9;
    private const double SmallestStep = 0.01;
    private const double LargestStep = 0.6;
    private const double ShortestCycle = 4;
    private const double Granularity = 0.02;

    private readonly double _ceiling;
    private double _pace;
    private double _step = 0.5;
    private double _credit = 1;
    private double _creditAt;
    private double _burst = 1;
    private double _sinceRefusal;
    private double _refusalLatency;
    private double _lastAdmission = double.NegativeInfinity;
    private double _startedAt = double.NaN;
    private double _lostTime;
    private double _idleTime;
    private double _cycleLost;
    private double _refusals = 1;
    private int _failedProbes;
    private int _burstPatience = 1;
    private int _cyclesUntilBurst;
    private long _reopenedAt;
    private long _epochEnd = -1;
    // Since a moment when the quota was used up.
    private long _emptyAtNumber = -1;
    private double _emptyAt;
    private long _refusedSince;
    private long _allRefused;
    // The same, further back.
    private double _knownAdmitted;
    private double _knownTime;

    public BlindPacer(double? requestsPerMinute)
    {
        _ceiling = requestsPerMinute / 60 ?? double.PositiveInfinity;
        _pace = Math.Min(_ceiling, RampStart / RampTime);
    }

    public long Admitted { get; private set; }

    public double ClosedUntil { get; private set; } = double.NegativeInfinity;

    /// <summary>The pace now, per second; infinite when no limit is known.</summary>
    public double Rate => IsRamp ? _ceiling : _pace;

    private bool IsRamp => _emptyAtNumber < 0;

    private double Cap => Math.Max(1, Math.Max(_burst, _pace * Granularity));

    private double CycleLength => Math.Max(Math.Max(ShortestCycle * _refusals, 1 / _step), Math.Max((_step < 0.1 ? 20 : 0) * _refusals, 12 * _pace * _cycleLost));

    // What has gathered is not sent at once: before the first refusal can come back, only a small part of what is known to fit is on its way.
    private double Spacing => IsRamp ? 0 : Math.Min(1 / _pace, _refusalLatency / Math.Max(2, 0.05 * (_knownAdmitted + _sinceRefusal)));

    private bool IsProbing => _failedProbes > 0 && Admitted > _epochEnd;

    public double AdmitsAt(double now)
    {
        if (now < ClosedUntil - 1e-9)
            return ClosedUntil;
        Refill(now);
        var spacing = IsProbing ? 2 * _refusalLatency : Spacing;
        return Math.Max(_lastAdmission + spacing, _credit >= 1 - 1e-9 ? now : now + (1 - _credit) / _pace);
    }

    /// <summary>When the next attempt may start at another pace than the one learnt here.</summary>
    public double SpacedAt(double pace, double now) => Math.Max(now, _lastAdmission + 1 / Math.Min(_ceiling, pace));

    public bool IsNewEpoch(Admission admission) => admission.Number >= _epochEnd;

    /// <param name="isPaced">Whether this pacer decided it.</param>
    public Admission Admit(double now, bool isPaced)
    {
        if (double.IsNaN(_startedAt))
            _startedAt = now;
        Refill(now);
        if (IsProbing)
            _failedProbes = 0;
        _credit = Math.Max(_credit - 1, -1);
        var admission = new Admission(Admitted++, now, _pace, IsCatchUp: !IsRamp && (now - _lastAdmission) * _pace < 0.8);
        _lastAdmission = now;
        // The pace is tested upwards only where it is what holds the calls back.
        if (isPaced && !admission.IsCatchUp)
            Grow();
        return admission;
    }

    private void Grow()
    {
        _sinceRefusal++;
        var cycles = _sinceRefusal / CycleLength;
        var fastest = 1 / RampTime;
        _pace = Math.Min(_ceiling, _pace + (IsRamp ? fastest : Math.Min(fastest, _pace * Math.Min(0.2, _step / CycleLength * (1 + cycles * cycles)))));
    }

    public void Answered(Admission admission)
    {
        if (admission.Number >= _epochEnd)
            _failedProbes = 0;
    }

    public void Refused(Admission admission, double? retryAfter, double now)
    {
        _refusalLatency = now - admission.At;
        _allRefused++;
        if (admission.Number < _epochEnd)
        {
            _refusedSince++;
            return;
        }
        var admitted = admission.Number - Math.Max(0, _emptyAtNumber) - _refusedSince;
        if (IsRamp)
            LearnFirst(admission, retryAfter ?? 0);
        else if (admitted > 0)
            Learn(admitted, admission, retryAfter ?? 0);
        else
            _pace = Math.Min(_pace, Math.Max(1 / (admission.At - _emptyAt), (admission.Number - _allRefused + 1) / (admission.At - _startedAt)));
        _failedProbes = admitted > 0 ? 0 : _failedProbes + 1;
        if (admitted > 0 || _refusedSince == 0)
        {
            _emptyAtNumber = admission.Number;
            _emptyAt = admission.At;
            _refusedSince = 1;
        }
        else
            _refusedSince++;
        _epochEnd = _reopenedAt = Admitted;
        _sinceRefusal = 0;
        _lostTime = _idleTime = 0;
        _credit = 0;
        _creditAt = now;
        ClosedUntil = now + (retryAfter ?? (admitted > 0 ? Math.Max(_refusalLatency, 1 / _pace) : (now - _emptyAt) * Math.Clamp(4 * _step, 0.3, 2)));
    }

    private void LearnFirst(Admission admission, double retryAfter)
    {
        var admitted = Math.Max(1, admission.Number);
        var time = Math.Max(admission.At - _startedAt + Math.Max(retryAfter, _refusalLatency), 1e-3);
        var most = admitted / time;
        _pace = Math.Min(_ceiling, retryAfter * most > 1 ? Math.Sqrt(most / retryAfter) : most);
        _burst = Math.Max(2, admitted * retryAfter / time);
    }

    private void Learn(double admitted, Admission admission, double retryAfter)
    {
        var pace = admission.Pace;
        _refusals = 0.5 * (_refusals + _refusedSince);
        var time = admission.At - _emptyAt - _lostTime;
        var isBurst = admission.IsCatchUp && admitted < Math.Max(3, 0.5 * pace * time);
        LearnBurst(admission, isBurst);
        _cycleLost = _lostTime;
        if (isBurst)
        {
            _pace = pace;
            return;
        }
        if (_idleTime > 0.1 * time)
        {
            _pace = pace * (1 - _step);
            return;
        }
        var isSoon = admitted < CycleLength / 3;
        if (isSoon)
            _step = Math.Min(LargestStep, _step * 1.5);
        else if (admitted > CycleLength * 0.7)
            _step = Math.Max(SmallestStep, _step * 0.5);
        _knownAdmitted += admitted;
        _knownTime += time;
        var last = admitted / (time + Math.Max(retryAfter, 1 / pace));
        var all = _knownAdmitted / (_knownTime + Math.Max(retryAfter, 1 / pace));
        if (isSoon && all > pace || _knownAdmitted > 1000)
            (_knownAdmitted, _knownTime) = (admitted, time);
        var least = Math.Min(pace, Math.Max(last, all));
        _pace = Math.Max(0.98 * least, Math.Min(pace * (1 - _step), Math.Sqrt(least * pace)));
    }

    // How much may gather: more is tried where time was lost for want of it, the more rarely the more often that failed.
    private void LearnBurst(Admission admission, bool isBurst)
    {
        if (isBurst)
        {
            _burst = Math.Max(1, admission.Number - _reopenedAt);
            _cyclesUntilBurst = _burstPatience *= 2;
        }
        else if (_lostTime * _pace > 1 && --_cyclesUntilBurst <= 0)
        {
            _burst *= 2;
        }
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
