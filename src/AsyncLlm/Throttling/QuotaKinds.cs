namespace AsyncLlm;

/// <summary>What a quota may be; several while reports do not tell.</summary>
[Flags]
internal enum QuotaKinds
{
    None = 0,

    /// <summary>It refills all the time.</summary>
    Bucket = 1,

    /// <summary>It is whole again each time a window of the clock begins.</summary>
    Window = 2,

    /// <summary>What was spent comes back one window later.</summary>
    Log = 4,

    /// <summary>What was spent in one window of the clock fades away in the next.</summary>
    Counter = 8,

    All = Bucket | Window | Log | Counter,
}
