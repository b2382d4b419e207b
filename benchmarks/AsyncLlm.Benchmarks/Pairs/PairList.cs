using System.Diagnostics;
using System.Reflection;
using AsyncLlm.Benchmarks.Subjects;

namespace AsyncLlm.Benchmarks.Pairs;

/// <summary>The goals of the library's own cost.</summary>
internal static class PairList
{
    private static bool IsOptimized => typeof(LlmThrottle).Assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <param name="size">Makes each run so many times smaller.</param>
    public static IEnumerable<Pair> All(int size)
    {
        foreach (var limit in new[] { 10, 100 })
        {
            var numbers = new FanOutSubject<int, int>(Enumerable.Range(0, 10_000 / size), item => item, limit);
            var texts = new FanOutSubject<string, string>(Enumerable.Range(0, 10_000 / size).Select(item => $"{item}"), item => item, limit);
            yield return OfFanOut("int", limit, numbers.WhenAllAsync, numbers.ForEachAsync, numbers.Count);
            yield return OfFanOut("string", limit, texts.WhenAllAsync, texts.ForEachAsync, texts.Count);
            yield return OfFanOut("int", limit, numbers.WhenAllAsync, numbers.SemaphoreAsync, numbers.Count, than: "SemaphoreSlim + Task.WhenAll");
        }

        var throttle = new ThrottleSubject(10_000 / size);
        yield return new("LlmThrottle / Polly retry + timeout", throttle.Count, throttle.ThrottleAsync, throttle.PollyAsync)
        {
            // The state machines of a debug build are objects of their own.
            BytesRatio = IsOptimized ? 0.5 : null,
            TimeRatio = 0.6,
            TimeRatioGate = 1.25,
        };

        var stream = new StreamSubject(100_000 / size);
        yield return OfStream("items there at once", stream, yields: false);
        yield return OfStream("one item in 16 to wait for", stream, yields: true);
    }

    private static Pair OfFanOut(string items, int limit, Func<Task> ours, Func<Task> theirs, int count, string than = "Parallel.ForEachAsync") =>
        new($"LlmTask.WhenAll / {than}, {items}, {limit} at once", count, ours, theirs) { BytesRatio = 0.5, TimeRatio = 1.0, TimeRatioGate = 1.25 };

    private static Pair OfStream(string name, StreamSubject stream, bool yields) =>
        new($"LlmStream.WithTimeout - await foreach, {name}", stream.Count, () => stream.TimedAsync(yields), () => stream.BareAsync(yields))
        {
            // One enumerator a stream, nothing an item.
            MoreBytes = 0.1,
            MoreNanoseconds = 100,
        };
}
