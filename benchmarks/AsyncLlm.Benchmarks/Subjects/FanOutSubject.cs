namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>One call on each of many items, each of which gives its thread back once, as a call to a server does.</summary>
internal sealed class FanOutSubject<TSource, TResult>(IEnumerable<TSource> items, Func<TSource, TResult> answer, int limit)
{
    private readonly TSource[] _items = [.. items];

    public int Count => _items.Length;

    public Task WhenAllAsync() => LlmTask.WhenAll(_items, CallAsync, limit);

    public Task ForEachAsync()
    {
        var results = new TResult[_items.Length];
        return Parallel.ForEachAsync(
            Enumerable.Range(0, _items.Length),
            new ParallelOptions { MaxDegreeOfParallelism = limit },
            async (i, cancellationToken) => results[i] = await CallAsync(_items[i], cancellationToken));
    }

    public async Task SemaphoreAsync()
    {
        using var gate = new SemaphoreSlim(limit);
        await Task.WhenAll(_items.Select(async item =>
        {
            await gate.WaitAsync();
            try
            {
                return await CallAsync(item, CancellationToken.None);
            }
            finally
            {
                gate.Release();
            }
        }));
    }

    private async Task<TResult> CallAsync(TSource item, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return answer(item);
    }
}
