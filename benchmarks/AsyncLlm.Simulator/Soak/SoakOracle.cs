namespace AsyncLlm.Simulator;

/// <summary>Reads an item's part of the ledger and says what is wrong with what its caller got.</summary>
internal sealed class SoakOracle(SoakPlan plan, LlmThrottleOptions options)
{
    private static readonly long Grace = TimeSpan.TicksPerSecond;

    /// <summary>Longer than any pause, shorter than the queue: only who went to its end waits so long.</summary>
    private static readonly long LongestReturn = TimeSpan.FromMinutes(2).Ticks;

    /// <returns>What is wrong; <see langword="null"/> when nothing is.</returns>
    public string? Judge(int item, IReadOnlyList<SoakEntry> entries, SoakOutcome outcome)
    {
        var problem = JudgeRequests(entries) ?? JudgeOutcome(item, entries, outcome);
        return problem is null ? null : $"item {item} ({plan.FormOf(item)}, {string.Join(' ', entries.Select(entry => entry.Fate))}): {problem}; got {Got(outcome)}";
    }

    private string? JudgeRequests(IReadOnlyList<SoakEntry> entries)
    {
        for (var index = 1; index < entries.Count; index++)
        {
            var before = entries[index - 1];
            if (before.Fate is Fate.Answer or Fate.Permanent or Fate.QuotaExhausted or Fate.ThrowsAtOnce or Fate.RateLimitedForLong)
                return $"a request after {before.Fate}";
            if (entries[index].Start < before.End + (before.Fate == Fate.Deaf ? Grace : 0))
                return "two requests at once";
            if (entries[index].Start > before.End + LongestReturn)
                return "back at the end of the queue";
        }

        if (Timeouts(entries) > options.MaxTimeoutRetries + 1)
            return "too many repetitions after timeouts";
        // Behind a gate that 503s or failed connections have closed, failures are not the item's.
        return !entries.Any(entry => entry.Fate is Fate.Overloaded or Fate.ConnectionFailed) && Faults(entries) > options.MaxRetries + 1 ? "too many repetitions" : null;
    }

    private string? JudgeOutcome(int item, IReadOnlyList<SoakEntry> entries, SoakOutcome outcome)
    {
        var last = entries.Count == 0 ? null : entries[^1];
        var canceledAt = plan.CancellationOf(item)?.Ticks ?? long.MaxValue;
        if (outcome.Error is OperationCanceledException)
        {
            return canceledAt == long.MaxValue ? "nobody cancelled it"
                : last is not null && last.End + (plan.FormOf(item) == SoakPlan.Form.Stream ? SoakPlan.RestOfStream : 0) < canceledAt && MustEnd(entries) ? "it had ended before it was cancelled"
                : last?.Start > canceledAt ? "a request after the cancellation"
                : null;
        }

        if (outcome.Result is { } result)
            return last?.Fate != Fate.Answer ? "there was no answer" : result != plan.ResultOf(item) ? "another item's answer" : null;

        if (last is null || last.Fate == Fate.Answer)
            return "an answer was lost";
        if (!MustEnd(entries))
            return "given up too early";
        return last.Fate is Fate.Hangs or Fate.Deaf
            ? outcome.Error is TimeoutException ? null : "a timeout was expected"
            : outcome.Error is SoakException own && own.Item == item && own.Entry == entries.Count - 1 ? null : "not the last failure";
    }

    /// <summary>Whether nothing may follow these requests.</summary>
    private bool MustEnd(IReadOnlyList<SoakEntry> entries) => entries[^1].Fate switch
    {
        Fate.RateLimited => false,
        Fate.Hangs or Fate.Deaf => Timeouts(entries) > options.MaxTimeoutRetries || Faults(entries) > options.MaxRetries,
        Fate.Transient or Fate.Overloaded or Fate.ConnectionFailed => Faults(entries) > options.MaxRetries,
        _ => true,
    };

    private static int Timeouts(IReadOnlyList<SoakEntry> entries) => entries.Count(entry => entry.Fate is Fate.Hangs or Fate.Deaf);

    private static int Faults(IReadOnlyList<SoakEntry> entries)
        => entries.Count(entry => entry.Fate is Fate.Transient or Fate.Overloaded or Fate.ConnectionFailed or Fate.Hangs or Fate.Deaf);

    private static string Got(SoakOutcome outcome) => outcome.Error is { } error ? $"{error.GetType().Name}: {error.Message}" : $"{outcome.Result:x16}";
}
