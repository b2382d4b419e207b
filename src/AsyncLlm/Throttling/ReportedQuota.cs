namespace AsyncLlm;

/// <summary>
/// A quota as the provider reports it: so much of it is left, so long until it is whole again. Between reports its level is computed
/// from what was admitted since; each report sets it right.
/// </summary>
/// <remarks>
/// Providers report two kinds of quota in the same words: a bucket that refills all the time (the time until it is whole grows with what
/// was taken) and a window that starts anew (the moment it is whole stays where it is). Two reports tell which.
/// </remarks>
internal sealed class ReportedQuota
{
    private const double Minute = 60;
    private const double ShortestPeriod = 5;
    private const int SureOfKind = 3;

    private double _limit;
    private double _remaining;
    private double _at;
    private double _wholeAt;
    private double _period = Minute;
    private double _spentThen;
    private double _rate;
    private int _windowVotes;
    private (double Spent, double WholeAt) _anchor;

    /// <summary>Whether there is anything to go by. A quota that is whole again within seconds is reported too late and too coarsely.</summary>
    public bool IsKnown => _limit > 0 && _limit >= Rate * ShortestPeriod;

    /// <summary>What refills per second.</summary>
    public double Rate => IsWindow ? _limit / _period : _rate;

    /// <summary>Everything admitted so far.</summary>
    public double Spent { get; private set; }

    private bool IsWindow => _windowVotes > 0;

    /// <summary>A quota that is configured instead of reported: a bucket of a minute's worth.</summary>
    public void Assume(double perMinute) => (_limit, _remaining, _rate) = (perMinute, perMinute, perMinute / Minute);

    /// <param name="at">When the attempt this answers was admitted.</param>
    /// <param name="spentThen">What <see cref="Spent"/> was then, the attempt included.</param>
    public void Observe(long? limit, long? remaining, TimeSpan? reset, double at, double spentThen)
    {
        if (limit is not > 0 || remaining is not >= 0 || at < _at)
            return;
        var wholeIn = Math.Max(0, reset?.TotalSeconds ?? 0);
        var taken = limit.Value - remaining.Value;
        var isSame = _limit == limit;
        Tell(isSame, limit.Value, taken, wholeIn, at, spentThen);
        (_limit, _remaining, _at, _spentThen, _wholeAt) = (limit.Value, remaining.Value, at, spentThen, at + wholeIn);
    }

    /// <summary>It was used up when an attempt was admitted; what was admitted since is refused too.</summary>
    public void Empty(double at)
    {
        if (_limit > 0 && at >= _at)
            (_remaining, _at, _spentThen) = (0, at, Spent);
    }

    private void Tell(bool isSame, long limit, long taken, double wholeIn, double at, double spentThen)
    {
        if (wholeIn <= 0 || taken <= 0)
        {
            if (!isSame)
                _rate = limit / Minute;
            return;
        }
        // Only whole units are reported, so that the least of several readings is the nearest.
        var rate = taken / wholeIn;
        _rate = !isSame || (taken - 1) / wholeIn > _rate ? rate : Math.Min(_rate * 1.0005, rate);
        if (!isSame || at >= _anchor.WholeAt)
            _anchor = (spentThen, at + wholeIn);
        else if (spentThen - _anchor.Spent >= Math.Max(3, 0.05 * limit))
            TellKind(wholeIn, at + wholeIn, spentThen);
    }

    // A bucket is whole later by the time it takes to refill what was spent; a window is not.
    private void TellKind(double wholeIn, double wholeAt, double spentThen)
    {
        var isWindow = wholeAt - _anchor.WholeAt < 0.3 * (spentThen - _anchor.Spent) / _rate;
        _windowVotes = Math.Clamp(_windowVotes + (isWindow ? 1 : -1), -SureOfKind, SureOfKind);
        if (isWindow)
            _period = IsWindow ? Math.Max(_period, wholeIn) : wholeIn;
        _anchor = (spentThen, wholeAt);
    }

    /// <summary>When so much of it is left that <paramref name="units"/> more may be admitted.</summary>
    public double AdmitsAt(double units, double now)
    {
        if (!IsKnown)
            return now;
        var wanted = Math.Min(units, _limit);
        var left = LevelAt(now);
        if (left >= wanted - 1e-6)
            return now;
        return IsWindow && now < _wholeAt ? _wholeAt : now + Math.Max(1e-3, (wanted - left) / Rate);
    }

    public void Admit(double units, double now)
    {
        // A new window: what was spent in the old one does not count.
        if (IsWindow && now >= _wholeAt)
            (_remaining, _spentThen, _at, _wholeAt) = (_limit, Spent, now, now + _period);
        Spent += units;
    }

    /// <summary>Gives back what was reserved too much.</summary>
    public void Refund(double units) => Spent -= units;

    private double LevelAt(double now)
    {
        var since = Spent - _spentThen;
        if (IsWindow)
            return now < _wholeAt ? _remaining - since : _limit;
        return Math.Min(_limit, _remaining + _rate * (now - _at) - since);
    }
}
