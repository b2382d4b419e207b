namespace AsyncLlm;

/// <summary>Where the workers of a fan-out take their items from.</summary>
internal abstract class ItemSource<TSource>
{
    /// <summary>How many items there are, if that is known.</summary>
    public virtual int? Count => null;

    /// <summary>Waits until it is known whether there is a next item; one <see cref="TryTake"/> follows.</summary>
    public virtual Task PrepareAsync(CallerContext caller, StopSource stop) => Task.CompletedTask;

    public abstract bool TryTake(out int index, out TSource item);

    /// <summary>The last worker is out.</summary>
    public virtual Task CloseAsync(CallerContext caller) => Task.CompletedTask;
}

/// <summary>The items as they were at the call.</summary>
internal sealed class ItemArray<TSource>(TSource[] items) : ItemSource<TSource>
{
    private int _taken = -1;

    public override int? Count => items.Length;

    public override bool TryTake(out int index, out TSource item)
    {
        index = Interlocked.Increment(ref _taken);
        var found = index < items.Length;
        item = found ? items[index] : default!;
        return found;
    }
}
