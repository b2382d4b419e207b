namespace AsyncLlm;

/// <summary>A stream whose first item has come, or that has ended without one.</summary>
internal sealed class OpenStream<T> : IAsyncDisposable
{
    private readonly IAsyncEnumerable<T> _stream;
    private readonly IAsyncEnumerator<T> _items;

    private OpenStream(IAsyncEnumerable<T> stream, IAsyncEnumerator<T> items)
    {
        _stream = stream;
        _items = items;
    }

    public bool HasItem { get; private set; }

    public T Current => _items.Current;

    public static async Task<OpenStream<T>> OpenAsync(Func<CancellationToken, Task<IAsyncEnumerable<T>>> open, CancellationToken cancellationToken)
    {
        var stream = await open(cancellationToken).ConfigureAwait(false) ?? throw Tasks.NullTask();
        var opened = new OpenStream<T>(stream, stream.GetAsyncEnumerator(cancellationToken));
        try
        {
            await opened.MoveNextAsync().ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask MoveNextAsync() => HasItem = await _items.MoveNextAsync().ConfigureAwait(false);

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync().ConfigureAwait(false);
        if (_stream is IAsyncDisposable disposable)
            await disposable.DisposeAsync().ConfigureAwait(false);
    }
}
