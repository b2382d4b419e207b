namespace AsyncLlm;

/// <summary>The outcome of every item, in the order of the items.</summary>
internal sealed class SettledFanOut<TSource, TResult> : OutcomeFanOut<TSource, TResult>
{
    private readonly TaskCompletionSource<LlmOutcome<TSource, TResult>[]> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TSource[] _items;
    private readonly LlmOutcome<TSource, TResult>[] _outcomes;

    private SettledFanOut(TSource[] items, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken callerToken)
        : base(new ItemArray<TSource>(items), call, options, CallerContext.Capture(), callerToken)
    {
        _items = items;
        _outcomes = new LlmOutcome<TSource, TResult>[items.Length];
    }

    public static Task<LlmOutcome<TSource, TResult>[]> RunAsync(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken, ICallKeeper<TSource, TResult>? keeper = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(call);
        var items = source.ToArray();
        if (items.Length == 0)
            return Task.FromResult(Array.Empty<LlmOutcome<TSource, TResult>>());
        var fanOut = new SettledFanOut<TSource, TResult>(items, call, options, cancellationToken) { Keeper = keeper };
        fanOut.AddWorker();
        return fanOut._completion.Task;
    }

    protected override void Deliver(LlmOutcome<TSource, TResult> outcome) => _outcomes[outcome.Index] = outcome;

    protected override void Publish()
    {
        for (var i = 0; i < _outcomes.Length; i++)
            if (_outcomes[i].Status == LlmOutcomeStatus.NotStarted)
                _outcomes[i] = new(_items[i], i);
        if (Failures() is { Length: > 0 } failures)
            _completion.SetException(failures);
        else
            _completion.SetResult(_outcomes);
    }
}
