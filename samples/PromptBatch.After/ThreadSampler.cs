namespace PromptBatch;

/// <summary>Watches how many threads the pool needs. It has a thread of its own: a timer would wait for the pool it watches.</summary>
public sealed class ThreadSampler : IDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Thread thread;

    public ThreadSampler()
    {
        thread = new Thread(Sample) { IsBackground = true };
        thread.Start();
    }

    public int Peak { get; private set; }

    public void Dispose()
    {
        stop.Cancel();
        thread.Join();
        stop.Dispose();
    }

    private void Sample()
    {
        do
            Peak = Math.Max(Peak, ThreadPool.ThreadCount);
        while (!stop.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(10)));
    }
}
