namespace AsyncLlm;

/// <summary>When the next attempt may start: as the provider's reports say, and as its refusals say where no report explains them.</summary>
internal sealed class Pacer
{
    // What is left is not sent in one burst, since another quota may hold that nobody reports: 5 a second at first, e times as fast every
    // two seconds, or sixth of one once there are reports, so that what is refused before the first refusal is back is a fraction of what
    // was accepted.
    private const double FirstSpeed = 5;
    // Of a limiter, which knows a quota: as fast as without one.
    private const double FirstSpeedShared = 20;
    private const double SpeedUp = 0.5;
    private const double SpeedUpReported = 6;
    // A quota that is reported is sent in a second at least.
    private const double MostSpeedReported = 100;
    private const double CostMemory = 0.98;
    // So much of the usual error of an estimate is kept back, for each of those on their way.
    private const double CostCaution = 2;
    // By how many seconds what refusals and reports say differs, besides that one may count whole seconds.
    private const double Tolerance = 0.05;
    // A pause is doubled no more than that.
    private const int MostDoublings = 10;
    // More answers than that in a row without a report: none is expected any more.
    private const int ReportPatience = 2000;

    private readonly bool _isShared;
    private readonly BlindPacer _blind;
    private readonly ReportedQuota _requests = new();
    private readonly ReportedQuota _tokens = new(coarsestUnit: 1000);
    // Of the last fifty calls or so.
    private double _estimated;
    private double _taken;
    private double _costRatio = 1;
    private double _costError;
    private bool _isBlind = true;
    private double _speed;
    // When the next attempt is due at that speed.
    private double _dueAt = double.NegativeInfinity;
    private double _openedAt = double.NaN;
    private double _closedUntil = double.NegativeInfinity;
    private long _unreported;
    private long _epochEnd = -1;
    // Where it was still closed after a pause that reports explain, one attempt finds out whether it is open.
    private long _probe = long.MaxValue;
    private double _probedAt;
    private double _refusalTime;
    private int _failedProbes;

    /// <param name="isShared">Whether other processes use the quota too, as a limiter gives it to them.</param>
    public Pacer(double? requestsPerMinute, double? tokensPerMinute, bool isShared = false)
    {
        _isShared = isShared;
        _speed = isShared ? FirstSpeedShared : FirstSpeed;
        _blind = new(requestsPerMinute);
        if (tokensPerMinute is { } tokens)
            _tokens.Assume(tokens);
    }

    /// <summary>How many attempts were admitted.</summary>
    public long Admitted => _blind.Admitted;

    /// <summary>Until when a refusal keeps everybody out.</summary>
    public double ClosedUntil => _isBlind ? Math.Max(_closedUntil, _blind.ClosedUntil) : _closedUntil;

    /// <summary>The pace now, per second; infinite when no limit is known.</summary>
    public double RequestRate => Math.Min(_isBlind ? _blind.Rate : double.PositiveInfinity, _requests.IsKnown ? _requests.Rate : double.PositiveInfinity);

    /// <summary>The pace of tokens now, per second; infinite when no limit is known.</summary>
    public double TokenRate => _tokens.IsKnown ? _tokens.Rate : double.PositiveInfinity;

    public double AdmitsAt(int tokens, int inFlight, double now)
    {
        if (now < ClosedUntil)
            return ClosedUntil;
        if (Admitted > _probe && now < _probedAt + BlindPacer.Unrefused * _refusalTime)
            return _probedAt + BlindPacer.Unrefused * _refusalTime;
        var at = !_isBlind || _isShared ? now : _blind.AdmitsAt(inFlight, now);
        if (!_isBlind || _isShared || _epochEnd < 0)
            at = Math.Max(at, Math.Max(_dueAt, _blind.SpacedAt(double.PositiveInfinity, now)));
        return Math.Max(at, Math.Max(_requests.AdmitsAt(1, inFlight > 0, now), _tokens.AdmitsAt(_costRatio * tokens + CostCaution * _costError * Math.Sqrt(1 + inFlight), inFlight > 0, now)));
    }

    public Admission Admit(int tokens, int inFlight, double now)
    {
        _speed = _isBlind ? _speed + SpeedUp : Math.Min(_speed + SpeedUpReported, Math.Max(MostSpeedReported, _requests.Limit));
        _dueAt = (!_isBlind && now < _dueAt + BlindPacer.Granularity ? _dueAt : now) + 1 / _speed;
        if (double.IsNaN(_openedAt))
            _openedAt = now;
        if (Admitted == _probe)
            _probedAt = now;
        var reserved = _costRatio * tokens;
        var (requests, tokensLeft) = (_requests.Admit(Admitted, 1, now), _tokens.Admit(Admitted, reserved, now));
        return _blind.Admit(inFlight, now, isPaced: _isBlind) with { ReservedTokens = reserved, Marks = _unreported < ReportPatience ? new(requests, tokensLeft) : null };
    }

    public void Answered(in Admission admission)
    {
        if (admission.Number >= _probe)
            _probe = long.MaxValue;
        Settle(admission, isAccepted: true);
        _blind.Answered(admission);
    }

    private void Settle(in Admission admission, bool isAccepted)
    {
        _unreported++;
        if (admission.Marks is not { } marks)
        {
            if (!isAccepted)
            {
                _requests.Refund(admission, 1);
                _tokens.Refund(admission, admission.ReservedTokens);
            }
            return;
        }
        _requests.Answered(admission, marks.Requests, 1, isAccepted);
        _tokens.Answered(admission, marks.Tokens, admission.ReservedTokens, isAccepted);
    }

    public void Refused(in Admission admission, double? retryAfter, double now)
    {
        var isNew = admission.Number >= _epochEnd;
        var isProbe = admission.Number == _epochEnd;
        var sent = Admitted - Math.Max(0, _epochEnd);
        if (isNew)
            _epochEnd = Admitted;
        var explains = Explanation(admission);
        Settle(admission, isAccepted: false);
        if (explains is null)
        {
            _isBlind = true;
            if (!_isShared)
                _speed = FirstSpeed;
            else if (isNew)
                (_speed, _openedAt) = (Math.Max(FirstSpeed, sent / Math.Max(1e-3, now - _openedAt)), now);
            _dueAt = now + 1 / _speed;
            _blind.Refused(admission, retryAfter, now);
            return;
        }
        explains.Empty(admission);
        if (!isNew)
            return;
        ref var mark = ref explains == _requests ? ref admission.Marks!.Requests : ref admission.Marks!.Tokens;
        _refusalTime = Math.Max(now - admission.At, 0.8 * _refusalTime);
        explains.Refused(mark, _refusalTime);
        _failedProbes = isProbe ? _failedProbes + 1 : 0;
        // Whatever the reports say: the more often it is still closed, the longer it is let be.
        var pause = _failedProbes == 0 ? 0 : _refusalTime * Math.Pow(2, Math.Min(_failedProbes, MostDoublings));
        if (retryAfter is { } wait)
            explains.Told(admission.At + wait, wait == Math.Floor(wait) ? 1 + Tolerance : Tolerance, explains == _requests ? 1 : admission.ReservedTokens, now);
        // What is whole again refuses nobody.
        var asked = retryAfter ?? 0;
        if (mark.Report is { } report)
            asked = Math.Min(asked, Math.Max(0, report.WholeAt - now));
        _closedUntil = now + Math.Max(asked, pause);
        if (isProbe)
            (_speed, _probe) = (FirstSpeed, Admitted);
    }

    /// <summary>The quota that was used up when an attempt was admitted, as far as reports say.</summary>
    private ReportedQuota? Explanation(in Admission admission)
    {
        if (admission.Marks is not { } marks)
            return null;
        if (_requests.IsKnown && IsUsedUp(marks.Requests, 1))
            return _requests;
        return _tokens.IsKnown && admission.ReservedTokens > 0 && IsUsedUp(marks.Tokens, admission.ReservedTokens) ? _tokens : null;
    }

    private static bool IsUsedUp(in QuotaMark mark, double units) => mark.Report is { } report ? report.Left < units : mark.Least < 0;

    /// <summary>Gives back the tokens an attempt has reserved and not taken.</summary>
    public void Refund(in Admission admission, double tokens) => _tokens.Refund(admission, tokens);

    /// <summary>An attempt has taken so many tokens where so many were estimated; the next are reserved accordingly.</summary>
    public void Settle(in Admission admission, int estimated, int tokens)
    {
        Refund(admission, admission.ReservedTokens - tokens);
        if (estimated <= 0)
            return;
        (_estimated, _taken) = (CostMemory * _estimated + estimated, CostMemory * _taken + Math.Max(0, tokens));
        _costError += (1 - CostMemory) * (Math.Abs(_costRatio * estimated - tokens) - _costError);
        _costRatio = _taken / _estimated;
    }

    /// <param name="answered">The attempt that was answered, if that is known.</param>
    public void Observe(in LlmRateInfo info, Admission? answered, double now)
    {
        var wasKnown = _requests.IsKnown;
        if (Reported(info.RequestLimit, info.RequestsRemaining, info.RequestsReset, answered?.At ?? now) is { } requests)
        {
            if (answered?.Marks is { } marks)
                marks.Requests.Report = requests;
            _requests.Observe(info.RequestLimit!.Value, requests, answered?.Number ?? Admitted - 1, answered?.Marks?.Requests, now);
        }
        if (Reported(info.TokenLimit, info.TokensRemaining, info.TokensReset, answered?.At ?? now) is { } tokens)
        {
            if (answered?.Marks is { } marks)
                marks.Tokens.Report = tokens;
            _tokens.Observe(info.TokenLimit!.Value, tokens, answered?.Number ?? Admitted - 1, answered?.Marks?.Tokens, now);
        }
        if (!wasKnown && _requests.IsKnown)
            _isBlind = false;
        _unreported = 0;
    }

    // Less than nothing is left where refusals count too; without a time until it is whole that says that it is not known.
    private static QuotaReport? Reported(long? limit, long? left, TimeSpan? reset, double at) =>
        limit > 0 && (left >= 0 || (left < 0 && reset > TimeSpan.Zero)) ? new(at, left.Value, at + Math.Max(0, reset?.TotalSeconds ?? 0)) : null;
}
