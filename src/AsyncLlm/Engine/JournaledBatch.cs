using System.Diagnostics.CodeAnalysis;

namespace AsyncLlm;

/// <summary>The outcome of every item, some of them from a journal, which keeps the others.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore's wait handle is never used: there is nothing to dispose.")]
internal sealed class JournaledBatch<TSource, TResult> : ICallKeeper<int, TResult>
{
    private readonly TSource[] _items;
    private readonly string[] _keys;
    private readonly Func<TSource, CancellationToken, Task<TResult>> _call;
    private readonly LlmJournal<TSource, TResult> _journal;
    private readonly LlmBatchOptions _options;
    // One call at a time until one result has been kept: whoever finds out that the type does not allow it has paid once.
    private readonly SemaphoreSlim _probe = new(1, 1);
    private int _probing = -1;

    private JournaledBatch(TSource[] items, string[] keys, Func<TSource, CancellationToken, Task<TResult>> call, LlmJournal<TSource, TResult> journal, LlmBatchOptions options)
    {
        _items = items;
        _keys = keys;
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
            if (_options.Progress is { } progress)
                _options.Progress = new ProgressOfAll(progress, _items.Length - open.Count, _items.Length);
            foreach (var outcome in await SettledFanOut<int, TResult>.RunAsync(open, (index, token) => _call(_items[index], token), _options, cancellationToken, this).ConfigureAwait(false))
                outcomes[outcome.Item] = outcome.For(_items[outcome.Item], outcome.Item);
            return outcomes;
        }
        finally
        {
            _journal.Leave();
        }
    }

    public async Task<bool> TryEnterAsync(int item, CancellationToken cancellationToken)
    {
        if (!_journal.IsProven)
        {
            await _probe.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // The batch is over: nobody waits for the probe any more.
            if (cancellationToken.IsCancellationRequested)
                return false;
            if (_journal.IsProven || _journal.IsBroken)
                _probe.Release();
            else
                _probing = item;
        }
        return !_journal.IsBroken;
    }

    public async Task<TResult> KeepAsync(int item, Task call)
    {
        try
        {
            await call.ConfigureAwait(false);
            var result = Tasks.ResultOf<TResult>(call);
            await _journal.AppendAsync(_keys[item], result).ConfigureAwait(false);
            return result;
        }
        finally
        {
            if (_probing == item)
            {
                _probing = -1;
                _probe.Release();
            }
        }
    }

    /// <summary>Counts what the journal had.</summary>
    private sealed class ProgressOfAll(IProgress<LlmProgress> progress, int completed, int total) : IProgress<LlmProgress>
    {
        public void Report(LlmProgress value) => progress.Report(value with { Completed = value.Completed + completed, Total = total });
    }
}
