using BenchmarkDotNet.Attributes;

namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>1,000 calls that succeed at once.</summary>
[MemoryDiagnoser]
public class ThrottleBenchmarks
{
    private readonly ThrottleSubject _subject = new(1_000);

    [Benchmark]
    public Task Throttle() => _subject.ThrottleAsync();

    [Benchmark(Baseline = true)]
    public Task PollyRetryAndTimeout() => _subject.PollyAsync();
}
