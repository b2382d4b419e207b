namespace AsyncLlm;

/// <summary>The first success, or every failure.</summary>
internal sealed class FirstFanOut<T> : FanOut<Func<CancellationToken, Task<T>>, T>
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ItemArray<Func<CancellationToken, Task<T>>> _calls;
    private Task? _winner;

    private FirstFanOut(Func<CancellationToken, Task<T>>[] calls, LlmBatchOptions options, CancellationToken callerToken)
        : base(static (call, token) => call(token), options, CallerContext.Capture(), timed: false, callerToken) => _calls = new(calls);

    public static Task<T> RunAsync(IEnumerable<Func<CancellationToken, Task<T>>> calls, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(calls);
        var started = calls.ToArray();
        if (started.Length == 0)
            throw new ArgumentException("There is no call to wait for.", nameof(calls));
        if (Array.IndexOf(started, null) >= 0)
            throw new ArgumentException("A call is null.", nameof(calls));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var fanOut = new FirstFanOut<T>(started, options, cancellationToken);
        fanOut.AddWorkers(started.Length);
        return fanOut._completion.Task;
    }

    protected override int? Total => _calls.Count;

    protected override bool TryTake(out int index, out Func<CancellationToken, Task<T>> item) => _calls.TryTake(out index, out item);

    protected override void Complete(int index, Func<CancellationToken, Task<T>> item, long started, Task call)
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
