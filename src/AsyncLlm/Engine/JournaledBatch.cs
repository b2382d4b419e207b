namespace AsyncLlm;

/// <summary>The outcome of every item, some of them from a journal, which keeps the others.</summary>
internal sealed class JournaledBatch<TSource, TResult>
{
    private readonly TSource[] _items;
    private readonly string[] _keys;
    private readonly bool[] _called;
    private readonly Func<TSource, CancellationToken, Task<TResult>> _call;
    private readonly LlmJournal<TSource, TResult> _journal;
    private readonly LlmBatchOptions _options;
    private readonly CallerContext _caller = CallerContext.Capture();

    private JournaledBatch(TSource[] items, string[] keys, Func<TSource, CancellationToken, Task<TResult>> call, LlmJournal<TSource, TResult> journal, LlmBatchOptions options)
    {
        _items = items;
        _keys = keys;
        _called = new bool[items.Length];
        _call = call;
        _journal = journal;
        _options = options;
    }

    public static Task<LlmOutcome<TSource, TResult>[]> RunAsync(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmJournal<TSource, TResult> journal, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(journal);
        var items = source.ToArray();
        var batch = new JournaledBatch<TSource, TResult>(items, journal.KeysOf(items), call, journal, options);
        journal.Enter();
        return batch.RunAsync(cancellationToken);
    }

    private async Task<LlmOutcome<TSource, TResult>[]> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var outcomes = new LlmOutcome<TSource, TResult>[_items.Length];
            var open = new List<int>();
            for (var i = 0; i < _items.Length; i++)
            {
                if (_journal.TryGetResult(_keys[i], out var result))
                    outcomes[i] = new(_items[i], i, result);
                else
                    open.Add(i);
            }
            foreach (var outcome in await SettledFanOut<int, TResult>.RunAsync(open, CallAsync, OptionsFor(open.Count), cancellationToken).ConfigureAwait(false))
                outcomes[outcome.Item] = _called[outcome.Item] ? outcome.For(_items[outcome.Item], outcome.Item) : new(_items[outcome.Item], outcome.Item);
            return outcomes;
        }
        finally
        {
            _journal.Leave();
        }
    }

    /// <summary>Neither the timeout of a call nor the retries of a throttle are for its way to the disk.</summary>
    private LlmBatchOptions OptionsFor(int open)
    {
        var options = LlmBatchOptions.Checked(_options);
        options.MaxConcurrency = _options.Limit;
        options.CallTimeout = null;
        options.Throttle = null;
        if (options.Progress is { } progress)
            options.Progress = new ProgressOfAll(progress, _items.Length - open, _items.Length);
        return options;
    }

    private async Task<TResult> CallAsync(int index, CancellationToken cancellationToken)
    {
        if (!_journal.IsProven)
        {
            using (await _journal.Probe.EnterAsync(cancellationToken).ConfigureAwait(false))
                if (!_journal.IsProven)
                    return await PayAsync(index, cancellationToken).ConfigureAwait(false);
        }
        return await PayAsync(index, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TResult> PayAsync(int index, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _journal.ThrowIfBroken();
        await _caller.Enter();
        _called[index] = true;
        var result = await (_options.Throttle is { } throttle
            ? throttle.RunAsync<TResult>(token => AttemptAsync(index, token), default, actualTokens: null, isInPipeline: false, cancellationToken)
            : AttemptAsync(index, cancellationToken)).ConfigureAwait(false);
        await _journal.AppendAsync(_keys[index], result).ConfigureAwait(false);
        return result;
    }

    private Task<TResult> AttemptAsync(int index, CancellationToken cancellationToken) => _options.CallTimeout is { } timeout
        ? LlmTimeout.RunAsync<TResult>(_caller, token => _call(_items[index], token), timeout, _options.TimeProvider, cancellationToken)
        : _call(_items[index], cancellationToken) ?? throw Tasks.NullTask();

    /// <summary>Counts what the journal had.</summary>
    private sealed class ProgressOfAll(IProgress<LlmProgress> progress, int completed, int total) : IProgress<LlmProgress>
    {
        public void Report(LlmProgress value) => progress.Report(value with { Completed = value.Completed + completed, Total = total });
    }
}
