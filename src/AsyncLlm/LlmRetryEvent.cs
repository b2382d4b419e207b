namespace AsyncLlm;

/// <summary>An attempt failed and the call will be tried again.</summary>
/// <param name="Exception">What the attempt threw.</param>
/// <param name="Failure">How it was classified.</param>
/// <param name="Attempt">Which attempt failed, from 1.</param>
/// <param name="Delay">How long the call will wait at least; zero when only the gate decides.</param>
public readonly record struct LlmRetryEvent(Exception Exception, LlmFailure Failure, int Attempt, TimeSpan Delay);
