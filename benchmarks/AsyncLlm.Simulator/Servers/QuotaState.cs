namespace AsyncLlm.Simulator;

/// <summary>What a quota can honestly say of itself.</summary>
/// <param name="Unit">What it counts.</param>
/// <param name="Limit">How much it allows at once or in one window.</param>
/// <param name="Remaining">How much is left.</param>
/// <param name="Reset">The ticks until all of it is left.</param>
internal readonly record struct QuotaState(QuotaUnit Unit, double Limit, double Remaining, long Reset);
