namespace AsyncLlm;

/// <summary>What happened between two moments when a quota was used up: it was closed, then open until it was used up again.</summary>
/// <param name="Admitted">How many it gave.</param>
/// <param name="Time">How long it took, in seconds.</param>
/// <param name="Closed">How long it was closed.</param>
/// <param name="Opened">How many were sent while it was open.</param>
/// <param name="Open">How long it was open.</param>
internal readonly record struct Epoch(double Admitted, double Time, double Closed, double Opened, double Open)
{
    /// <summary>The rate it gave at least, per second: whole attempts are counted, so that half of one may be too much.</summary>
    public double Least => (Admitted - 0.5) / Time;
}
