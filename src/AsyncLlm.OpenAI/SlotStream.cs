namespace AsyncLlm;

/// <summary>The content of a streaming response; its end, its failure and its disposal give the slot back.</summary>
internal sealed class SlotStream(Stream content, IAsyncDisposable slot) : Stream
{
    private int _isReleased;

    public override bool CanRead => content.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override bool CanTimeout => content.CanTimeout;

    public override int ReadTimeout
    {
        get => content.ReadTimeout;
        set => content.ReadTimeout = value;
    }

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var count = 0;
        try
        {
            return count = content.Read(buffer);
        }
        finally
        {
            ReleaseAtEnd(count, buffer.Length);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = 0;
        try
        {
            return count = await content.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ReleaseAtEnd(count, buffer.Length);
        }
    }

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await content.DisposeAsync().ConfigureAwait(false);
        Release();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            Release();
        }
        base.Dispose(disposing);
    }

    private void ReleaseAtEnd(int count, int wanted)
    {
        if (count == 0 && wanted > 0)
            Release();
    }

    private void Release()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            _ = slot.DisposeAsync().AsTask();
    }
}
