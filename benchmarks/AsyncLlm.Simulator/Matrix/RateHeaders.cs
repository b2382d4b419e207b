namespace AsyncLlm.Simulator;

/// <summary>What the rate headers of an answer are like.</summary>
internal enum RateHeaders
{
    None,

    /// <summary>Honest, reset as a duration to the millisecond.</summary>
    OpenAI,

    /// <summary>Honest, reset as a date in whole seconds, tokens left rounded down to thousands.</summary>
    Anthropic,

    /// <summary>Honest, reset as a duration in whole seconds, as Azure says it.</summary>
    Azure,

    /// <summary>Honest five seconds ago.</summary>
    Stale,

    /// <summary>The quota is always untouched.</summary>
    Lying,
}
