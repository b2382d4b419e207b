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
    private const double MinuteOf = 60;

    private double _limit;
    private double _remaining;
    private double _at;
    private double _wholeAt;
    private double _spentThen;
    private double _rate;
    private bool _isWindow;
    private double _spent;

    /// <summary>Whether there is anything to go by.</summary>
    public bool IsKnown => _limit > 0;

    /// <summary>What refills per second.</summary>
    public double Rate => _isWindow ? _limit / MinuteOf : _rate;

    /// <summary>Everything admitted so far.</summary>
    public double Spent => _spent;

    /// <summary>A quota that is configured instead of reported: a bucket of a minute's worth.</summary>
    public void Assume(double perMinute) => (_limit, _remaining, _rate) = (perMinute, perMinute, perMinute / MinuteOf);

    /// <param name="at">When the attempt this answers was admitted.</param>
    /// <param name="spentThen">What <see cref="Spent"/> was then, the attempt included.</param>
    public void Observe(long? limit, long? remaining, TimeSpan? reset, double at, double spentThen)
    {
        if (limit is not > 0 || remaining is not >= 0 || at < _at)
            return;
        var wholeIn = Math.Max(0, reset?.TotalSeconds ?? 0);
        var taken = limit.Value - remaining.Value;
        var rate = wholeIn > 0 && taken > 0 ? taken / wholeIn : limit.Value / MinuteOf;
        var spent = spentThen - _spentThen;
        // A bucket is whole later by the time it takes to refill what was spent; a window is not.
        if (IsKnown && _limit == limit && spent > 0 && wholeIn > 0)
            _isWindow = at < _wholeAt && at + wholeIn - _wholeAt < 0.5 * spent / rate;
        (_limit, _remaining, _at, _spentThen, _wholeAt) = (limit.Value, remaining.Value, at, spentThen, at + wholeIn);
        _rate = rate;
    }

    /// <summary>When so much of it is left that <paramref name="units"/> more may be admitted.</summary>
    public double AdmitsAt(double units, double now)
    {
        if (!IsKnown)
            return now;
        var wanted = Math.Min(units, _limit);
        var left = LevelAt(now);
        if (left >= wanted)
            return now;
        return _isWindow ? Math.Max(now, _wholeAt) : now + (wanted - left) / _rate;
    }

    public double LevelAt(double now)
    {
        var sinceThen = _spent - _spentThen;
        if (!_isWindow)
            return Math.Min(_limit, _remaining + _rate * (now - _at)) - sinceThen;
        return (now < _wholeAt ? _remaining : _limit) - sinceThen;
    }

    public void Admit(double units, double now)
    {
        // A new window: what was spent in the old one does not count.
        if (_isWindow && now >= _wholeAt)
            (_remaining, _spentThen, _at, _wholeAt) = (_limit, _spent, now, _wholeAt + MinuteOf);
        _spent += units;
    }

    /// <summary>Gives back what was reserved too much.</summary>
    public void Refund(double units) => _spent -= units;
}
