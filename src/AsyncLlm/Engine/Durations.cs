namespace AsyncLlm;

internal static class Durations
{
    public const string Requirement = "must be positive and at most 4294967294 milliseconds, or Timeout.InfiniteTimeSpan.";

    public const string FiniteRequirement = "must be positive and at most 4294967294 milliseconds.";

    /// <summary>The longest a timer can be.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public static bool IsValid(TimeSpan duration) =>
        duration == Timeout.InfiniteTimeSpan || (duration > TimeSpan.Zero && duration <= Longest);

    /// <summary><see langword="null"/> when nothing is to be timed.</summary>
    public static TimeSpan? Limit(TimeSpan? duration) => duration == Timeout.InfiniteTimeSpan ? null : duration;
}
