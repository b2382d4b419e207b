namespace AsyncLlm.Tests.Support;

/// <summary>Keeps what a group reports of its progress.</summary>
internal sealed class Reports : IProgress<LlmProgress>
{
    private readonly List<LlmProgress> _all = [];
    private int _inside;

    public Exception? Throws { get; init; }

    public bool Overlapped { get; private set; }

    public IReadOnlyList<LlmProgress> All => _all;

    public void Report(LlmProgress value)
    {
        if (Interlocked.Exchange(ref _inside, 1) != 0)
            Overlapped = true;
        _all.Add(value);
        // Time for another report to come in between.
        Thread.SpinWait(50);
        Volatile.Write(ref _inside, 0);
        if (Throws is not null)
            throw Throws;
    }
}
