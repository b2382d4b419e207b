namespace AsyncLlm.Simulator;

/// <summary>What the design asks of our policies (G1 and G2 of runtime.md); nothing may ever be lost.</summary>
/// <param name="Kind">Which of them holds.</param>
/// <param name="Makespan">The latest time of the last admission.</param>
/// <param name="RefusedShare">The most refusals, per item.</param>
/// <param name="SecondHalf">The least admission rate of the second half, as a share of the quota's or of what the server allows.</param>
internal sealed record Goal(GoalKind Kind, TimeSpan? Makespan, double? RefusedShare, double? SecondHalf)
{
    public static Goal Of(Result result)
    {
        var row = result.Row;
        var kind = row.Goal ?? KindOf(row, result.Policy);
        var optimum = result.Optimum;
        var latency = TimeSpan.FromSeconds(row.Latency);
        var slack = 10 * (result.LongestRetryAfter + TimeSpan.FromSeconds(1 / row.RatePerSecond));
        return kind switch
        {
            GoalKind.Headers => new(kind, 1.03 * optimum + latency, 0.02, null),
            GoalKind.Blind => new(kind, 1.06 * optimum + 2 * latency + slack, 0.10, 0.94),
            GoalKind.Corner => new(kind, 1.25 * optimum, null, null),
            GoalKind.Shared => new(kind, 1.03 * optimum, null, null),
            _ => new(kind, null, null, null),
        };
    }

    public IEnumerable<string> MissedBy(Result result)
    {
        if (result.Lost > 0)
            yield return "lost";
        if (result.Makespan > Makespan)
            yield return "time";
        if (result.RefusedShare > RefusedShare)
            yield return "429s";
        if (result.SecondHalf < SecondHalf)
            yield return "rate";
    }

    private static GoalKind KindOf(Row row, string policy)
    {
        if (Policy.IsShared(policy))
            return GoalKind.Shared;
        if (row.SdkRetries != SdkRetries.Off || row.OutageAt is not null || row.Hangs > 0)
            return GoalKind.Lossless;
        if (row.EffectiveBurst < Math.Max(1, row.RatePerSecond))
            return row.SaysWholeSeconds ? GoalKind.Corner : GoalKind.Lossless;
        return policy == "headers" && HeadersTellAll(row) ? GoalKind.Headers : GoalKind.Blind;
    }

    // A second quota that has no headers is met blind.
    private static bool HeadersTellAll(Row row) => row.Headers is RateHeaders.OpenAI or RateHeaders.Anthropic or RateHeaders.Azure && row.PerSecond is null;
}
