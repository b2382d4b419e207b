namespace AsyncLlm.Simulator;

/// <summary>What the soak test does to each item: pure functions of seed, item and attempt.</summary>
internal sealed class SoakPlan(ulong seed)
{
    public const int MaxConcurrency = 200;
    public static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan LongRetryAfter = TimeSpan.FromMinutes(10);
    public static readonly long DeafFor = TimeSpan.FromMinutes(3).Ticks;

    /// <summary>How long a stream goes on after its answer, which is its first item.</summary>
    public static readonly long RestOfStream = TimeSpan.TicksPerSecond;

    private const double LastCancellation = 1000;

    public enum Form { Call, CallWithCost, CallWithoutResult, Nested, Stream }

    /// <summary>What an item's answer has to be.</summary>
    public ulong ResultOf(int item) => Chance.Mix(seed ^ Chance.Mix((ulong)item));

    public Form FormOf(int item) => (Form)(Chance.Mix((ulong)item + seed) % 5);

    /// <summary>When the caller gives up.</summary>
    public TimeSpan? CancellationOf(int item) => Chance.Uniform(seed, Chance.Of.Tenant, item) switch
    {
        < 0.001 => TimeSpan.Zero,
        < 0.02 => TimeSpan.FromSeconds(LastCancellation * Chance.Uniform(seed, Chance.Of.Jitter, item)),
        _ => null,
    };

    public long LatencyOf(int item, int attempt) => QuotaFactory.Ticks(Chance.Lognormal(1, 0.7, seed, Chance.Of.Latency, item, attempt));

    public Fate FateOf(int item, int attempt)
        // Some items fail always, to see what gives up and when.
        => Chance.Uniform(seed, Chance.Of.Refusal, item) switch
        {
            < 0.003 => Fate.Transient,
            < 0.0033 => Fate.Hangs,
            < 0.0035 => Fate.Deaf,
            _ => Chance.Uniform(seed, Chance.Of.Fault, item, attempt) switch
            {
                < 0.002 => Fate.Permanent,
                < 0.003 => Fate.QuotaExhausted,
                < 0.004 => Fate.ThrowsAtOnce,
                < 0.0045 => Fate.RateLimitedForLong,
                < 0.0046 => Fate.Overloaded,
                < 0.0050 => Fate.ConnectionFailed,
                < 0.0055 => Fate.Hangs,
                < 0.0058 => Fate.Deaf,
                < 0.03 => Fate.Transient,
                _ => Fate.Answer,
            },
        };
}
