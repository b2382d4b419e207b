namespace AsyncLlm;

/// <summary>The first success, or every failure.</summary>
internal sealed class FirstFanOut<T> : FanOut<Func<CancellationToken, Task<T>>, T>
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _winner;

    private FirstFanOut(Func<CancellationToken, Task<T>>[] calls, LlmBatchOptions options, CancellationToken callerToken)
        : base(new ItemArray<Func<CancellationToken, Task<T>>>(calls), static (call, token) => call(token), options, CallerContext.Capture(), timed: false, callerToken)
    {
    }

    public static Task<T> RunAsync(IEnumerable<Func<CancellationToken, Task<T>>> calls, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var racers = calls.ToArray();
        if (racers.Length == 0)
            throw new ArgumentException("There is no call to wait for.", nameof(calls));
        if (Array.IndexOf(racers, null) >= 0)
            throw new ArgumentException("A call is null.", nameof(calls));
        var fanOut = new FirstFanOut<T>(racers, new LlmBatchOptions { MaxConcurrency = racers.Length, TimeProvider = timeProvider }, cancellationToken);
        fanOut.AddWorker();
        return fanOut._completion.Task;
    }

    protected override void Complete(int index, Func<CancellationToken, Task<T>> item, ItemRun run, Task call)
    {
        if (Tasks.ErrorOf(call) is { } error)
            TryRecord(error);
        else if (Interlocked.CompareExchange(ref _winner, call, null) is null)
            Stop.Stop(StopReason.Group);
    }

    protected override void Finish()
    {
        if (_winner is { } winner)
            _completion.SetResult(Tasks.ResultOf<T>(winner));
        else
            SetError(_completion);
    }
}
