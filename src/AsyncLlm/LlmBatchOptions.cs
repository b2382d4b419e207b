namespace AsyncLlm;

/// <summary>
/// How a group of calls runs. The method that takes the options checks and copies them: later changes do not reach a running group.
/// </summary>
public sealed class LlmBatchOptions
{
    internal const int DefaultMaxConcurrency = 10;

    /// <summary>How many calls run at once, at least 1.</summary>
    /// <value>The default is <see langword="null"/>: 10, or <see cref="LlmThrottleOptions.MaxConcurrency"/> of <see cref="Throttle"/> when that is set.</value>
    public int? MaxConcurrency { get; set; }

    /// <summary>
    /// Admits the calls of the group, among those of all others who share it, and repeats them. An item is taken when the one before it has
    /// been admitted, so that a long group neither fills the queue nor holds up other callers.
    /// </summary>
    /// <value>The default is <see langword="null"/>: calls start when there is a slot and are not repeated.</value>
    public LlmThrottle? Throttle { get; set; }

    /// <summary>
    /// The longest time one call may take, counted from the moment it gets its slot. A call that takes longer is cancelled and fails
    /// with a <see cref="TimeoutException"/>; if it ignores its token, its slot is free again one second later. With a <see cref="Throttle"/>
    /// an item gets a slot for each attempt, and this bounds each of them.
    /// </summary>
    /// <value>The default is <see langword="null"/>, as <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</value>
    public TimeSpan? CallTimeout { get; set; }

    /// <summary>
    /// The longest time the whole group may take, counted from the call of the method (<c>WhenEach</c>: from the start of the loop).
    /// When it passes, the running calls are cancelled, and left behind one second later if they ignore their token.
    /// </summary>
    /// <value>The default is <see langword="null"/>, as <see cref="Timeout.InfiniteTimeSpan"/>: no limit.</value>
    public TimeSpan? Deadline { get; set; }

    /// <summary>When the group stops before every item is done. <c>WhenAll</c> stops at the first failure whatever this says, and refuses <see cref="LlmStopWhen.FirstCompleted"/>.</summary>
    /// <value>The default is <see cref="LlmStopWhen.AllCompleted"/>.</value>
    public LlmStopWhen StopWhen { get; set; }

    /// <summary>Told of each call that has succeeded or failed, one at a time. If it throws, the group stops and throws that exception.</summary>
    /// <value>The default is <see langword="null"/>.</value>
    public IProgress<LlmProgress>? Progress { get; set; }

    /// <summary>The clock of the timeouts and of <see cref="LlmOutcome{TSource, TResult}.Duration"/>.</summary>
    /// <value>The default is <see cref="TimeProvider.System"/>.</value>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal int Limit => MaxConcurrency ?? Throttle?.Options.MaxConcurrency ?? DefaultMaxConcurrency;

    /// <summary>A copy nobody else can change, every value checked.</summary>
    internal static LlmBatchOptions Checked(LlmBatchOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var problem = options switch
        {
            { MaxConcurrency: < 1 } => $"{nameof(MaxConcurrency)} must be at least 1.",
            { CallTimeout: { } time } when !Durations.IsValid(time) => $"{nameof(CallTimeout)} {Durations.Requirement}",
            { Deadline: { } time } when !Durations.IsValid(time) => $"{nameof(Deadline)} {Durations.Requirement}",
            { StopWhen: < LlmStopWhen.AllCompleted or > LlmStopWhen.FirstFailed } => $"{nameof(StopWhen)} is not a value of {nameof(LlmStopWhen)}.",
            { TimeProvider: null } => $"{nameof(TimeProvider)} must not be null.",
            _ => null,
        };
        return problem is null ? (LlmBatchOptions)options.MemberwiseClone() : throw new ArgumentOutOfRangeException(nameof(options), problem);
    }
}
