namespace AsyncLlm;

/// <summary>
/// Closed while the service does not work: after a 503 or 529, or three connections in a row that failed. Then one probe at a time
/// goes through, and the first that comes through to the service opens it.
/// </summary>
internal sealed class ServiceGate(Backoff backoff)
{
    private const int ConnectionFailuresUntilClosed = 3;
    private const double FirstPause = 1;
    private const double LongestPause = 30;

    private bool _isProbing;
    private int _failures;
    private int _connectionFailures;
    private double _connectionFailedAt = double.NegativeInfinity;

    public bool IsClosed { get; private set; }

    public double ClosedUntil { get; private set; }

    /// <summary>When the next attempt may start; never, while a probe runs.</summary>
    public double AdmitsAt(double now) => !IsClosed ? now : _isProbing ? double.PositiveInfinity : ClosedUntil;

    /// <summary>Whether the attempt that is admitted is a probe.</summary>
    public bool Admit() => _isProbing = IsClosed;

    /// <summary>The service answered. Only a probe opens a closed gate: other answers were on their way before.</summary>
    /// <param name="admittedAt">When the attempt was admitted: what was admitted before the last failure says nothing of the connections now.</param>
    public void Works(bool isProbe, double admittedAt)
    {
        if (admittedAt >= _connectionFailedAt)
            _connectionFailures = 0;
        if (IsClosed && !isProbe)
            return;
        IsClosed = false;
        _failures = 0;
        ClosedUntil = 0;
    }

    /// <summary>The service did not work for an attempt. Returns whether the attempt is to blame: behind a closed gate it is not.</summary>
    public bool Fails(LlmFailureKind kind, bool isProbe, double? retryAfter, double now)
    {
        if (IsClosed && !isProbe)
            return false;
        if (kind == LlmFailureKind.ConnectionFailed)
            _connectionFailedAt = now;
        if (!IsClosed && kind == LlmFailureKind.ConnectionFailed && ++_connectionFailures < ConnectionFailuresUntilClosed)
            return true;
        var pause = Math.Min(LongestPause, FirstPause * Math.Pow(2, _failures++));
        IsClosed = true;
        ClosedUntil = now + Math.Max(retryAfter ?? 0, backoff.Spread(pause));
        return !isProbe;
    }

    /// <summary>The attempt is over, whatever it showed.</summary>
    public void Leaves(bool isProbe)
    {
        if (isProbe)
            _isProbing = false;
    }
}
