namespace AsyncLlm;

/// <summary>
/// Finds a limit of what may be in flight. Such a limit refuses at one and the same number in flight, whatever the pace; and it refuses
/// nothing below.
/// </summary>
internal sealed class InFlightLimit
{
    private const int FirstNeeded = 2;
    private const int TestsUntilWrong = 3;

    private int _limit = int.MaxValue;
    private int _seen;
    private int _timesSeen;
    private int _timesNeeded = FirstNeeded;
    private long _untilTest;
    private long _testEvery;
    private int _testsPassed;
    private int _strikes;

    /// <summary>Whether it is what holds the calls back.</summary>
    public bool IsKnown => _limit != int.MaxValue;

    public bool Allows(int inFlight) => inFlight < _limit || inFlight == _limit && _untilTest <= 0;

    public void Admit(int inFlight)
    {
        if (!IsKnown)
            return;
        _untilTest--;
        if (inFlight >= _limit)
            _untilTest = _testEvery;
    }

    /// <summary>One more than the limit was let through.</summary>
    public void Answered(int inFlight)
    {
        if (!IsKnown || inFlight < _limit)
            return;
        _limit++;
        _untilTest = 0;
        if (++_testsPassed >= TestsUntilWrong)
            Forget();
    }

    /// <summary>Whether the limit explains the refusal.</summary>
    public bool Explains(int inFlight, long sinceReopened)
    {
#if PBTRACE
        Console.Error.WriteLine($"n= limit {_limit} if {inFlight} since {sinceReopened} seen {_seen} {_timesSeen}/{_timesNeeded}");
#endif
        if (IsKnown)
        {
            if (inFlight >= _limit)
            {
                _strikes = 0;
                _testsPassed = 0;
                _untilTest = _testEvery *= 2;
                return true;
            }
            var isNear = inFlight >= Math.Min(0.9 * _limit, _limit - _testsPassed);
            (_limit, _testsPassed) = (inFlight, 0);
            if (inFlight > 0 && isNear)
                return true;
            Forget();
            return false;
        }
        if (Math.Abs(sinceReopened - inFlight) <= 0.2 * inFlight)
            return false;
        (_seen, _timesSeen) = inFlight > 0 && inFlight == _seen ? (_seen, _timesSeen + 1) : (inFlight, 0);
        if (_timesSeen < _timesNeeded)
            return false;
        _limit = _seen;
        _strikes = 0;
        _testsPassed = 0;
        _untilTest = _testEvery = Math.Max(16, _limit);
        return true;
    }

    private void Forget()
    {
#if PBTRACE
        Console.Error.WriteLine($"n= forget limit {_limit} strikes {_strikes} tests {_testsPassed}");
#endif
        _limit = int.MaxValue;
        _timesSeen = 0;
        _timesNeeded *= 2;
    }
}
