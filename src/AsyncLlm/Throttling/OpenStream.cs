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

    public bool HasFirst { get; private set; }

    public T Current => _items.Current;

    public static async Task<OpenStream<T>> OpenAsync(Func<CancellationToken, Task<IAsyncEnumerable<T>>> open, CancellationToken cancellationToken)
    {
        // The stream's own code runs where the caller's does.
        var stream = await open(cancellationToken).ConfigureAwait(true) ?? throw new InvalidOperationException("The call returned null instead of a stream.");
        var opened = new OpenStream<T>(stream, stream.GetAsyncEnumerator(cancellationToken));
        try
        {
            opened.HasFirst = await opened.MoveNextAsync().ConfigureAwait(false);
            // An item that came too late: the rest of the stream would end at its cancelled token.
            cancellationToken.ThrowIfCancellationRequested();
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<bool> MoveNextAsync() => _items.MoveNextAsync();

    public async ValueTask DisposeAsync()
    {
        await _items.DisposeAsync().ConfigureAwait(false);
        if (ReferenceEquals(_stream, _items))
            return;
        if (_stream is IAsyncDisposable asyncDisposable)
            await asyncDisposable.DisposeAsync().ConfigureAwait(false);
        else if (_stream is IDisposable disposable)
            disposable.Dispose();
    }
}
