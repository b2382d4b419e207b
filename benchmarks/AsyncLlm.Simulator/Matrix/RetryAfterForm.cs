namespace AsyncLlm.Simulator;

/// <summary>How a refusal says when to come back.</summary>
internal enum RetryAfterForm
{
    /// <summary>It says nothing.</summary>
    None,

    /// <summary>To the millisecond.</summary>
    Milliseconds,

    /// <summary>In whole seconds, rounded up.</summary>
    Seconds,

    /// <summary>A date, rounded up to a second of the server's clock.</summary>
    Date,

    /// <summary>A third of the truth.</summary>
    TooShort,

    /// <summary>Always the same.</summary>
    Fixed,
}
