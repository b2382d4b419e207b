namespace AsyncLlm.Simulator;

/// <summary>A failed request of the soak test, and which one it was.</summary>
internal sealed class SoakException(Fate fate, int item, int entry, TimeSpan? retryAfter = null) : Exception($"{fate} of item {item}")
{
    public int Item { get; } = item;

    /// <summary>Its place among the item's requests.</summary>
    public int Entry { get; } = entry;

    public static LlmFailure Classify(Exception exception) => exception is SoakException soak ? soak.Classify() : new(LlmFailureKind.Permanent);

    private LlmFailure Classify() => new(fate switch
    {
        Fate.RateLimited or Fate.RateLimitedForLong => LlmFailureKind.RateLimited,
        Fate.Transient => LlmFailureKind.Transient,
        Fate.Overloaded => LlmFailureKind.Overloaded,
        Fate.ConnectionFailed => LlmFailureKind.ConnectionFailed,
        Fate.QuotaExhausted => LlmFailureKind.QuotaExhausted,
        _ => LlmFailureKind.Permanent,
    }, retryAfter);
}
