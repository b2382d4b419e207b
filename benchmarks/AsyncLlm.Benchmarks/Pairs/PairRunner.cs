using System.Globalization;

namespace AsyncLlm.Benchmarks.Pairs;

/// <summary>
/// Runs both of a pair in turns, so that whatever else the machine does meets both, and takes the median of the ratios.
/// </summary>
internal static class PairRunner
{
    private const int WarmUps = 3;

    // For how long the machine may have other things to do: as many measurements of one pair.
    private const int MostRepeats = 3;

    /// <param name="isGate">The machine may have other things to do: bytes count as always, times by their wider limit or not at all.</param>
    /// <returns>0 when every goal is met, else 1.</returns>
    public static async Task<int> RunAsync(IEnumerable<Pair> pairs, int rounds, bool isGate)
    {
        var missed = 0;
        Print("pair", "bytes", "goal", "time", "goal", "");
        foreach (var pair in pairs)
        {
            var samples = await MeasureAsync(pair, rounds);
            var bytesRatio = Sample.Median(samples.Select(sample => sample.Ours.Bytes / sample.Theirs.Bytes));
            var timeRatio = TimeRatio(samples);
            var moreBytes = Sample.Median(samples.Select(sample => (sample.Ours.Bytes - sample.Theirs.Bytes) / pair.Items));
            var moreTime = Sample.Median(samples.Select(sample => (sample.Ours.Nanoseconds - sample.Theirs.Nanoseconds) / pair.Items));
            var timeGoal = isGate ? pair.TimeRatioGate : pair.TimeRatio;
            for (var repeat = 0; isGate && timeRatio > timeGoal && repeat < MostRepeats; repeat++)
                timeRatio = TimeRatio(await MeasureAsync(pair, rounds));
            var isMet = !(bytesRatio > pair.BytesRatio) && !(timeRatio > timeGoal) && !(moreBytes > pair.MoreBytes) && (isGate || !(moreTime > pair.MoreNanoseconds));
            if (pair.MoreBytes is { } bytes)
                Print(pair.Name, $"{moreBytes:+0.000;-0.000} B", $"{bytes} B", $"{moreTime:+0;-0} ns", isGate ? "" : $"{pair.MoreNanoseconds} ns", isMet ? "ok" : "MISS");
            else
                Print(pair.Name, $"{bytesRatio:0.000}x", $"{pair.BytesRatio}x", $"{timeRatio:0.00}x", $"{timeGoal}x", isMet ? "ok" : "MISS");
            missed += isMet ? 0 : 1;
        }
        return missed == 0 ? 0 : 1;
    }

    private static async Task<List<(Sample Ours, Sample Theirs)>> MeasureAsync(Pair pair, int rounds)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            await pair.Ours();
            await pair.Theirs();
        }
        var samples = new List<(Sample, Sample)>();
        for (var i = 0; i < rounds; i++)
        {
            GC.Collect();
            if (i % 2 == 0)
            {
                var ours = await Sample.OfAsync(pair.Ours);
                samples.Add((ours, await Sample.OfAsync(pair.Theirs)));
            }
            else
            {
                var theirs = await Sample.OfAsync(pair.Theirs);
                samples.Add((await Sample.OfAsync(pair.Ours), theirs));
            }
        }
        return samples;
    }

    private static double TimeRatio(List<(Sample Ours, Sample Theirs)> samples) => Sample.Median(samples.Select(sample => sample.Ours.Nanoseconds / sample.Theirs.Nanoseconds));

    private static void Print(params string[] cells) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cells[0],-72}{cells[1],12}{cells[2],9}{cells[3],12}{cells[4],9}  {cells[5]}").TrimEnd());
}
