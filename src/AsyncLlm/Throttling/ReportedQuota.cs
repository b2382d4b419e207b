using System.Numerics;

namespace AsyncLlm;

/// <summary>
/// A quota as the provider reports it: with each answer so much of it is left, and so long until it is whole again. Reports are as old as
/// the answers take, so what is left now is computed from the newest one and from what was spent since.
/// </summary>
/// <remarks>
/// Providers report different quotas in the same words. Each of <see cref="QuotaKinds"/> is a hypothesis: <c>ReportedQuota.Kinds.cs</c>
/// counts what contradicts it, and those with the least are believed. This file says what is left: as much as all of them allow. Where
/// they do not agree for long, one attempt finds out. Requests take differently long to the provider and overtake each other: what differs by no
/// more than that tells nothing (<see cref="Network"/>), and who was refused for having come too early comes a little later. Times are seconds,
/// units are requests or tokens.
/// </remarks>
/// <param name="coarsestUnit">In how large units what is left may be reported.</param>
internal sealed partial class ReportedQuota(double coarsestUnit = 1)
{
    private const double Minute = 60;
    // A moment too early is refused.
    private const double Moment = 1e-6;
    // More attempts than that on their way are not remembered one by one: while nothing is reported, and at all.
    private const int MostUnreported = 2048;
    private const int MostInFlight = 65536;
    // What differs is found out where the time until all is left is nearly over: a bucket loses nothing by waiting so long, and a window
    // that fades has begun to.
    private const double ProbeAfter = 0.6;
    private const double ProbedShare = 0.125;
    private const double IntervalPrecision = 0.02;
    // How late at first after a refusal for having come too early, in seconds and as a share of the longest reset, then twice as late after
    // each; and so much less after each answer that about one in seventy is refused.
    private const double FirstLate = 0.05;
    private const double FirstLateShare = 0.02;
    private const double LessLate = 0.99;
    // What is over sooner than networks differ would never be contradicted: the shares of a reset, and of what a bucket takes to be full.
    private const double ResetShare = 0.08;
    private const double MarginShare = 0.25;
    // Others come at random: so many standard deviations of what they take unseen are kept back, and never more than these parts of a
    // bucket, which loses nothing by it but the last of it, and of others, which lose as much of what they give.
    private const double Caution = 2;
    private const double LargestReserve = 0.67;
    private const double LargestReserveOfTokens = 0.33;
    private const double LargestUnused = 0.02;
    // Who took more would leave nothing to wait for.
    private const double MostOthers = 0.7;
    private const double OthersMemory = 0.98;

    private readonly AdmissionLog _log = new();
    private readonly SpentSince _since = new();
    private readonly bool _isOfRequests = coarsestUnit == 1;
    private double _unit = coarsestUnit;
    private double _limit;
    private double _startedAt;
    private double _spent;
    private double _unanswered;
    private long _lastNumber = -1;
    private long _refunds;
    // What others took in the time between reports, of the last fifty.
    private double _others;
    private double _othersTime;

    // If it is a bucket; and the sum of all corrections: a report that was on its way when it was corrected must not correct it again.
    private double _bucket;
    private double _bucketAt;
    private double _corrections;
    private double _overflown;
    private double _fullFrom = double.NegativeInfinity;
    private double _fullTo = double.NegativeInfinity;

    // An attempt is sent so much later than when there is room by the reports, because it may take less time to the provider than theirs did;
    // and from which attempt on answers tell whether that is enough.
    private double _late;
    private long _lateEnd;

    // The report of the newest attempt that is known about; its answer need not be the last one to come.
    private long _number = -2;
    private QuotaReport _newest;
    private long _probe = long.MinValue;

    /// <summary>Whether anything was reported or configured.</summary>
    public bool IsKnown => _limit > 0;

    /// <summary>All of it; 0 while nothing is known.</summary>
    public double Limit => _limit;

    /// <summary>What comes back per second.</summary>
    public double Rate => IsBelieved(QuotaKinds.Bucket) ? 1 / _interval : _limit / (IsBelieved(QuotaKinds.Log) ? LogWindow : Period);

    /// <summary>A quota that is configured instead of reported: a bucket of a minute's worth.</summary>
    public void Assume(double perMinute) => (_limit, _bucket, _interval) = (perMinute, perMinute, Minute / perMinute);

    /// <summary>When so much of it is left that <paramref name="units"/> more may be admitted.</summary>
    /// <param name="isTold">Whether answers are on their way that tell more.</param>
    public double AdmitsAt(double units, bool isTold, double now)
    {
        isTold &= _unanswered > 0;
        if (!IsKnown)
            return now;
        var reserve = Reserve(units, now);
        var wanted = Math.Min(units + reserve, _limit);
        var (last, disagree) = (now, false);
        foreach (var kind in Kinds)
        {
            if (!IsBelieved(kind))
                continue;
            var at = OpensAt(kind, wanted, now, kind == QuotaKinds.Bucket ? Math.Max(0, _late - reserve * _interval) : _late);
            disagree |= last > now || at > now;
            last = Math.Max(last, at);
        }
        if (last > now && disagree && _probe <= _number)
            last = Math.Max(now, Math.Min(last, ProbesAt(wanted, isTold, now)));
        return _limit <= 1 && _grain == Coarse && IsBelieved(QuotaKinds.Log) ? Telling(last) : last;
    }

    // Of a reset in whole seconds, when the attempt comes decides what is told: whether one of a single unit is shorter than believed.
    private double Telling(double at)
    {
        if (!(_mostWindow - _leastWindow > IntervalPrecision * _mostWindow) || double.IsInfinity(_mostWindow) || double.IsNaN(_fraction))
            return at;
        var told = at + 0.5 * (_leastWindow + _mostWindow) - _fraction;
        return at + Math.Max(0, Math.Ceiling(told - Tolerance) - told);
    }

    private double ProbesAt(double wanted, bool isTold, double now)
    {
        var (first, most) = (double.PositiveInfinity, Math.Min(wanted + ProbedShare * _limit, _limit));
        foreach (var kind in Kinds)
        {
            if (IsBelieved(kind))
                first = Math.Min(first, OpensAt(kind, isTold || kind != QuotaKinds.Bucket ? most : wanted, now, Margin));
        }
        return isTold ? Math.Max(first, _newest.At + ProbeAfter * _newest.WholeIn) : first;
    }

    /// <summary>A refusal says when there is room for <paramref name="units"/> again: where that is true of one kind, others have too early a time.</summary>
    public void Told(double opensAt, double tolerance, double units, double now)
    {
        var (right, wrong) = (QuotaKinds.None, QuotaKinds.None);
        foreach (var kind in Kinds)
        {
            if (!IsBelieved(kind))
                continue;
            // What is on its way since is refused too.
            var earlier = opensAt - OpensAt(kind, Math.Min(units, _limit) - _since.Sum, now, 0);
            if (earlier > tolerance)
                wrong |= kind;
            else if (earlier >= -tolerance - (_grain == Coarse ? Coarse : 0))
                right |= kind;
        }
        if (right != 0)
            Contradict(wrong);
    }

    public QuotaMark Admit(long number, double units, double now)
    {
        var (allowed, denied) = (QuotaKinds.None, QuotaKinds.None);
        var (wanted, least) = (Math.Min(units, _limit) - Moment, double.PositiveInfinity);
        foreach (var kind in Kinds)
        {
            if (!IsKnown)
                break;
            var margin = kind == QuotaKinds.Bucket ? Math.Min(Margin, MarginShare * _limit * _interval) : Margin;
            if (Level(kind, now, margin) >= wanted)
                allowed |= kind;
            else if (IsBelieved(kind) && Level(kind, now, -margin) < wanted)
                denied |= kind;
            if (IsBelieved(kind))
                least = Math.Min(least, Level(kind, now, 0) - units);
        }
        if (denied != 0)
            _probe = number;
        Refill(now);
        if (_spent == 0)
            _startedAt = now;
        _lastNumber = number;
        _bucket -= units;
        _spent += units;
        _unanswered += units;
        _since.Add(number, units, IsKnown ? MostInFlight : MostUnreported);
        _log.Add(now, _spent, _limit, IsBelieved(QuotaKinds.Log) ? LogWindow : FadingPeriod);
        return new(least, _bucket, _corrections, _overflown, _spent, _refunds, allowed, denied);
    }

    /// <summary>Gives back what an attempt had reserved too much; less than 0 for too little.</summary>
    public void Refund(in Admission admission, double units)
    {
        if (units == 0)
            return;
        _spent -= units;
        _refunds++;
        _since.Refund(admission.Number, units);
        _log.Refund(admission.At, units);
        // A report of a later attempt has told already.
        if (admission.Number <= _number)
        {
            _faded -= units;
            if (Believed == QuotaKinds.Bucket)
                _others += units;
            return;
        }
        _bucket += units;
        _corrections += units;
    }

    /// <summary>The report of an attempt, or of nobody knows which.</summary>
    /// <param name="number">The attempt it answers.</param>
    /// <param name="mark">What was believed when that was admitted, if it is known.</param>
    public void Observe(long limit, in QuotaReport report, long number, QuotaMark? mark, double now)
    {
        _longestReset = Math.Max(_longestReset, report.WholeIn);
        if (limit != _limit)
            Resize(limit);
        FindGrain(report);
        GuessInterval(report, number);
        Contradict(QuotaKinds.None);
        var isNewest = number > _number || (number == _number && report.At > _newest.At);
        FindEnd(report, isNewest);
        if (!isNewest)
            return;
        Refill(now);
        var known = mark is { } admitted ? admitted.Bucket + _corrections - admitted.Corrections : _bucket;
        // A refusal may find it overdrawn.
        var error = Math.Min(Off(report.Left, known), Math.Max(0, _limit + _unit - (report.WholeIn - _grain) / _interval) - known);
        // Nothing was known before the first.
        if (_number >= 0)
            error = InOrder(report.At, error);
        // What has run over since then has taken the error with it.
        if (mark is { } then && _overflown > then.Overflown)
            error = Math.Min(0, error + _overflown - then.Overflown);
        _bucket += error;
        _corrections += error;
        var since = _since.Sum;
        _since.Forget(number);
        if (mark is not null)
            CountOthers(report, since - _since.Sum);
        _number = number;
        _newest = report;
        // More was sent in one window than it holds twice.
        if (_spent - _since.Sum - _log.SpentBy(report.At - LogWindow) > 2 * _limit)
            Contradict(QuotaKinds.Log);
        if (Fading(report.At, _spent - _since.Sum).Last > 2 * _limit)
            Contradict(QuotaKinds.Counter);
        _faded = 0;
        if (_limit > 1)
            _faded = InOrder(report.At, Off(report.Left, Level(QuotaKinds.Counter, report.At, _spent - _since.Sum, 0)));
    }

    /// <summary>It is known whether an attempt has taken anything.</summary>
    public void Answered(in Admission admission, in QuotaMark mark, double units, bool isAccepted)
    {
        _unanswered = Math.Max(0, _unanswered - units);
        if (!isAccepted)
            Refund(admission, units);
        if (_probe == admission.Number)
            _probe = long.MinValue;
        // Of a bucket at least so much is left, and a part of a unit more.
        Contradict(isAccepted ? mark.Denied & ~QuotaKinds.Bucket : mark.Allowed);
        if (isAccepted && ++_accepted >= AcceptedUntilForgiven)
            Forgive();
        if (isAccepted && admission.Number >= _lateEnd)
            (_late, _lateEnd) = (LessLate * _late, _lastNumber + 1);
        if (mark.Report is not { } report)
            return;
        Judge(report, mark, isAccepted);
    }

    /// <summary>An attempt was refused; where there was just enough of it when it was sent, it came too early.</summary>
    /// <param name="refusalTime">How long refusals take, in seconds.</param>
    public void Refused(in QuotaMark mark, double refusalTime)
    {
        Network = Math.Clamp(refusalTime, NearNetwork, FarNetwork);
        if (mark.Least < 0 || (Believed & ~mark.Allowed) == 0)
            return;
        var later = Math.Max(2 * _late, Math.Min(FirstLate, FirstLateShare * _longestReset));
        (_late, _lateEnd) = (Math.Min(later, Margin), _lastNumber + 1);
    }

    /// <summary>An attempt was refused because it was used up, which its answer does not report.</summary>
    public void Empty(in Admission admission)
    {
        if (admission.Number <= _number)
            return;
        _corrections -= _bucket;
        _bucket = 0;
        (_number, _newest) = (admission.Number, new(admission.At, 0, Math.Max(admission.At, _newest.WholeAt)));
        _since.Forget(_number);
    }

    private double Reserve(double units, double now)
    {
        var isBucket = Believed == QuotaKinds.Bucket;
        // No less than the rounding of resets looks like.
        var others = _others - (isBucket ? _grain / _interval : 0);
        if (!(others > 0 && _othersTime > 0))
            return 0;
        var unseen = Math.Min(others / (1 + _othersTime), MostOthers * Rate) * (now - _newest.At);
        return Math.Min((isBucket ? unseen + units : 0) + Caution * Math.Sqrt(units * unseen), (!isBucket ? LargestUnused : _isOfRequests ? LargestReserve : LargestReserveOfTokens) * _limit);
    }

    private void CountOthers(in QuotaReport report, double since)
    {
        if (_number < 0 || report.At <= _newest.At || !BitOperations.IsPow2((int)Believed))
            return;
        // The same again is an old report.
        if (report.Left == _newest.Left && Math.Abs(report.WholeIn - _newest.WholeIn) < Moment)
            return;
        var kind = Believed;
        double taken;
        if (kind != QuotaKinds.Bucket)
        {
            // What a log gives back about then may be in the report or not.
            var returning = kind == QuotaKinds.Log ? Spent(report.At - LogWindow - Network, report.At - LogWindow + Network) : 0;
            taken = Math.Max(0, -InOrder(report.At, report.Left - Level(kind, report.At, _spent - _since.Sum, since)) - returning);
        }
        else if (_newest.WholeAt - _grain > report.At)
            taken = (report.WholeAt - _newest.WholeAt) / _interval - since;
        else
            return;
        (_others, _othersTime) = (OthersMemory * _others + taken, OthersMemory * _othersTime + report.At - _newest.At);
    }

    // Whole units are reported: of requests, what lies between is no error.
    private double Off(double left, double believed) => believed >= left && believed < left + (_isOfRequests && _others <= 0 ? 1 : Moment) ? 0 : left - believed;

    // What differs beyond what is explained by attempts that overtake each other: those sent just before may not be in a report, those sent
    // just after may be.
    private double InOrder(double at, double error) =>
        error > 0 ? Math.Max(0, error - Spent(at - Network, at - Moment)) : Math.Min(0, error + Spent(at, at + Network));

    private double Spent(double from, double to) => Math.Max(0, _log.SpentBy(to) - _log.SpentBy(from));

    /// <summary>What of it is left for what was sent now and comes so much later than what reports are of.</summary>
    private double Level(QuotaKinds kind, double now, double late)
    {
        Refill(now);
        return kind == QuotaKinds.Bucket ? LevelOfBucket(now, late) : Level(kind, now - late, _spent, _since.Sum);
    }

    // What has come back since then is not there; while it was full, nothing has.
    private double LevelOfBucket(double now, double late)
    {
        if (late <= 0)
            return Math.Min(_bucket - late / _interval, Math.Max(_bucket, _limit));
        var full = Math.Max(0, Math.Min(now, _fullTo) - Math.Max(now - late, _fullFrom));
        return _bucket - Math.Max(0, late - full) / _interval;
    }

    /// <summary>What is left of it.</summary>
    /// <param name="spent">What was spent by then in all, and since the newest report.</param>
    private double Level(QuotaKinds kind, double now, double spent, double since)
    {
        switch (kind)
        {
            case QuotaKinds.Bucket:
                return _bucket;
            case QuotaKinds.Window:
                // What was sent just before it began may have come after that.
                var own = _limit - (spent - _log.SpentBy(WindowBegan(now) - Network));
                return now < _end ? Math.Min(own, _newest.Left - since) : own;
            case QuotaKinds.Log:
                var window = LogWindow;
                var returned = _log.SpentBy(now - window);
                var kept = _limit - (spent - returned);
                return now - window >= _newest.At
                    ? kept
                    : Math.Min(kept, _newest.Left - since + Math.Max(0, returned - _log.MostSpentBy(_newest.At - window)));
            default:
                var (last, current, end) = Fading(now -= 2 * Fine, spent);
                return _limit - current - last * (end - now) / FadingPeriod + (end - FadingPeriod <= _newest.At ? _faded : 0);
        }
    }

    private double OpensAt(QuotaKinds kind, double wanted, double now, double late)
    {
        var level = Level(kind, now, late);
        if (level >= wanted - 1e-9)
            return now;
        double at;
        switch (kind)
        {
            case QuotaKinds.Bucket:
                at = now + (wanted - level) * _interval;
                if (now < _newest.WholeAt + late && wanted <= _limit - _since.Sum)
                    at = Math.Min(at, _newest.WholeAt + late);
                break;
            case QuotaKinds.Window:
                at = late + (now - late < _end ? _end : WindowBegan(now - late) + Period + 2 * Fine);
                break;
            case QuotaKinds.Log:
                at = late + _log.NextAfter(now - late - LogWindow) + LogWindow;
                if (double.IsInfinity(at))
                    at = late + _newest.WholeAt;
                break;
            default:
                var (last, current, end) = Fading(now - late - 2 * Fine, _spent);
                var free = _limit - current - wanted + (end - FadingPeriod <= _newest.At ? _faded : 0);
                at = late + 2 * Fine + (free < 0 || last <= 0 ? end : end - free * FadingPeriod / last);
                break;
        }
        return Math.Max(at + Moment, now + Fine);
    }

    private double WindowBegan(double now) => _end + (Period > 0 ? Math.Floor((now - _end) / Period) * Period : 0);

    // What the last window of a counter held, what the current one holds, and when that ends.
    private (double Last, double Current, double End) Fading(double now, double spent)
    {
        var period = FadingPeriod;
        var end = _end - period;
        if (now >= end)
            end += (Math.Floor((now - end) / period) + 1) * period;
        var begun = _log.SpentBy(end - period - Moment);
        return (begun - _log.SpentBy(end - 2 * period - Moment), spent - begun, end);
    }

    private void Refill(double now)
    {
        if (IsKnown)
        {
            var refilled = _bucket + (now - _bucketAt) / _interval;
            _bucket = Math.Min(Math.Max(_bucket, _limit), refilled);
            _overflown += refilled - _bucket;
            if (refilled > _bucket)
            {
                var fullFrom = now - (refilled - _bucket) * _interval;
                if (fullFrom > _fullTo)
                    _fullFrom = fullFrom;
                _fullTo = now;
            }
            if (now >= _newest.WholeAt && _bucketAt < _newest.WholeAt && _limit - _since.Sum - _bucket is > 0 and var missed)
                (_bucket, _corrections) = (_bucket + missed, _corrections + missed);
        }
        _bucketAt = now;
    }
}
