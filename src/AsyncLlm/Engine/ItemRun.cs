namespace AsyncLlm;

/// <summary>How the call of an item goes.</summary>
/// <param name="started">When it got its slot; with a throttle, when it was queued there.</param>
/// <param name="ended">When it ended; the default for not yet.</param>
internal readonly struct ItemRun(long started, ThrottledCall? throttled = null, long ended = long.MinValue)
{
    public long Started => started;

    public ThrottledCall? Throttled => throttled;

    public int Attempts => throttled?.Attempts ?? 1;

    /// <summary>How long it waited in the throttle.</summary>
    public TimeSpan QueueTime => throttled is null ? TimeSpan.Zero : TimeSpan.FromSeconds(throttled.QueueTime);

    public ItemRun EndedAt(long time) => new(started, throttled, time);

    /// <summary>How long it has run.</summary>
    public TimeSpan Duration(TimeProvider timeProvider) =>
        throttled is not null ? TimeSpan.FromSeconds(throttled.RunTime)
        : ended > long.MinValue ? timeProvider.GetElapsedTime(started, ended)
        : timeProvider.GetElapsedTime(started);
}
