using System.Text.Json.Serialization;

namespace AsyncLlm.Simulator;

/// <summary>What one policy made of one server.</summary>
internal sealed record Result
{
    public required Row Row { get; init; }

    public required string Policy { get; init; }

    /// <summary>Whether every item came to an end; otherwise it was waited for in vain.</summary>
    public required bool Ended { get; init; }

    public required int Lost { get; init; }

    public required string? FirstLoss { get; init; }

    public required TimeSpan Optimum { get; init; }

    /// <summary>The time of the last admission.</summary>
    public required TimeSpan Makespan { get; init; }

    public required int Refused { get; init; }

    public required TimeSpan LongestRetryAfter { get; init; }

    public required double SecondHalf { get; init; }

    public required string TraceHash { get; init; }

    [JsonIgnore]
    public TimeSpan RealTime { get; init; }

    public double Ratio => Optimum == TimeSpan.Zero ? Makespan == TimeSpan.Zero ? 1 : double.MaxValue : Makespan / Optimum;

    public double RefusedShare => (double)Refused / Row.Count;

    public bool IsOurs => Simulator.Policy.IsOurs(Policy);

    /// <summary>Null for policies that are not ours: they have no goal.</summary>
    public Goal? Goal => IsOurs ? Simulator.Goal.Of(this) : null;

    public IReadOnlyList<string> Missed => Goal is { } goal ? [.. goal.MissedBy(this)] : [];
}
