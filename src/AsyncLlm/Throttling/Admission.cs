namespace AsyncLlm;

/// <summary>An admitted attempt, as the pacer knows it.</summary>
/// <param name="Number">The how-manieth attempt of the throttle it is.</param>
/// <param name="At">When it was admitted.</param>
/// <param name="Pace">The pace then, per second.</param>
/// <param name="IsCatchUp">It was admitted out of what had gathered, and more of that was left.</param>
internal readonly record struct Admission(long Number, double At, double Pace, bool IsCatchUp)
{
    /// <summary>How many others were in flight.</summary>
    public int InFlight { get; init; }

    /// <summary>The tokens it reserved.</summary>
    public double ReservedTokens { get; init; }

    /// <summary>What was believed of the quotas; <see langword="null"/> while nobody reports any, which most calls of most throttles then need not carry along.</summary>
    public QuotaMarks? Marks { get; init; }
}
