namespace AsyncLlm.Simulator;

/// <summary>What happens to each attempt of each item once it is accepted: pure functions of seed, item and attempt.</summary>
internal sealed class Workload(Row row, ulong seed)
{
    public Request RequestOf(int item, int attempt) => new(TokensOf(item), LatencyOf(item, attempt));

    public int TokensOf(int item)
        => row.Tpm is null ? 0 : (int)(row.Tokens * (0.2 + 1.6 * Chance.Uniform(seed, Chance.Of.Tokens, item)));

    public bool Fails(int item, int attempt) => Chance.Uniform(seed, Chance.Of.Fault, item, attempt) < row.Faults;

    public bool Hangs(int item, int attempt) => Chance.Uniform(seed, Chance.Of.Hang, item, attempt) < row.Hangs;

    public long RefusalLatency(int item, int attempt)
        => QuotaFactory.Ticks(Chance.Lognormal(row.RefusalLatency, row.LatencySigma, seed, Chance.Of.Refusal, item, attempt));

    public long Transit(int item, int crossing)
        => QuotaFactory.Ticks(Chance.Lognormal(row.Transit, row.LatencySigma, seed, Chance.Of.Transit, item, crossing));

    /// <summary>Every request that has to be accepted until all items are answered, item by item.</summary>
    public IEnumerable<Request> Needed(int count)
    {
        for (var item = 0; item < count; item++)
        {
            var attempt = 0;
            while (Fails(item, attempt) || Hangs(item, attempt))
                yield return RequestOf(item, attempt++);
            yield return RequestOf(item, attempt);
        }
    }

    private long LatencyOf(int item, int attempt)
        => QuotaFactory.Ticks(Chance.Lognormal(row.Latency, row.LatencySigma, seed, Chance.Of.Latency, item, attempt));
}
