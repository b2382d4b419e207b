namespace AsyncLlm;

/// <summary>What happened between two moments when a quota was used up: it was closed, then open until it was used up again.</summary>
/// <param name="Admitted">How many it gave.</param>
/// <param name="Time">How long it took, in seconds.</param>
/// <param name="Closed">How long it was closed.</param>
/// <param name="Opened">How many were sent while it was open.</param>
/// <param name="Open">How long it was open.</param>
/// <param name="Held">The most that can have gathered while it was closed.</param>
internal readonly record struct Epoch(double Admitted, double Time, double Closed, double Opened, double Open, double Held)
{
    /// <summary>
    /// The rate it refills with at least, per second: of what it gave, up to one attempt was left before it was closed; or, where it could not
    /// hold all that it refilled while it was closed, up to what it can hold.
    /// </summary>
    public double Least => Math.Max(Math.Max(0.25, Admitted - 1) / Time, (Opened - Math.Max(1, Held)) / Math.Max(Open, 1e-3));
}
