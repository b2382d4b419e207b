namespace AsyncLlm.Benchmarks.Pairs;

/// <summary>Two ways to do the same, measured in turns in one process.</summary>
/// <param name="Items">How many items one run has.</param>
internal sealed record Pair(string Name, int Items, Func<Task> Ours, Func<Task> Theirs)
{
    /// <summary>The most bytes of ours for each byte of theirs; <see langword="null"/>: the difference counts.</summary>
    public double? BytesRatio { get; init; }

    /// <summary>The most time of ours for each unit of theirs.</summary>
    public double? TimeRatio { get; init; }

    /// <summary>The same for a machine that has other things to do.</summary>
    public double? TimeRatioGate { get; init; }

    /// <summary>The most bytes an item may cost more.</summary>
    public double? MoreBytes { get; init; }

    /// <summary>The most nanoseconds an item may cost more.</summary>
    public double? MoreNanoseconds { get; init; }
}
