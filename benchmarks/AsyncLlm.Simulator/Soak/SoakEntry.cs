namespace AsyncLlm.Simulator;

/// <summary>One request in the ledger of the soak test.</summary>
internal sealed record SoakEntry(Fate Fate, long Start)
{
    /// <summary>When it was answered, or given up by its client.</summary>
    public long End { get; set; } = long.MaxValue;
}
