namespace AsyncLlm;

/// <summary>
/// A quota as the provider reports it: with each answer so much of it is left, and so long until it is whole again. Reports are as old as
/// the answers take, so the level now is computed, and each report corrects it by what it differs from what was believed when its attempt
/// was admitted.
/// </summary>
/// <remarks>
/// Providers report different quotas in the same words. Some refill all the time (a token bucket), others give back what was spent one
/// window later (a fixed window, a sliding log). This file keeps the level; <c>ReportedQuota.Kind.cs</c> finds out which kind it is and
/// <c>ReportedQuota.Rate.cs</c> how fast it refills. Times are seconds, units are requests or tokens.
/// </remarks>
/// <param name="coarsestUnit">In how large units what is left may be reported.</param>
internal sealed partial class ReportedQuota(double coarsestUnit = 1)
{
    private const double Minute = 60;
    // The coarsest and the finest a reset is reported in.
    private const double Coarse = 1;
    private const double Fine = 0.001;
    // Others may take a part unseen until a report says so. So much is kept back that one attempt in a hundred is refused for that, after
    // the few refusals by which a quota is found at all, and never more than this part of a bucket.
    private const double RefusedShare = 0.01;
    private const double RefusalsToLearn = 3;
    private const double LargestReserve = 0.25;

    private readonly AdmissionLog _log = new();
    private double _unit = coarsestUnit;
    private double _typical = 1;
    private double _limit;
    private double _level;
    private double _levelAt;
    private double _spent;
    // Of what was spent, what has been given back one window later.
    private double _freed;
    // The sum of all corrections: a report that was on its way when the level was corrected must not correct it again.
    private double _corrections;
    private double _refused;
    private double _refusals;
    private double _tookAt = double.NegativeInfinity;
    private double _tookBefore = double.NegativeInfinity;

    // Everything is left then but what was spent after an attempt.
    private double _wholeAt = double.PositiveInfinity;
    private double _wholeSpent;
    private long _wholeNumber;

    // The newest attempt that is known about; its answer need not be the last one to come.
    private long _lastNumber = -2;
    private Reading _last;
    private Reading _lastAccepted;
    private bool _isPending;

    /// <summary>Whether anything was reported or configured.</summary>
    public bool IsKnown => _limit > 0;

    /// <summary>What comes back per second.</summary>
    public double Rate => Refills ? _rate : _limit / _window;

    /// <summary>What is believed now.</summary>
    public QuotaMark Mark => new(_level, _corrections, _spent, _refused);

    private double Reserve(double units) => Refills && !IsCounter ? Math.Clamp(1.5 * units * (_refusals - RefusalsToLearn), 0, LargestReserve * _limit) : 0;

    /// <summary>A quota that is configured instead of reported: a bucket of a minute's worth.</summary>
    public void Assume(double perMinute) => (_limit, _level, _rate) = (perMinute, perMinute, perMinute / Minute);

    /// <summary>When so much of it is left that <paramref name="units"/> more may be admitted.</summary>
    public double AdmitsAt(double units, double now)
    {
        if (!IsKnown)
            return now;
        Advance(now);
        var wanted = Math.Min(units + Reserve(units), _limit);
        if (_level >= wanted - 1e-9)
            return now;
        // A little late: a moment too early would be refused.
        if (Refills)
            return Math.Min(now + (wanted - _level) / _rate, _fadesUntil) + 1e-6;
        var next = Math.Max(NextBack, now + Fine);
        return _isKindSure ? next : ProbesAt(next, now);
    }

    public QuotaMark Admit(double units, double now)
    {
        Advance(now);
        CountProbe(units, now);
        _level -= units;
        _spent += units;
        _typical += (units - _typical) / 16;
        (_tookBefore, _tookAt) = (_tookAt, now);
        _log.Add(now, _spent, _limit, _window);
        return Mark;
    }

    /// <summary>Gives back what an attempt had reserved too much; less than 0 for too little.</summary>
    public void Refund(in Admission admission, double units)
    {
        _spent -= units;
        if (admission.Number <= _wholeNumber)
            _wholeSpent -= units;
        // A report of a later attempt has told already.
        if (admission.Number <= _lastNumber)
            return;
        _level += units;
        _corrections += units;
    }

    /// <summary>An attempt was answered: it has taken what it was admitted with.</summary>
    public void Answered(long number)
    {
        if (_isPending && number == _lastNumber)
            Settle(isAccepted: true);
    }

    /// <summary>An attempt was refused, for this quota or another: it has taken nothing.</summary>
    public void Refused(in Admission admission, double units)
    {
        Refund(admission, units);
        _refused += units;
        _log.Refund(admission.At, units);
        if (admission.At >= _tookAt)
            _tookAt = _tookBefore;
        if (!_isPending || admission.Number != _lastNumber)
            return;
        _last.Spent -= units;
        Settle(isAccepted: false);
    }

    /// <summary>It was used up when an attempt was admitted, which was refused for that.</summary>
    /// <param name="mark">What was believed then.</param>
    /// <param name="isProbe">Whether nothing was admitted between the last refusal and the attempt.</param>
    public void Empty(in Admission admission, in QuotaMark mark, double units, bool isProbe, double now)
    {
        _refusals++;
        if (!Refills && mark.Level >= 0)
            Doubt();
        BoundRate(admission.At, units, isProbe);
        if (admission.Number <= _lastNumber)
            return;
        Advance(now);
        Correct(-mark.Level, mark.Corrections);
        _lastNumber = admission.Number;
    }

    /// <param name="admission">The attempt this answers.</param>
    /// <param name="mark">What was believed when it was admitted.</param>
    /// <param name="isClean">Whether it was admitted before, or after, the refusals of an epoch, not among them.</param>
    public void Observe(long? limit, long? remaining, TimeSpan? reset, in Admission admission, in QuotaMark mark, bool isClean, double now)
    {
        if (limit is not > 0 || remaining is not >= 0)
            return;
        var wholeIn = Math.Max(0, reset?.TotalSeconds ?? 0);
        _window = Math.Max(_window, wholeIn);
        // Attempts among refused ones were marked before it was known that those took nothing.
        var spent = isClean ? mark.Spent : mark.Spent - (_refused - mark.Refused);
        var reading = new Reading(admission.Number + 1, admission.At, remaining.Value, admission.At + wholeIn, spent);
        if (admission.Number < _lastNumber || (admission.Number == _lastNumber && admission.At <= _last.At))
        {
            if (isClean && limit == _limit)
                LookBack(reading with { Spent = mark.Spent });
            return;
        }
        if (_isPending)
            Settle(isAccepted: true);
        Advance(now);
        if (limit != _limit)
            Resize(limit.Value);
        FindGrain(reading);
        GuessRate(limit.Value - remaining.Value, wholeIn);
        // What a window held says nothing once the next one has begun.
        if (Refills || reading.WholeAt > now)
            Correct(reading.Remaining - mark.Level, mark.Corrections);
        _lastNumber = admission.Number;
        _last = reading;
        _isPending = isClean;
        if (wholeIn > 0)
            (_wholeAt, _wholeSpent, _wholeNumber) = (reading.WholeAt, reading.Spent, admission.Number);
        Advance(now);
    }

    /// <param name="error">How much more was left than believed.</param>
    /// <param name="corrections">What had been corrected before that was believed.</param>
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
        while (now >= _fadesUntil)
            Fade();
        var freed = _window > 0 ? Math.Max(_freed, _log.FreedAt(now - Window)) : 0;
        var back = Refills ? _rate * (now - _levelAt) : _forgets >= 0 ? freed - _freed : 0;
        (_freed, _levelAt) = (freed, now);
        GiveBack(back);
        if (now >= _wholeAt)
            BecomeWhole(now);
        if (!Refills && now >= _tookAt + Window)
            GiveBack(_limit);
    }

    private void GiveBack(double units) => _level = Math.Min(Math.Max(_level, _limit), _level + units);

    private void BecomeWhole(double now)
    {
        var spentBefore = _wholeSpent;
        if (!Refills && IsWindow)
        {
            // Windows go on, whether reports of them are back or not.
            var begun = _wholeAt + Math.Floor((now - _wholeAt) / _period) * _period;
            if (_log.SpentBy(begun - 1e-9) is var spent && spent > spentBefore)
                spentBefore = spent;
            _wholeAt = begun + _period;
        }
        else
        {
            _wholeAt = double.PositiveInfinity;
            if (!Refills)
                spentBefore = _freed = Math.Max(spentBefore, _freed);
        }
        var left = _limit - (_spent - spentBefore);
        if (Refills && left <= _level)
            return;
        if (Refills)
            _corrections += left - _level;
        _level = left;
    }

    private void Resize(double limit)
    {
        if (IsKnown)
            _rate *= limit / _limit;
        _limit = limit;
        _kindStart = _rateStart = _lastAccepted = default;
        ForgetInterval();
    }

    // Now it is known whether the pending report's attempt has taken anything.
    private void Settle(bool isAccepted)
    {
        _isPending = false;
        TellKind(isAccepted);
        MeasureRate(isAccepted);
        if (!isAccepted)
            return;
        _lastAccepted = _last;
        _refusals = Math.Max(0, _refusals - RefusedShare);
    }

    /// <summary>A report, as of the admission of the attempt it answers.</summary>
    /// <param name="Ordinal">Which attempt that was, counted from 1; 0 is none.</param>
    /// <param name="WholeAt">When it is whole again, if nothing more is spent.</param>
    /// <param name="Spent">What had been spent in all.</param>
    private record struct Reading(long Ordinal, double At, double Remaining, double WholeAt, double Spent);
}
