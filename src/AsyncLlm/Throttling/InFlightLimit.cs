namespace AsyncLlm;

/// <summary>
/// Finds a limit of what may be in flight. Such a limit refuses at one and the same number in flight, whatever the pace, and nothing
/// below; once it is known, one more than that is tried now and then.
/// </summary>
internal sealed class InFlightLimit
{
    private const int None = int.MaxValue;
    private const int TestsUntilGone = 3;
    private const int ShortestTestCycle = 16;
    private const int SmallNumber = 2;
    private const double UnseenShare = 0.06;
    private const int MostUnseen = 2;
    // What is refused counts as in flight until its answer is back, so that a single number may be wrong.
    private const int StrikesUntilGone = 2;

    private int _limit = None;
    private int _seen;
    private int _timesSeen;
    private int _timesNeeded = 2;
    private long _untilTest;
    private long _testCycle;
    private int _testsPassed;
    private long _test = -1;
    private int _strikes;

    // So many of them may not have arrived yet, or have been answered without our knowing.
    private double Unseen => Math.Min(MostUnseen, Math.Round(UnseenShare * _seen));

    /// <summary>Whether it is what holds the calls back.</summary>
    public bool IsKnown => _limit != None;

    public bool Allows(int inFlight) => inFlight < _limit || (inFlight == _limit && _untilTest <= 0);

    /// <param name="number">The how-manieth attempt it is.</param>
    /// <param name="inFlight">How many others are in flight.</param>
    public void Admit(long number, int inFlight)
    {
        _untilTest--;
        if (inFlight >= _limit)
            (_test, _untilTest) = (number, _testCycle);
    }

    /// <param name="number">The how-manieth attempt it was.</param>
    /// <param name="inFlight">How many others were in flight when it was admitted.</param>
    public void Answered(long number, int inFlight)
    {
        if (!IsKnown && inFlight >= _seen)
            _timesSeen = inFlight > _seen + Unseen ? 0 : Math.Max(0, _timesSeen - 1);
        if (number != _test || !IsKnown)
            return;
        _test = -1;
        _limit++;
        _untilTest = 0;
        if (++_testsPassed >= TestsUntilGone)
            Forget();
    }

    /// <param name="inFlight">How many others were in flight when the attempt was admitted.</param>
    /// <param name="sinceReopened">How many were admitted since the last pause.</param>
    public void Refused(int inFlight, long sinceReopened)
    {
        if (!IsKnown)
            Look(inFlight, sinceReopened);
        // The one that was tried may have overtaken one that was not.
        else if (inFlight > 0 && inFlight >= _limit - _testsPassed - (_test >= 0 ? 1 : 0))
            Hold(Math.Clamp(inFlight, _limit - _testsPassed, _limit), 2 * _testCycle);
        else if (++_strikes >= StrikesUntilGone)
            Forget();
    }

    private void Look(int inFlight, long sinceReopened)
    {
        // When all of them were sent since the pause, any limit would be reached at the same number each time.
        if (Math.Abs(sinceReopened - inFlight) <= 0.2 * inFlight)
            return;
        (_seen, _timesSeen) = inFlight > 0 && Math.Abs(inFlight - _seen) <= Unseen ? (Math.Min(inFlight, _seen), _timesSeen + 1) : (inFlight, 0);
        // Small numbers are equal by chance.
        if (_timesSeen >= _timesNeeded + SmallNumber / Math.Max(1, _seen))
            Hold(_seen, Math.Max(ShortestTestCycle, _seen));
    }

    private void Hold(int limit, long testCycle) => (_limit, _test, _testsPassed, _strikes, _testCycle, _untilTest) = (limit, -1, 0, 0, testCycle, testCycle);

    // It was another kind of limit: look more closely before it is believed again.
    private void Forget() => (_limit, _timesSeen, _timesNeeded) = (None, 0, 2 * _timesNeeded);
}
