namespace AsyncLlm;

/// <summary>How the call of an item goes.</summary>
/// <param name="started">When it got its slot; with a throttle, when it was queued there.</param>
internal readonly struct ItemRun(long started, ThrottledCall? throttled = null)
{
    public long Started => started;

    public int Attempts => throttled?.Attempts ?? 1;

    /// <summary>How long it waited in the throttle.</summary>
    public TimeSpan QueueTime => throttled is null ? TimeSpan.Zero : TimeSpan.FromSeconds(throttled.QueueTime);

    /// <summary>How long it has run until now.</summary>
    public TimeSpan Duration(TimeProvider timeProvider) => throttled is null ? timeProvider.GetElapsedTime(started) : TimeSpan.FromSeconds(throttled.RunTime);
}
