namespace AsyncLlm.Simulator;

/// <summary>What one request takes out of a quota.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Duration">How many ticks it is in flight.</param>
internal readonly record struct Request(int Tokens, long Duration);
