namespace AsyncLlm;

/// <summary>Every result, or the first failure.</summary>
internal sealed class AllFanOut<TSource, TResult> : FanOut<TSource, TResult>
{
    private readonly TaskCompletionSource<TResult[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TResult[] _results;
    private int _succeeded;

    private AllFanOut(TSource[] items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken callerToken)
        : base(new ItemArray<TSource>(items), call, options, CallerContext.Capture(), timed: false, callerToken) =>
        // The array is a copy of our own: where it fits, a result takes the place of its item.
        _results = typeof(TSource) == typeof(TResult) ? (TResult[])(object)items : new TResult[items.Length];

    public static Task<TResult[]> RunAsync(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(call);
        if (options.StopWhen == LlmStopWhen.FirstCompleted)
            throw new ArgumentException($"{nameof(LlmTask.WhenAll)} needs every result; {nameof(LlmStopWhen.FirstCompleted)} leaves some out.", nameof(options));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult[]>(cancellationToken);
        var items = source.ToArray();
        if (items.Length == 0)
            return Task.FromResult(Array.Empty<TResult>());
        var fanOut = new AllFanOut<TSource, TResult>(items, call, options, cancellationToken);
        fanOut.AddWorker();
        return fanOut._completion.Task;
    }

    protected override void Complete(int index, TSource item, ItemRun run, Task call)
    {
        if (Tasks.ErrorOf(call) is { } error)
        {
            if (Fail(FailureOf(error, run)))
                Report(failed: true, run);
            return;
        }
        _results[index] = Tasks.ResultOf<TResult>(call);
        Interlocked.Increment(ref _succeeded);
        Report(failed: false, run);
    }

    protected override void Finish()
    {
        if (_succeeded == _results.Length && Failures().Length == 0)
            _completion.SetResult(_results);
        else
            SetError(_completion);
    }
}
