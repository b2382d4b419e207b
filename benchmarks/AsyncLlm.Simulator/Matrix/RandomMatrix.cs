namespace AsyncLlm.Simulator;

/// <summary>
/// Rows nobody tuned anything with: every kind of server, what a refusal says and what the headers are like, with constants drawn from the
/// ranges the goals hold for.
/// </summary>
internal static class RandomMatrix
{
    private enum Draws { Server, Rpm, Window, Burst, Corner, Latency, Spread, RefusalLatency, RetryAfter, Fixed, Skew, Headers, Complication, Amount, Moment }

    private static readonly (ServerKind Kind, double Share)[] Servers =
    [
        (ServerKind.TokenBucket, 0.4), (ServerKind.FixedWindow, 0.25), (ServerKind.SlidingLog, 0.12), (ServerKind.SlidingCounter, 0.11), (ServerKind.Concurrency, 0.12),
    ];

    // Of a concurrency limit only those that make sense there.
    private const int ComplicationsOfConcurrency = 2;

    // Of a concurrency limit, too, no more than 3000 a minute.
    private const double MostPerSecond = 50;

    // Where less than that gathers, others have taken it too often before anyone can know.
    private const double LeastBurstWithTenant = 20;

    private static readonly (string Name, Func<Row, double, double, Row> Add)[] Complications =
    [
        ("faults", static (row, amount, _) => row with { Faults = 0.01 + 0.04 * amount }),
        ("slow refusals", static (row, amount, _) => row with { RefusalLatency = Between(0.2, 1, amount) }),
        ("second quota", static (row, amount, _) => row with { PerSecond = Math.Ceiling(Between(1.2, 4, amount) * row.RatePerSecond) }),
        ("tokens", static (row, amount, moment) => row with { Tpm = Math.Round(row.Rpm * 1000 * Between(0.3, 2, amount)), Estimate = Between(0.5, 2, moment) }),
        ("change", static (row, amount, moment) => row with { ChangeFactor = Between(0.4, 2.5, amount), ChangeAt = Math.Round((0.2 + 0.5 * moment) * row.Count / row.RatePerSecond) }),
        ("refusals count", static (row, _, _) => row with { RefusalsCount = true }),
        ("tenant", static (row, amount, _) => row.Server == ServerKind.TokenBucket
            ? row with { Tenant = 0.1 + 0.4 * amount, Burst = Math.Max(LeastBurstWithTenant, row.BucketSize) }
            : row with { Tenant = 0.1 + 0.4 * amount, Rpm = Math.Max(LeastBurstWithTenant * 60 / row.Window, row.Rpm) }),
        ("outage", static (row, amount, moment) => row with { OutageAt = Math.Round(moment * row.Count / row.RatePerSecond), OutageConnections = amount < 0.5 }),
        ("SDK retries", static (row, amount, _) => row with { SdkRetries = amount < 0.5 ? SdkRetries.AtOnce : SdkRetries.Waiting }),
    ];

    /// <summary>The row, in a group that names its kind.</summary>
    public static IEnumerable<Row> Draw(int count, ulong seed) => Enumerable.Range(0, count).Select(index => RowOf(index, seed));

    private static Row RowOf(int index, ulong seed)
    {
        var row = new Row
        {
            Server = Pick(Servers, Uniform(Draws.Server)),
            Rpm = Between(1, 3000, Uniform(Draws.Rpm)),
            Window = Uniform(Draws.Window) switch { < 0.4 => 60, < 0.5 => 1, var other => Math.Round(Between(2, 120, 2 * other - 1)) },
            BurstSeconds = Between(1, 60, Uniform(Draws.Burst)),
            Concurrency = Math.Round(Between(2, 60, Uniform(Draws.Burst))),
            Latency = Between(0.2, 60, Uniform(Draws.Latency)),
            LatencySigma = 0.2 + 0.5 * Uniform(Draws.Spread),
            RefusalLatency = Between(0.03, 0.15, Uniform(Draws.RefusalLatency)),
            RetryAfter = (RetryAfterForm)(int)(Uniform(Draws.RetryAfter) * Enum.GetValues<RetryAfterForm>().Length),
            RetryAfterSeconds = Math.Round(Between(1, 20, Uniform(Draws.Fixed))),
            ClockSkew = 4 * Uniform(Draws.Skew) - 2,
            Headers = Uniform(Draws.Headers) < 0.6 ? RateHeaders.OpenAI : RateHeaders.Anthropic,
            Policies = ["blind", "headers"],
        };
        if (row.Server == ServerKind.TokenBucket && Uniform(Draws.Corner) < 0.15)
            row = row with { Burst = 1 };
        if (row.Server == ServerKind.Concurrency)
            row = row with { Headers = RateHeaders.None, Policies = ["blind"], Latency = Math.Max(row.Latency, row.Concurrency / MostPerSecond) };
        else if (row.Server != ServerKind.TokenBucket)
            row = row.WithWholeLimit() with { RetryAfter = row.RetryAfter == RetryAfterForm.Fixed ? RetryAfterForm.Seconds : row.RetryAfter };

        var name = "";
        if (Uniform(Draws.Complication) is var complication && complication >= 0.4)
        {
            var known = row.Server == ServerKind.Concurrency ? ComplicationsOfConcurrency : Complications.Length;
            (name, var add) = Complications[(int)((complication - 0.4) / 0.6 * known)];
            row = add(row, Uniform(Draws.Amount), Uniform(Draws.Moment));
        }

        return row with { Group = name.Length == 0 ? row.Server.ToString() : $"{row.Server}, {name}" };

        double Uniform(Draws what) => Chance.Uniform(seed, Chance.Of.Row, index, (long)what);
    }

    // Evenly in the logarithm.
    private static double Between(double least, double most, double uniform) => least * Math.Pow(most / least, uniform);

    private static ServerKind Pick((ServerKind Kind, double Share)[] choices, double uniform)
    {
        foreach (var (kind, share) in choices)
        {
            if ((uniform -= share) < 0)
                return kind;
        }

        return choices[^1].Kind;
    }
}
