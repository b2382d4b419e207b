using BenchmarkDotNet.Attributes;

namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>10,000 calls, so many at once.</summary>
[MemoryDiagnoser]
public class FanOutBenchmarks
{
    private FanOutSubject<int, int> _subject = null!;

    [Params(10, 100)]
    public int Limit { get; set; }

    [GlobalSetup]
    public void Setup() => _subject = new(Enumerable.Range(0, 10_000), item => item, Limit);

    [Benchmark]
    public Task WhenAll() => _subject.WhenAllAsync();

    [Benchmark(Baseline = true)]
    public Task ParallelForEachAsync() => _subject.ForEachAsync();

    [Benchmark]
    public Task SemaphoreSlimAndWhenAll() => _subject.SemaphoreAsync();
}
