namespace AsyncLlm.Simulator;

/// <summary>What a policy lives in.</summary>
/// <param name="Optimum">The time of the last admission of somebody who knows the server, for events that have to come in the middle.</param>
internal sealed record World(Row Row, VirtualTime Time, Server Server, ulong Seed, long Optimum);
