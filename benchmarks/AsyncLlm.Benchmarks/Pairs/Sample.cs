using System.Diagnostics;

namespace AsyncLlm.Benchmarks.Pairs;

/// <summary>What one run took.</summary>
internal readonly record struct Sample(double Nanoseconds, double Bytes)
{
    public static async Task<Sample> OfAsync(Func<Task> run)
    {
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var started = Stopwatch.GetTimestamp();
        await run();
        var time = Stopwatch.GetElapsedTime(started);
        return new(time.TotalNanoseconds, GC.GetTotalAllocatedBytes(precise: true) - bytes);
    }

    public static double Median(IEnumerable<double> values)
    {
        var ordered = values.Order().ToList();
        return ordered[ordered.Count / 2];
    }
}
