namespace AsyncLlm.Simulator;

/// <summary>The rows of a matrix with other constants, each between half and twice as large, which nobody tuned anything with.</summary>
internal static class VariedMatrix
{
    private enum Draws { Rpm, Window, Burst, Concurrency, Latency, RefusalLatency, RetryAfter, Tokens, PerSecond, Tenant, ChangeAt, ChangeFactor, Faults, Outage }

    public static IEnumerable<Row> Vary(IEnumerable<Row> rows, ulong seed) => rows.Select((row, index) => Vary(row, index, seed));

    private static Row Vary(Row row, int index, ulong seed)
    {
        var varied = row with
        {
            Rpm = Math.Clamp(Times(row.Rpm, Draws.Rpm), 1, 3000),
            // A window of a second stands for a quota that is enforced by the second.
            Window = row.Window == 1 ? 1 : Math.Round(Times(row.Window, Draws.Window)),
        };
        if (row.HasWindow)
            varied = varied.WithWholeLimit();
        varied = varied with
        {
            Phase = row.Phase * varied.Window / row.Window,
            BurstSeconds = Math.Max(1, Times(row.BurstSeconds, Draws.Burst)),
            Concurrency = Math.Max(2, Math.Round(Times(row.Concurrency, Draws.Concurrency))),
            Latency = Math.Clamp(Times(row.Latency, Draws.Latency), 0.2, 60),
            RefusalLatency = Times(row.RefusalLatency, Draws.RefusalLatency),
            RetryAfterSeconds = Math.Max(0.5, Times(row.RetryAfterSeconds, Draws.RetryAfter)),
            Tpm = row.Tpm is { } tpm ? Math.Round(Times(tpm, Draws.Tokens)) : null,
            PerSecond = row.PerSecond is { } perSecond ? Math.Max(1, Math.Round(perSecond * varied.Rpm / row.Rpm * Factor(0.3, Draws.PerSecond))) : null,
            Tenant = Math.Min(0.45, Times(row.Tenant, Draws.Tenant)),
            ChangeAt = row.ChangeAt is { } change ? Math.Round(Times(change, Draws.ChangeAt)) : null,
            ChangeFactor = row.ChangeFactor * Factor(0.3, Draws.ChangeFactor),
            Faults = Times(row.Faults, Draws.Faults),
            OutageAt = row.OutageAt is { } outage ? Times(outage, Draws.Outage) : null,
        };
        return row.Server == ServerKind.Concurrency || row.N is not { } n ? varied : varied with { N = Math.Max((varied with { N = null }).Count, (int)(n * varied.Rpm / row.Rpm)) };

        double Times(double value, Draws what) => value * Factor(1, what);
        double Factor(double octaves, Draws what) => Math.Pow(2, octaves * (2 * Chance.Uniform(seed, Chance.Of.Variation, index, (long)what) - 1));
    }
}
