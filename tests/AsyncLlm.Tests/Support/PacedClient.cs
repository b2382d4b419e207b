namespace AsyncLlm.Tests.Support;

/// <summary>What a server answers.</summary>
internal readonly record struct Decision(bool IsAccepted, double RetryAfter, LlmRateInfo Report);

/// <summary>Always has another attempt to send, as early as a pacer lets it.</summary>
/// <param name="decide">What the server decides at a moment.</param>
internal sealed class PacedClient(Pacer pacer, Func<double, Decision> decide)
{
    private readonly PriorityQueue<(Admission Admission, Decision Decision), double> _answers = new();
    private double _now;

    /// <summary>How long an accepted attempt takes, in seconds.</summary>
    public required Func<double> Latency { get; init; }

    public required Func<double> RefusalLatency { get; init; }

    public int Accepted { get; private set; }

    public int Refused { get; private set; }

    public double LastAcceptedAt { get; private set; }

    public void RunUntil(double end)
    {
        while (Next() is var (at, isAnswer) && at < end)
            Step(at, isAnswer);
    }

    public void RunUntilAccepted(int count)
    {
        while (Accepted < count && Next() is var (at, isAnswer))
            Step(at, isAnswer);
    }

    private (double At, bool IsAnswer) Next()
    {
        var at = pacer.AdmitsAt(0, _answers.Count, _now);
        return _answers.TryPeek(out _, out var answered) && answered <= at ? (answered, true) : (Math.Max(_now, at), false);
    }

    private void Step(double at, bool isAnswer)
    {
        var hasCome = at <= _now;
        _now = Math.Max(_now, at);
        if (isAnswer)
            Answer();
        // Asked again then, it may say later.
        else if (hasCome)
            Send();
    }

    private void Send()
    {
        var admission = pacer.Admit(0, _answers.Count, _now);
        var decision = decide(_now);
        _answers.Enqueue((admission, decision), _now + (decision.IsAccepted ? Latency() : RefusalLatency()));
        if (!decision.IsAccepted)
            Refused++;
        else
            (Accepted, LastAcceptedAt) = (Accepted + 1, _now);
    }

    private void Answer()
    {
        var (admission, decision) = _answers.Dequeue();
        // Like the engine, which does not know them without their marks.
        pacer.Observe(decision.Report, admission.Marks is null ? null : admission, _now);
        if (decision.IsAccepted)
            pacer.Answered(admission);
        else
            pacer.Refused(admission, decision.RetryAfter, _now);
    }
}
