namespace AsyncLlm;

/// <summary>How far a group has come, reported each time a call has succeeded or failed.</summary>
/// <param name="Completed">How many calls have succeeded or failed.</param>
/// <param name="Failed">How many of them have failed.</param>
/// <param name="Total">How many items there are; <see langword="null"/> for <c>WhenEach</c>, which does not know its source's end.</param>
/// <param name="QueuedFor">How long the item just done had waited for its slot, from the start of the group, with a throttle until its first admission. <c>WhenEach</c> takes an item when a slot is free: there it is zero, or the wait for the throttle.</param>
public readonly record struct LlmProgress(int Completed, int Failed, int? Total, TimeSpan QueuedFor);
