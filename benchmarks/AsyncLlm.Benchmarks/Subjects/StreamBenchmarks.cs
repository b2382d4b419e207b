using BenchmarkDotNet.Attributes;

namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>A stream of 100,000 items, all there at once or one in 16 to wait for.</summary>
[MemoryDiagnoser]
public class StreamBenchmarks
{
    private readonly StreamSubject _subject = new(100_000);

    [Params(false, true)]
    public bool Yields { get; set; }

    [Benchmark]
    public Task<int> WithTimeout() => _subject.TimedAsync(Yields);

    [Benchmark(Baseline = true)]
    public Task<int> AwaitForeach() => _subject.BareAsync(Yields);
}
