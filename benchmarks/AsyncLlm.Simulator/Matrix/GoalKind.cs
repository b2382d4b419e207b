namespace AsyncLlm.Simulator;

/// <summary>Which goal holds for a row.</summary>
internal enum GoalKind
{
    /// <summary>G1 of a policy that reads rate headers.</summary>
    Headers,

    /// <summary>G1 of a policy that knows nothing.</summary>
    Blind,

    /// <summary>G1 of the hard corner: a burst of less than a second and Retry-After in whole seconds.</summary>
    Corner,

    /// <summary>G2: several throttles on one limiter.</summary>
    Shared,

    /// <summary>Nothing but that no request is lost.</summary>
    Lossless,
}
