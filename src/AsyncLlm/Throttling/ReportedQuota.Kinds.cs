namespace AsyncLlm;

/// <content>
/// Which kind of quota it is. How the time until all is left changes is different for each: of a bucket it grows with what is missing; of
/// a window it ends at the same moment, whatever is sent; of a log it is the window, after each attempt; of a counter it ends at the same
/// moment until the next window begins, and then a window later. Other traffic changes none of that.
/// </content>
internal sealed partial class ReportedQuota
{
    // The coarsest and the finest a reset is reported in.
    private const double Coarse = 1;
    private const double Fine = 0.001;
    private const double Tolerance = 0.02;
    // How differently long two requests may take to the provider, at least and at most: no longer than refusals take.
    private const double NearNetwork = 0.15;
    private const double FarNetwork = 0.5;
    private const int MostContradictions = 4;
    private const int AcceptedUntilForgiven = 1000;

    private static readonly QuotaKinds[] Kinds = [QuotaKinds.Bucket, QuotaKinds.Window, QuotaKinds.Log, QuotaKinds.Counter];

    private readonly int[] _contradictions = new int[4];
    private int _accepted;
    private double _fraction = double.NaN;
    private double _grain = Coarse;
    private double _longestReset;
    private double _shortestReset = double.PositiveInfinity;

    // Of a bucket: how long one unit takes to come back, and between which bounds that lies.
    private double _interval = double.PositiveInfinity;
    private double _leastInterval;
    private double _mostInterval = double.PositiveInfinity;
    private double _fewestTaken = double.PositiveInfinity;
    private QuotaReport _paceStart;
    private QuotaMark _paceMark;

    // Of a log.
    private double _leastWindow;
    private double _mostWindow = double.PositiveInfinity;

    // Of a window and a counter: the last report, from one end to the next, and the newest end.
    private QuotaReport _clock;
    private double _period = double.PositiveInfinity;
    private double _firstEnd;
    private double _periods;
    private double _end;
    // Of a counter: how much more is left in the window of the newest report than was spent by us.
    private double _faded;

    // How differently long two requests may take to the provider; a report is dated by when its request was sent.
    private double Network { get; set; } = NearNetwork;

    // By less than that it depends on the network whether there is room.
    private double Margin => Math.Min(Network, ResetShare * _longestReset);

    private QuotaKinds Believed { get; set; } = QuotaKinds.Bucket;

    private double LogWindow => double.IsFinite(_mostWindow) ? _mostWindow : _longestReset;

    // As long as no two ends are known: no shorter than that.
    private double Period => double.IsFinite(_period) ? _period : _longestReset;

    // After an attempt a counter is whole at the end of the next window: who only sends when it is whole sees every other window.
    private double FadingPeriod => Math.Max(Fine, double.IsFinite(_period) ? _period / Math.Max(1, Math.Ceiling(_period / (_shortestReset + _grain))) : 0.5 * _longestReset);

    // One that is never whole later does not tell.
    private QuotaKinds Usable => _longestReset <= 0 ? QuotaKinds.Bucket : QuotaKinds.All;

    private bool IsBelieved(QuotaKinds kind) => (Believed & kind) != 0;

    private void Contradict(QuotaKinds kinds)
    {
        var least = int.MaxValue;
        for (var index = 0; index < Kinds.Length; index++)
        {
            if ((kinds & Kinds[index]) != 0)
                _contradictions[index]++;
            if ((Usable & Kinds[index]) != 0)
                least = Math.Min(least, _contradictions[index]);
        }
        var was = Believed;
        Believed = QuotaKinds.None;
        for (var index = 0; index < Kinds.Length; index++)
        {
            if (_contradictions[index] == least && (Usable & Kinds[index]) != 0)
                Believed |= Kinds[index];
            _contradictions[index] = Math.Clamp(_contradictions[index] - least, 0, MostContradictions);
        }
        if (Believed != was)
            (_others, _othersTime) = (0, 0);
    }

    // What was contradicted so long ago may have been so by chance: a refusal contradicts every kind that allowed it.
    private void Forgive()
    {
        _accepted = 0;
        for (var index = 0; index < Kinds.Length; index++)
            _contradictions[index] = Math.Max(0, _contradictions[index] - 1);
        Contradict(QuotaKinds.None);
    }

    private void Judge(in QuotaReport report, in QuotaMark mark, bool isAccepted)
    {
        if (report.WholeIn <= 0)
            return;
        JudgeBucket(report, mark, isAccepted);
        JudgeLog(report, isAccepted);
        JudgeClock(report, isAccepted);
    }

    private void JudgeBucket(in QuotaReport report, in QuotaMark mark, bool isAccepted)
    {
        // One that holds a part of a unit more does not say so.
        var taken = Math.Max(0, _limit - report.Left);
        // A refusal may find it overdrawn.
        var least = isAccepted || report.Left > 0 ? (report.WholeIn - _grain) / (taken + 1) : 0;
        var fewest = Math.Max(taken - _unit, isAccepted && _isOfRequests ? 1 : 0);
        var most = fewest > 0 ? report.WholeIn / fewest : double.PositiveInfinity;
        if (_isOfRequests && isAccepted)
        {
            var spent = mark.Spent - _paceMark.Spent;
            // What was sent just before it may come after it.
            var surely = spent - Spent(report.At - Network, report.At);
            if (surely > 0 && _paceMark.Refunds == _refunds && _paceStart.WholeAt > 0)
                most = Math.Min(most, (report.WholeAt - _paceStart.WholeAt + _grain + Network) / surely);
            // What is refunded was not spent, and where it was idle it is not told how fast it refills.
            if (_paceStart.WholeAt <= 0 || _paceMark.Refunds != _refunds || spent * _interval < 0.5 * (report.At - _paceStart.At))
                (_paceStart, _paceMark) = (report, mark);
        }
        if (Math.Max(least, _leastInterval) > Math.Min(most, _mostInterval) * (1 + Tolerance))
        {
            Contradict(QuotaKinds.Bucket);
            (_leastInterval, _mostInterval, _fewestTaken) = (0, double.PositiveInfinity, double.PositiveInfinity);
            return;
        }
        // Of no other kind the time until it is whole grows with what is missing; where resets are too coarse to see it, that is not known.
        if (taken - _unit > 3 * (_fewestTaken + 1) && Math.Max(least, _leastInterval) > 0.5 * Math.Min(most, _mostInterval))
        {
            Contradict(QuotaKinds.All & ~QuotaKinds.Bucket);
            _fewestTaken = taken;
        }
        _fewestTaken = Math.Min(_fewestTaken, taken);
        (_leastInterval, _mostInterval) = (Math.Max(least, _leastInterval), Math.Min(most, _mostInterval));
        _interval = double.IsFinite(_mostInterval) ? Math.Max(_leastInterval, _mostInterval) : Math.Max(_leastInterval, _interval);
    }

    private void JudgeLog(in QuotaReport report, bool isAccepted)
    {
        var (least, most) = (report.WholeIn - _grain, isAccepted ? report.WholeIn : double.PositiveInfinity);
        if (Math.Max(least, _leastWindow) > Math.Min(most, _mostWindow) + Fine)
        {
            Contradict(QuotaKinds.Log);
            (_leastWindow, _mostWindow) = (least, most);
            return;
        }
        (_leastWindow, _mostWindow) = (Math.Max(least, _leastWindow), Math.Min(most, _mostWindow));
    }

    private void JudgeClock(in QuotaReport report, bool isAccepted)
    {
        if (isAccepted)
            _shortestReset = Math.Min(_shortestReset, report.WholeIn);
        if (_clock.WholeAt > 0)
        {
            var (earlier, later) = report.At < _clock.At ? (report, _clock) : (_clock, report);
            var difference = later.WholeAt - earlier.WholeAt;
            MeasurePeriod(earlier.WholeAt, later.WholeAt);
            // The next end comes when the window is over, or, of a counter, when the next one has begun.
            if (Math.Abs(difference) > _grain + Network && later.At < earlier.WholeAt - _grain - Network)
                Contradict(QuotaKinds.Window);
            var next = earlier.WholeAt - FadingPeriod;
            if (double.IsFinite(_period) && (Math.Abs(difference) <= Network ? isAccepted && later.At > next + _grain + Network : difference < 0 || later.At < next - _grain - Network))
                Contradict(QuotaKinds.Counter);
        }
        if (report.At > _clock.At || _clock.WholeAt == 0)
            _clock = report;
        if (double.IsInfinity(_period))
            return;
        if (report.WholeIn > _period + _grain + Fine)
            Contradict(QuotaKinds.Window);
        if (report.WholeIn > 2 * FadingPeriod + _grain + Fine)
            Contradict(QuotaKinds.Counter);
    }

    // The shortest time between two ends; over many of them, what is rounded does not matter.
    private void MeasurePeriod(double earlier, double later)
    {
        // No window is shorter than a reset, no counter than half of one.
        if (later - earlier <= Math.Max(Network, 0.5 * _longestReset - _grain - Network))
            return;
        // Ends are whole periods apart: what is over is a multiple of it too, and a reset takes one of a window and two of a counter at most.
        var over = Math.Abs(Math.IEEERemainder(later - earlier, _period));
        var precision = (_grain + Network) * (1 + Math.Ceiling((later - earlier) / _period));
        if (over > precision && over + precision < _longestReset)
            Contradict(over + precision < 0.5 * _longestReset ? QuotaKinds.Window | QuotaKinds.Counter : QuotaKinds.Window);
        if (later - earlier < _period - _grain - Network)
            (_period, _firstEnd, _periods) = (later - earlier, earlier, 1);
        var periods = Math.Round((later - _firstEnd) / _period);
        if (periods >= _periods && Math.Abs((later - _firstEnd) / periods - _period) <= (_grain + Network) * (1 / periods + 1 / _periods))
            (_period, _periods) = ((later - _firstEnd) / periods, periods);
    }

    // The later an end is reported, the sooner that request arrived: who is sent at the latest of them is not early.
    private void FindEnd(in QuotaReport report, bool isNewest)
    {
        var expected = double.IsFinite(_period) && _period > 2 * Network ? _end + Math.Round((report.WholeAt - _end) / _period) * _period : _end;
        if (Math.Abs(report.WholeAt - expected) <= Network)
            _end = Math.Max(_end, Math.Max(report.WholeAt, expected));
        else if (isNewest)
            _end = report.WholeAt;
    }

    private void Resize(double limit)
    {
        if (IsKnown)
            _interval *= _limit / limit;
        _bucket += limit - _limit;
        _corrections += limit - _limit;
        _limit = limit;
        (_leastInterval, _mostInterval, _paceStart) = (0, double.PositiveInfinity, default);
    }

    private void GuessInterval(in QuotaReport report, long number)
    {
        if (!double.IsInfinity(_interval))
            return;
        var taken = _limit - report.Left;
        _interval = report.WholeIn > 0 ? report.WholeIn / Math.Max(0.5 * _unit, taken - 0.5 * _unit) : Minute / _limit;
        // Whole at the start, as it mostly is, it lacks only what was sent since.
        if (_isOfRequests && report.WholeIn > 0 && number > 0)
            _interval = Math.Min(_interval, Math.Max(report.WholeIn / (taken + 1), (report.WholeAt - _startedAt) / number));
    }

    private void FindGrain(in QuotaReport report)
    {
        while (_unit > 1 && report.Left % _unit != 0)
            _unit /= 10;
        if (report.WholeIn <= 0 || _grain == Fine)
            return;
        // Whole seconds of some clock always have the same fraction on ours.
        if (Math.Abs(Math.IEEERemainder(report.WholeAt - _fraction, Coarse)) > 1e-5 && Math.Abs(Math.IEEERemainder(report.WholeIn, Coarse)) > 1e-5)
            _grain = Fine;
        _fraction = report.WholeAt - Math.Floor(report.WholeAt);
    }
}
