namespace AsyncLlm;

/// <summary>Finds the pace of a quota nobody told it, from when attempts were admitted, answered and refused.</summary>
/// <remarks>
/// A refusal means that the quota is used up at that moment. What was admitted since the last such moment over the time between them is a
/// rate it gave; the pace at which it was refused is one it does not sustain (<see cref="RateBracket"/>); several such moments that agree
/// bound the rate of a bucket (<see cref="QuotaBucket"/>, or <see cref="FullBucket"/> where each wait fills it). After a refusal everybody
/// waits as told; then the pace starts at the lower end of what is believed, stays near the best guess and is tested above it, as the window of
/// TCP CUBIC is, over the more attempts the more a refusal costs and the less is in doubt. Limits of another kind are told by what they
/// refuse: a window is used up at once and closed for long (<see cref="QuotaWindow"/>), a limit of what is in flight always refuses at the
/// same number (<see cref="InFlightLimit"/>), a sliding window what comes too soon after what fills it (<see cref="QuotaLog"/>).
/// </remarks>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9438">CUBIC</seealso>
internal sealed class BlindPacer
{
    // The ramp: 20 a second at first, twice as fast every two seconds.
    private const double RampStart = 58;
    private const double RampTime = 2.9;
    // The pace is tested so rarely that a refusal costs at most a 16th of what is sent meanwhile, and a 25th of the attempts.
    private const double CyclesPerCost = 16;
    private const double CyclesPerRefusal = 25;
    // Half as often once so many in a row have found what was believed, where a test costs more than the refusals themselves.
    private const int MostConfirmed = 3;
    private const double Confirming = 0.03;
    // While less is known than that, a test is worth what being wrong costs until the next one.
    private const double CyclesPerDoubt = 4;
    private const double FarBelow = 0.1;
    private const double NotForLong = 0.25;
    private const double Doubtful = 0.25;
    private const double LargestMargin = 0.3;
    // A window gives the same each time, a bucket the more the longer it is open.
    private const double SameAgain = 0.02;
    private const double ShortestPlateau = 2;
    // Before a first refusal can be back, only so much of what is known to fit is on its way.
    private const double Unanswered = 0.08;
    private const double MostUnanswered = 4;
    // A refusal takes hardly ever longer than so many of the longest.
    public const double Unrefused = 3;
    // The one that finds out whether a quota that was closed for long is open again is given more time: many go when it seems to be.
    private const double WaitForProbe = 0.01;
    private const double LongestUnrefused = 6;
    // In so many steps the time within which a window opens is searched.
    private const int WindowSteps = 3;
    // Timers are late by so much.
    public const double Granularity = 0.02;

    private readonly double _ceiling;
    private readonly RateBracket _bracket = new();
    private readonly QuotaWindow _window = new();
    private readonly InFlightLimit _inFlight = new();
    private readonly QuotaBucket _bucket = new();
    private readonly FullBucket _fullBucket = new();
    private readonly PromisedRate _promises = new();
    // None once it does not hold: only the first time the quota is used up proposes one.
    private QuotaLog? _log = new();
    private double _pace;
    private double _plateau = ShortestPlateau;
    private double _margin = LargestMargin;
    private double _sinceReopened;
    // What may be sent at once: what has gathered, up to the most that may gather.
    private double _credit = 1;
    private double _creditAt;
    private double _granted;
    private double _burst = double.PositiveInfinity;
    private double _largestBurst = double.PositiveInfinity;
    private int _burstPatience = 1;
    private int _epochsUntilBurst = 4;
    private double _lostTime;
    private double _idleTime;
    private double _lost;
    private double _cost = 1;
    private int _confirmed;
    private double _lastAdmission = double.NegativeInfinity;
    private double _startedAt = double.NaN;
    // Of refusals: the usual one, and one that few are longer than.
    private double _latency;
    private double _longLatency;
    private double _refusalsPerEpoch = 1;
    private int _epochs;
    // Attempts from here on were admitted after the last refusal was known.
    private long _epochEnd = -1;
    private int _failedProbes;
    private bool _arePromisesBroken;
    private double _refusedAt;
    private bool _reopens;
    private double _reopenedAt;
    private long _reopenedNumber;
    private long _opened;
    // The last moment when the quota was used up.
    private double _emptyAt;
    private long _emptyNumber;
    private long _refusedSince;
    private long _refused;
    // How many were in flight with the first that was refused.
    private int? _inFlightRefused;

    public BlindPacer(double? requestsPerMinute)
    {
        _ceiling = requestsPerMinute / 60 ?? double.PositiveInfinity;
        _pace = Math.Min(_ceiling, RampStart / RampTime);
    }

    public long Admitted { get; private set; }

    public double ClosedUntil { get; private set; } = double.NegativeInfinity;

    /// <summary>The pace now, per second; infinite when no limit is known.</summary>
    public double Rate => IsRamp ? _ceiling : _log is { IsKnown: true } log ? log.Rate : _pace;

    private bool IsRamp => _epochs == 0;

    private double Cap => Math.Max(Math.Max(1, _granted), Math.Max(_burst, _pace * Granularity));

    // What has gathered is not sent at once.
    private double Spacing => IsRamp ? 0 : Math.Min(1 / _pace, _latency / Math.Max(Math.Min(MostUnanswered, 0.5 / _bracket.Doubt), Unanswered * Math.Max(_window.Size, Admitted - _reopenedNumber)));

    // How much of an attempt is missing at most when one is refused that was admitted at the pace.
    private double Missing => Math.Min(1, _margin + _bracket.Doubt);

    private bool IsProbing => _failedProbes > 0 && Admitted > _epochEnd;

    /// <param name="inFlight">How many are in flight.</param>
    public double AdmitsAt(int inFlight, double now)
    {
        if (now < ClosedUntil - 1e-9)
            return ClosedUntil;
        if (_inFlight.IsKnown)
            return _inFlight.Allows(inFlight) ? SpacedAt(_ceiling, now) : double.PositiveInfinity;
        if (_log is { IsKnown: true } log)
            return Math.Max(log.AdmitsAt(now), SpacedAt(Math.Min(_ceiling, Math.Max(MostUnanswered, Unanswered * log.Trusted) / _latency), now));
        Refill(now);
        var spacing = IsProbing ? Math.Clamp(WaitForProbe * (_reopenedAt - _emptyAt), Unrefused * _longLatency, LongestUnrefused * _longLatency) : Spacing;
        return Math.Max(_lastAdmission + spacing, _credit >= 1 - 1e-9 ? now : now + (1 - _credit) / _pace);
    }

    /// <summary>When the next attempt may start at another pace than the one learnt here.</summary>
    public double SpacedAt(double pace, double now) => Math.Max(now, _lastAdmission + 1 / Math.Min(_ceiling, pace));

    /// <param name="inFlight">How many others are in flight.</param>
    /// <param name="isPaced">Whether this pacer decided it.</param>
    public Admission Admit(int inFlight, double now, bool isPaced)
    {
        if (double.IsNaN(_startedAt))
        {
            _startedAt = _emptyAt = now;
            _window.Start(now);
            _fullBucket.Open(double.PositiveInfinity);
        }
        Refill(now);
        if (_reopens)
            Reopen(now);
        if (IsProbing)
            _failedProbes = 0;
        _inFlight.Admit(Admitted, inFlight);
        _fullBucket.Admit(now);
        _log?.Admit(Settled(now), now);
        _credit = Math.Max(_credit - 1, -1);
        var admission = new Admission(Admitted++, now, _pace, IsCatchUp: !IsRamp && (now - _lastAdmission) * _pace < 0.8) { InFlight = inFlight };
        _lastAdmission = now;
        // The pace is tested upwards only where it is what holds the calls back.
        if (isPaced && !admission.IsCatchUp)
            Grow();
        return admission;
    }

    private void Reopen(double now)
    {
        _reopens = false;
        // By now it is known which of them was refused first.
        if (_inFlightRefused is { } inFlight)
            _inFlight.Refused(inFlight, _opened);
        _inFlightRefused = null;
        if (_epochs == 1)
            _log!.Propose(_burst);
        _reopenedAt = now;
        _reopenedNumber = Admitted;
        _fullBucket.Open(now - _emptyAt);
        // The first time, the quota may hold again what it held at the start.
        if (_epochs == 1)
            _credit = _burst;
        else if (_window.IsKnown)
            _credit = _window.Grant;
        _granted = _credit;
    }

    private void Grow()
    {
        _sinceReopened++;
        if (IsRamp)
        {
            _pace = Math.Min(_ceiling, _pace + 1 / RampTime);
            return;
        }
        var cycles = (_sinceReopened - _plateau) / _plateau;
        var cubic = _bracket.Rate * Math.Exp(_margin * cycles * cycles * cycles);
        var answered = Math.Max(2, Unanswered * (Admitted - _reopenedNumber)) / _latency;
        var fastest = Math.Min(_pace * (1 + 1 / _sinceReopened), Math.Max(answered, _bracket.Rate * (1 + _margin)));
        _pace = Math.Min(_ceiling, Math.Min(fastest, cubic));
    }

    public void Answered(in Admission admission)
    {
        if (admission.Number < _emptyNumber || admission.Number >= _epochEnd)
            _inFlight.Answered(admission.Number, admission.InFlight);
        if (admission.Number >= _epochEnd)
            _failedProbes = 0;
    }

    public void Refused(in Admission admission, double? retryAfter, double now)
    {
        var latency = now - admission.At;
        _latency = _refused == 0 ? latency : 0.8 * _latency + 0.2 * latency;
        _longLatency = Math.Max(latency, 0.8 * _longLatency + 0.2 * latency);
        _refused++;
        var isLog = _log is { IsKnown: true };
        _log?.Refused(admission.At, admission.Number - _reopenedNumber, Settled(now));
        if (_epochs > 1 && _log is { IsPossible: false })
            _log = null;
        if (admission.Number < _epochEnd)
        {
            _refusedSince++;
            if (admission.Number < _emptyNumber)
                EmptyEarlier(admission);
            if (_inFlightRefused is { } inFlight)
                _inFlightRefused = Math.Min(inFlight, admission.InFlight);
            return;
        }
        var admitted = AdmittedSinceEmpty(admission);
        _epochEnd = Admitted;
        _reopens = true;
        if (isLog && (admitted > 0 || _log is { IsKnown: true }))
        {
            RefusedByLog(admission, retryAfter, now);
            return;
        }
        if (admitted > 0 || _inFlight.IsKnown)
            UsedUp(admitted, admission, retryAfter, now);
        else
            StillEmpty(admission, retryAfter, now);
        if (_inFlight.IsKnown)
            return;
        _sinceReopened = 0;
        _lostTime = _idleTime = 0;
        if (IsRamp)
        {
            (_credit, _creditAt) = (1, now);
            return;
        }
        _granted = 0;
        _creditAt = Math.Min(now, Math.Max(_emptyAt, now - _longLatency));
        // There is room for one then; of what it takes until that, part has come back.
        _credit = retryAfter is null ? 1 - Missing : _arePromisesBroken ? 0 : Math.Max(0, 1 - (ClosedUntil - _creditAt) * _pace);
        StartPace();
    }

    private void StartPace() => _pace = Math.Max(1e-6, Math.Min(_ceiling, _bracket.Rate * Math.Exp(-_margin)));

    private void RefusedByLog(in Admission admission, double? retryAfter, double now)
    {
        (_emptyNumber, _emptyAt, _refusedSince) = (admission.Number, admission.At, 1);
        ClosedUntil = now + (retryAfter ?? 0);
        if (_log is { IsKnown: true } log)
        {
            log.Closed(retryAfter ?? 0);
            return;
        }
        // It was none: on as before it was believed.
        ClosedUntil = Math.Max(ClosedUntil, now + 1 / _bracket.Rate);
        _sinceReopened = _granted = 0;
        (_credit, _creditAt) = (0, now);
        StartPace();
    }

    // What was admitted before that and is not known to be refused is accepted.
    private double Settled(double now) => now - Unrefused * _longLatency;

    // Refusals do not come in the order of the attempts.
    private void EmptyEarlier(in Admission admission)
    {
        if (_reopens && admission.Number >= _reopenedNumber)
            _fullBucket.UsedUp(admission.Number - _reopenedNumber, admission.At);
        (_emptyNumber, _emptyAt) = (admission.Number, admission.At);
        if (_epochs == 1)
            _burst = _largestBurst = Math.Max(1, Math.Min(_burst, admission.Number));
    }

    // Soon after a refusal those that were admitted before it was known are not all back; most of them are refused too.
    private double AdmittedSinceEmpty(in Admission admission)
    {
        var refused = admission.At - _emptyAt < 4 * _longLatency ? Math.Max(_refusedSince, _epochEnd - _emptyNumber) : _refusedSince;
        return admission.Number - _emptyNumber - Math.Max(0, refused);
    }

    private void UsedUp(double admitted, in Admission admission, double? retryAfter, double now)
    {
        _opened = admission.Number - _reopenedNumber;
        _inFlightRefused = admission.InFlight;
        var pause = retryAfter ?? 0;
        _failedProbes = 0;
        if (!_inFlight.IsKnown)
        {
            Learn(admitted, admission, retryAfter);
            LearnPromised(retryAfter, now);
            pause = Math.Max(pause, _window.IsKnown ? _window.OpensAt - now : 0);
            if (retryAfter is null && !(pause > 0))
                pause = _epochs == 1 ? 0.5 * (now - _startedAt) : Missing / _bracket.Rate;
            // Whether it is open again is a guess: one attempt finds out.
            if (_window.IsKnown || (retryAfter is null && _epochs == 1))
                _failedProbes = 1;
        }
        (_emptyNumber, _emptyAt, _refusedSince) = (admission.Number, admission.At, 1);
        _refusedAt = now;
        ClosedUntil = now + (retryAfter is null && !_inFlight.IsKnown ? Math.Max(_longLatency, pause) : pause);
    }

    private void StillEmpty(in Admission admission, double? retryAfter, double now)
    {
        _refusedSince++;
        _failedProbes++;
        _arePromisesBroken |= retryAfter is not null;
        _refusedAt = admission.At;
        // Used up before the first attempt came, it tells nothing of its rate.
        if (!IsRamp && !_window.IsKnown)
            _bracket.Guess(Math.Min(_bracket.Rate, Math.Max(1 / Math.Max(1e-3, admission.At - _emptyAt), (admission.Number - _refused + 1) / Math.Max(1e-3, admission.At - _startedAt))));
        // Without a hint: the longer it is closed, the longer the next pause, and the shorter the more a pause that is too long would cost.
        var held = _window.IsKnown ? _window.Size : _epochs == 1 ? _burst : Math.Clamp(_opened, 1, _largestBurst);
        var pause = _window.IsKnown && now < _window.LatestOpening ? (_window.LatestOpening - _window.OpensAt) / WindowSteps : Math.Clamp(36 / held, 0.06, 1) * (now - _emptyAt);
        ClosedUntil = now + Math.Max(retryAfter ?? 0, Math.Max(_longLatency, pause));
    }

    private void Learn(double admitted, in Admission admission, double? retryAfter)
    {
        _refusalsPerEpoch = 0.5 * (_refusalsPerEpoch + Math.Max(1, _refusedSince));
        _fullBucket.Learn(admission.Number - _reopenedNumber, admission.At);
        if (_epochs++ == 0)
        {
            _burst = _largestBurst = admitted;
            _bracket.Guess(Math.Min(_ceiling, admitted / Math.Max(1e-3, admission.At - _startedAt + Math.Max(retryAfter ?? 0, _longLatency))));
            return;
        }
        var epoch = new Epoch(admitted, Math.Max(1e-3, admission.At - _emptyAt), _reopenedAt - _emptyAt, admission.Number - _reopenedNumber, admission.At - _reopenedAt, _largestBurst);
        _lost = 0.5 * (_lost + _lostTime * _bracket.Rate);
        _cost = 0.5 * (_cost + Math.Max(_refusalsPerEpoch, Math.Min(_bracket.Rate * epoch.Closed, _bracket.Rate * epoch.Time - epoch.Admitted)));
        if (epoch.Opened >= _granted)
            _largestBurst = Math.Max(_largestBurst, _granted);

        var isWindow = QuotaWindow.LooksLike(epoch, retryAfter is null ? Math.Min(_bracket.Rate, epoch.Admitted / epoch.Time) : _bracket.Rate, _granted, isFirst: _epochs == 2);
        var isFullBucket = _fullBucket.IsKnown && !(isWindow && Math.Abs(epoch.Opened - epoch.Held) <= SameAgain * epoch.Held);
        isWindow &= !isFullBucket;
        if (!isFullBucket && _window.RateOfBucket(epoch) is { } rate)
        {
            isWindow = false;
            _bracket.Measure(rate, 0.1);
            _cost = rate * epoch.Closed;
            _burst = Math.Max(1, 0.8 * (epoch.Opened - rate * epoch.Open));
        }
        else if (isWindow)
        {
            _window.Learn(epoch, _reopenedAt, Math.Max(_emptyAt, _refusedAt));
            _bracket.Window(epoch.Least, epoch.Opened / Math.Max(1e-3, epoch.Open));
        }
        else
        {
            var before = _bracket.Rate;
            LearnRate(epoch, admission, retryAfter);
            var isConfirmed = Math.Abs(_bracket.Rate - before) <= Confirming * before && _cost > 2 * _refusalsPerEpoch;
            _confirmed = isConfirmed ? Math.Min(MostConfirmed, _confirmed + 1) : 0;
            _bucket.Learn(epoch);
            // The more a refusal costs, compared with what may be overdrawn before it, the lower.
            if (isFullBucket)
                _bracket.Between(_fullBucket.Least, _fullBucket.Most, 1 / (1 + Math.Sqrt(_cost / _fullBucket.Size)));
            // One that was full for a while may have given more.
            else if (_bucket.IsKnown && _bracket.Rate * epoch.Closed + _margin * epoch.Opened + 1 < _largestBurst)
                _bracket.TooFast(_bucket.Least, _bucket.Most);
        }
        if (!isWindow)
            _window.Forget(_reopenedAt);
        else
            _bucket.Forget();
        if (isFullBucket)
            _burst = Math.Max(1, _fullBucket.Size - 0.5);
        else if (_lost > 1 && --_epochsUntilBurst <= 0)
            _burst = 2 * _largestBurst;
        if (isWindow)
            (_margin, _plateau) = (LargestMargin, ShortestPlateau);
        else
            PlanTest();
    }

    private void PlanTest() => (_margin, _plateau) = (Math.Min(_bracket.Doubt, LargestMargin), Math.Max(ShortestPlateau, Plateau()));

    private void LearnPromised(double? retryAfter, double now)
    {
        // At first it gives what it held.
        if (retryAfter is not { } wait || _arePromisesBroken || _epochs <= 2)
            _promises.Forget();
        else if (_promises.Learn(_opened, wait, now) is var (rate, doubt) && doubt < _bracket.Doubt && !_window.IsKnown)
        {
            _bracket.Measure(rate, doubt);
            PlanTest();
        }
    }

    private double Plateau()
    {
        var affordable = Math.Min(CyclesPerDoubt * _cost / _bracket.Doubt, Math.Max(CyclesPerRefusal * _refusalsPerEpoch, CyclesPerCost * (1 + (double)_confirmed / MostConfirmed) * _cost));
        // What is far below the average so far is not believed for long.
        var time = _emptyAt - _startedAt;
        if (_bracket.Rate * time < FarBelow * (Admitted - _refused))
            affordable = Math.Min(affordable, NotForLong * time * _bracket.Rate);
        // Nor what is in doubt for longer than everything so far took.
        if (_bracket.Doubt > Doubtful)
            affordable = Math.Min(affordable, time * _bracket.Rate);
        // While next to nothing is known, what a refusal costs is a guess too: not to be held up by it, each search takes twice the last.
        return _bracket.IsOpen ? Math.Min(affordable, 2 * _plateau) : affordable;
    }

    private void LearnRate(in Epoch epoch, in Admission admission, double? retryAfter)
    {
        if (_idleTime > 0.1 * epoch.Time)
        {
            _bracket.Guess(admission.Pace * (1 - _margin));
        }
        else if (_epochs == 2)
        {
            var least = epoch.Least;
            // Closed for long, then only for a moment: what it gives now is not what it gave over the whole time.
            if (retryAfter < 0.2 * epoch.Closed)
                least = epoch.Admitted / Math.Max(1e-3, epoch.Open + Math.Max(_longLatency, retryAfter.Value));
            _bracket.TooFast(least, Math.Max(least, admission.IsCatchUp ? 1 / Math.Max(1e-3, Spacing) : admission.Pace));
        }
        else if (admission.IsCatchUp || (_granted > 1 && _sinceReopened < _granted))
        {
            LearnBurst(epoch, admission, retryAfter);
        }
        else if (_sinceReopened < _plateau)
        {
            _bracket.TooFast(epoch.Least, admission.Pace);
        }
        else
        {
            // How the pace has grown at last, per attempt; what had gathered is used up in the square root of that many of them.
            var cycles = (_sinceReopened - _plateau) / _plateau;
            var slope = Math.Min(1 / _sinceReopened, Math.Max(0.001, 3 * _margin * cycles * cycles / _plateau));
            var sharp = _sinceReopened >= 8 ? admission.Pace * (1 - slope - Math.Sqrt(2 * (_largestBurst - 1) * slope)) : 0;
            _bracket.Tested(epoch.Least, admission.Pace, sharp);
        }
    }

    /// <summary>Refused while what had gathered was sent, or soon after: less than believed may gather, or the rate is lower.</summary>
    private void LearnBurst(in Epoch epoch, in Admission admission, double? retryAfter)
    {
        var isOnlyBurst = epoch.Opened < 0.5 * _bracket.Low * epoch.Closed;
        _burst = Math.Max(1, Math.Min(0.5 * _granted, 0.7 * epoch.Opened));
        _epochsUntilBurst = _burstPatience *= 2;
        if (isOnlyBurst)
        {
            _largestBurst = Math.Max(1, epoch.Opened);
            return;
        }
        var least = epoch.Least;
        if (epoch.Closed > 0.5 * epoch.Time)
        {
            // A small window: it is paced evenly from now on.
            least = Math.Max(least, epoch.Opened / Math.Max(1e-3, epoch.Open + (retryAfter ?? epoch.Closed)));
            _burst = 1;
        }
        _bracket.TooFast(least, !admission.IsCatchUp ? admission.Pace : _bracket.Doubt > 0.5 && !_window.IsKnown ? Math.Max(_bracket.Rate, 2 * least) : _bracket.High);
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
