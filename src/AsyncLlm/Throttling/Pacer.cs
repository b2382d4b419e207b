namespace AsyncLlm;

/// <summary>When the next attempt may start: as the provider's reports say where they hold true, else as its refusals say.</summary>
internal sealed class Pacer
{
    private const int Strikes = 2;
    // What is left is not sent in one burst: reports are told apart by the order of the attempts they answer.
    private const double CatchUp = 100;

    private readonly BlindPacer _blind;
    private readonly ReportedQuota _requests = new();
    private readonly ReportedQuota _tokens = new();
    private double _wrongReports;
    private long _distrustedUntil;
    private long _parole = 500;

    public Pacer(double? requestsPerMinute, double? tokensPerMinute)
    {
        _blind = new(requestsPerMinute);
        if (tokensPerMinute is { } tokens)
            _tokens.Assume(tokens);
    }

    /// <summary>How many attempts were admitted.</summary>
    public long Admitted => _blind.Admitted;

    /// <summary>Until when a refusal keeps everybody out.</summary>
    public double ClosedUntil => _blind.ClosedUntil;

    /// <summary>The pace now, per second; infinite when no limit is known.</summary>
    public double RequestRate => IsReported ? _requests.Rate : _blind.Rate;

    /// <summary>The pace of tokens now, per second; infinite when no limit is known.</summary>
    public double TokenRate => _tokens.IsKnown ? _tokens.Rate : double.PositiveInfinity;

    private bool IsReported => _requests.IsKnown && Admitted >= _distrustedUntil;

    public double AdmitsAt(int tokens, int inFlight, double now)
    {
        if (now < ClosedUntil)
            return ClosedUntil;
        var at = IsReported ? Math.Max(_requests.AdmitsAt(1, now), _blind.SpacedAt(CatchUp * _requests.Rate, now)) : _blind.AdmitsAt(inFlight, now);
        return Math.Max(at, _tokens.AdmitsAt(tokens, now));
    }

    public Admission Admit(int tokens, int inFlight, double now)
    {
        _requests.Admit(1, now);
        _tokens.Admit(tokens, now);
        return _blind.Admit(inFlight, now, isPaced: !IsReported) with { TokensSpent = _tokens.Spent };
    }

    public void Answered(Admission admission) => _blind.Answered(admission);

    public void Refused(Admission admission, double? retryAfter, double now)
    {
        // Had the reports been true, it would not have been refused.
        if (IsReported && _blind.IsNewEpoch(admission) && ++_wrongReports > Strikes)
        {
            _wrongReports = 0;
            _distrustedUntil = Admitted + _parole;
            _parole *= 2;
        }
        if (_blind.IsNewEpoch(admission))
            _requests.Empty(admission.At);
        _blind.Refused(admission, retryAfter, now);
    }

    /// <summary>Gives back the tokens a call has not taken.</summary>
    public void Refund(int tokens) => _tokens.Refund(tokens);

    /// <param name="admission">The attempt that was answered, if that is known.</param>
    public void Observe(in LlmRateInfo info, Admission? admission, double now)
    {
        _wrongReports *= 0.99;
        var at = admission?.At ?? now;
        _requests.Observe(info.RequestLimit, info.RequestsRemaining, info.RequestsReset, at, admission?.Number + 1 ?? _requests.Spent);
        _tokens.Observe(info.TokenLimit, info.TokensRemaining, info.TokensReset, at, admission?.TokensSpent ?? _tokens.Spent);
    }
}
