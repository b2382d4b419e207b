namespace AsyncLlm.Benchmarks.Subjects;

/// <summary>A stream of many items.</summary>
internal sealed class StreamSubject(int count)
{
    public int Count => count;

    public async Task<int> BareAsync(bool yields)
    {
        var sum = 0;
        await foreach (var item in ItemsAsync(yields))
            sum += item;
        return sum;
    }

    public async Task<int> TimedAsync(bool yields)
    {
        var sum = 0;
        await foreach (var item in ItemsAsync(yields).WithTimeout(TimeSpan.FromSeconds(30)))
            sum += item;
        return sum;
    }

    private async IAsyncEnumerable<int> ItemsAsync(bool yields)
    {
        for (var i = 0; i < count; i++)
        {
            if (yields && i % 16 == 0)
                await Task.Yield();
            yield return i;
        }
    }
}
