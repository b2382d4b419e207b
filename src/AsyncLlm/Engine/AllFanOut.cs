namespace AsyncLlm;

/// <summary>Every result or the first failure.</summary>
internal sealed class AllFanOut<TSource, TResult> : FanOut<TSource, TResult>
{
    private readonly TaskCompletionSource<TResult[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TSource[] _items;
    private readonly TResult[] _results;
    private int _taken = -1;
    private int _succeeded;

    private AllFanOut(TSource[] items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken callerToken)
        : base(call, options, CallerContext.Capture(), callerToken)
    {
        _items = items;
        _results = new TResult[items.Length];
    }

    public static Task<TResult[]> RunAsync(IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(call);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult[]>(cancellationToken);
        var items = source.ToArray();
        if (items.Length == 0)
            return Task.FromResult(Array.Empty<TResult>());
        var fanOut = new AllFanOut<TSource, TResult>(items, call, options, cancellationToken);
        fanOut.StartWorkers(Math.Min(items.Length, options.Limit));
        return fanOut._completion.Task;
    }

    protected override ValueTask<bool> TakeAsync(Slot slot)
    {
        var index = Interlocked.Increment(ref _taken);
        if (index >= _items.Length)
            return ValueTask.FromResult(false);
        slot.Index = index;
        slot.Item = _items[index];
        return ValueTask.FromResult(true);
    }

    protected override void Complete(Slot slot, Task call)
    {
        if (Tasks.ErrorOf(call) is { } error)
        {
            Fail(error);
            return;
        }
        _results[slot.Index] = Tasks.ResultOf<TResult>(call);
        Interlocked.Increment(ref _succeeded);
    }

    protected override void Finish()
    {
        if (_succeeded == _items.Length)
            _completion.SetResult(_results);
        else
            SetError(_completion);
    }
}
