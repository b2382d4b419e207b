namespace AsyncLlm.Simulator;

/// <summary>What an accepted request brings.</summary>
internal readonly record struct Answer(int Item, LlmRateInfo Rate);
