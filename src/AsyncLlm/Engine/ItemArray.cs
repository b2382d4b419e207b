namespace AsyncLlm;

/// <summary>The items as they were at the call, handed out in their order.</summary>
internal sealed class ItemArray<TSource>(TSource[] items)
{
    private int _taken = -1;

    public int Count => items.Length;

    public TSource this[int index] => items[index];

    public bool TryTake(out int index, out TSource item)
    {
        index = Interlocked.Increment(ref _taken);
        var found = index < items.Length;
        item = found ? items[index] : default!;
        return found;
    }
}
