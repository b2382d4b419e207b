namespace AsyncLlm.Simulator;

/// <summary>What a caller of the soak test got.</summary>
internal readonly record struct SoakOutcome(ulong? Result, Exception? Error);
