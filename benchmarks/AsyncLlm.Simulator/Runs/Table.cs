using System.Globalization;

namespace AsyncLlm.Simulator;

/// <summary>Prints results in 120 columns, a group at a time.</summary>
internal sealed class Table(TextWriter output)
{
    private string? _group;

    public static string Describe(Row row, string policy)
        => FormattableString.Invariant($"{Model(row),-41} {row.Latency,4:0.##}s {policy,-16}");

    public void Add(Result result)
    {
        if (_group != Group(result.Row))
        {
            _group = Group(result.Row);
            output.WriteLine();
            output.WriteLine(_group);
            output.WriteLine($"{"  model, r/min",-41} {"L",5} {"policy",-16} {"time/T*",7} {"goal",5} {"429s",6} {"lost",5} {"2nd",4} {"hash",-8}");
        }

        var goal = result.Goal is { Makespan: { } makespan } ? (makespan / result.Optimum).ToString("0.00", CultureInfo.InvariantCulture) : "";
        var ratio = result.Ended ? result.Ratio.ToString(result.Ratio < 100 ? "0.000" : "0", CultureInfo.InvariantCulture) : "never";
        var verdict = result.Goal is null ? "" : result.Missed.Count == 0 ? "ok" : "MISS " + string.Join(' ', result.Missed);
        output.WriteLine(FormattableString.Invariant(
            $"{Describe(result.Row, result.Policy)} {ratio,7} {goal,5} {result.RefusedShare,6:0.0%} {result.Lost,5} {result.SecondHalf,4:0.00} {result.TraceHash} {verdict}").TrimEnd());
        if (result is { IsOurs: true, FirstLoss: { } loss })
            output.WriteLine($"    first lost to {Shortened(loss)}");
    }

    /// <summary>What share of our runs miss a goal, by kind of server and by what is difficult about it.</summary>
    public static void Summarize(IReadOnlyCollection<Result> results, TextWriter output)
    {
        output.WriteLine($"\n{"kind",-40} {"blind",18} {"headers",18}");
        foreach (var kind in results.GroupBy(result => Group(result.Row)).Concat(results.GroupBy(result => $"Retry-After: {result.Row.RetryAfter}")).Concat(results.GroupBy(_ => "all")))
            output.WriteLine($"{kind.Key,-40} {Misses(kind, "blind"),18} {Misses(kind, "headers"),18}".TrimEnd());

        static string Misses(IEnumerable<Result> results, string policy)
        {
            var runs = results.Where(result => result.Policy == policy).ToList();
            var missed = runs.Count(result => result.Missed.Count > 0);
            return runs.Count == 0 ? "" : FormattableString.Invariant($"{missed} of {runs.Count} {(double)missed / runs.Count,6:0.0%}");
        }
    }

    private static string Shortened(string text) => text.Length > 100 ? text[..100].ReplaceLineEndings(" ") : text;

    private static string Group(Row row) => row.Group ?? row.Server.ToString();

    private static string Model(Row row)
    {
        var words = new List<string> { "  " + Limit(row) };
        if (row.PerSecond is { } perSecond)
            words.Add($"+{perSecond:0.##}/s");
        if (row.Tpm is { } tpm)
            words.Add($"+{tpm / 1000:0.##}k tokens{(row.Estimate == 1 ? "" : $" est. x{row.Estimate:0.##}")}");
        if (row.ChangeAt is not null)
            words.Add($"x{row.ChangeFactor:0.##} midway");
        if (row.Tenant > 0)
            words.Add($"tenant {row.Tenant:0%}");
        if (row.RefusalsCount)
            words.Add("429s count");
        words.Add(row.RetryAfter switch
        {
            RetryAfterForm.None => "RA-",
            RetryAfterForm.Milliseconds => "ms",
            RetryAfterForm.Seconds => "s",
            RetryAfterForm.Date => row.ClockSkew == 0 ? "date" : $"date{row.ClockSkew:+0.#;-0.#}s",
            RetryAfterForm.TooShort => "RA/3",
            _ => $"RA={row.RetryAfterSeconds:0.##}",
        });
        if (row.Headers is not (RateHeaders.None or RateHeaders.OpenAI))
            words.Add(row.Headers.ToString().ToLowerInvariant());
        if (row.OutageAt is not null)
            words.Add(row.OutageConnections ? "no network" : "503s");
        if (row.Faults > 0)
            words.Add($"{row.Faults:0.#%} 500s");
        if (row.Hangs > 0)
            words.Add($"{row.Hangs:0.##%} hang");
        if (row.SdkRetries != SdkRetries.Off)
            words.Add(row.SdkRetries == SdkRetries.AtOnce ? "SDK 3x0s" : "SDK 3x0.8s");
        if (row.RefusalLatency >= 0.2)
            words.Add($"429 in {row.RefusalLatency:0.##}s");
        return string.Join(' ', words);
    }

    private static string Limit(Row row) => row.Server switch
    {
        ServerKind.TokenBucket => $"bucket {row.BucketSize:0.##} {row.Rpm:0.##}",
        ServerKind.Concurrency => $"concurrency {row.Concurrency:0}",
        ServerKind.FixedWindow => $"window {row.Window:0.##}s{(row.Phase > 0 ? $"-{row.Phase:0.##}s" : "")} {row.Rpm:0.##}",
        ServerKind.SlidingLog => $"log {row.Window:0.##}s {row.Rpm:0.##}",
        _ => $"counter {row.Window:0.##}s {row.Rpm:0.##}",
    };
}
