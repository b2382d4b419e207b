using System.Globalization;
using System.Numerics;
using System.Text;

namespace AsyncLlm;

/// <summary>
/// A file of lines, each with its checksum, that nobody else can open. A line is on the disk when <see cref="AppendAsync"/> ends; lines that
/// come while others are being written share the next write and flush.
/// </summary>
internal sealed class JournalFile : IAsyncDisposable
{
    private const int ChecksumLength = 8;
    private readonly FileStream _stream;
    // A flush to the disk blocks: not a thread of the pool.
    private readonly BlockingWork _thread = new(1);
    private readonly object _gate = new();
    private MemoryStream _waiting = new();
    private TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _writing = Task.CompletedTask;
    private bool _isWriting;
    private bool _isDisposed;
    // What a failed write left behind would lie in the middle of the file if others followed it.
    private Exception? _failure;

    private JournalFile(FileStream stream) => _stream = stream;

    /// <summary>How many writes there were.</summary>
    public int Commits { get; private set; }

    /// <param name="header">What the first line has to say; it is written to a new file.</param>
    /// <param name="onLine">Takes each further line with its number.</param>
    public static JournalFile Open(string path, byte[] header, Action<int, ReadOnlyMemory<byte>> onLine) =>
        Open(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0), header, onLine);

    internal static JournalFile Open(FileStream stream, byte[] header, Action<int, ReadOnlyMemory<byte>> onLine)
    {
        try
        {
            var end = Read(stream, header, onLine);
            if (end == 0)
                WriteHeader(stream, header);
            else if (end < stream.Length)
                stream.SetLength(end);
            stream.Seek(0, SeekOrigin.End);
            return new JournalFile(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Writes a line; it is on the disk when the task ends.</summary>
    public Task AppendAsync(ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(LlmJournal<,>));
            _waiting.Write(Line(payload));
            var written = _written.Task;
            if (!_isWriting)
            {
                _isWriting = true;
                _writing = _thread.RunAsync(_ => WriteWaiting());
            }
            return written;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task writing;
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            writing = _writing;
        }
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _thread.Dispose();
        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private void WriteWaiting()
    {
        while (true)
        {
            MemoryStream lines;
            TaskCompletionSource written;
            lock (_gate)
            {
                if (_waiting.Length == 0)
                {
                    _isWriting = false;
                    return;
                }
                (lines, _waiting) = (_waiting, new MemoryStream());
                (written, _written) = (_written, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            try
            {
                if (_failure is null)
                {
                    Commits++;
                    _stream.Write(lines.GetBuffer().AsSpan(0, (int)lines.Length));
                    _stream.Flush(flushToDisk: true);
                }
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
            if (_failure is null)
                written.SetResult();
            else
                written.SetException(_failure);
        }
    }

    /// <summary>Reads what is whole and returns where it ends; what a kill tore off behind it does not count.</summary>
    private static long Read(FileStream stream, byte[] header, Action<int, ReadOnlyMemory<byte>> onLine)
    {
        var number = 0;
        var end = 0L;
        int? damaged = null;
        foreach (var (line, lineEnd) in Lines(stream))
        {
            number++;
            if (!TryRead(line, out var payload))
            {
                damaged ??= number;
                continue;
            }
            if (damaged is not null)
                throw new InvalidDataException($"Line {damaged} of '{stream.Name}' is damaged, and not because it was the last one written.");
            if (number > 1)
                onLine(number, payload);
            else if (!payload.Span.SequenceEqual(header))
                throw new InvalidDataException(
                    $"'{stream.Name}' is a journal of another kind: it says {Encoding.UTF8.GetString(payload.Span)}, expected is {Encoding.UTF8.GetString(header)}.");
            end = lineEnd;
        }
        if (end == 0 && !IsTornHeader(stream, header))
            throw new InvalidDataException($"'{stream.Name}' is not a journal; it is left as it is.");
        return end;
    }

    private static IEnumerable<(ReadOnlyMemory<byte> Line, long End)> Lines(FileStream stream)
    {
        var buffer = new byte[64 * 1024];
        var filled = 0;
        var position = 0L;
        while (true)
        {
            var read = stream.Read(buffer, filled, buffer.Length - filled);
            if (read == 0)
                yield break;
            filled += read;
            var start = 0;
            int length;
            while ((length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0)
            {
                position += length + 1;
                yield return (buffer.AsMemory(start, length), position);
                start += length + 1;
            }
            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled == buffer.Length)
                Array.Resize(ref buffer, 2 * buffer.Length);
        }
    }

    private static byte[] Line(ReadOnlySpan<byte> payload) =>
        [.. Encoding.ASCII.GetBytes(Checksum(payload).ToString("x8", CultureInfo.InvariantCulture)), (byte)' ', .. payload, (byte)'\n'];

    private static bool TryRead(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (line.Length <= ChecksumLength || line.Span[ChecksumLength] != ' '
            || !uint.TryParse(line.Span[..ChecksumLength], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var checksum))
            return false;
        payload = line[(ChecksumLength + 1)..];
        return Checksum(payload.Span) == checksum;
    }

    /// <summary>CRC-32C.</summary>
    private static uint Checksum(ReadOnlySpan<byte> payload)
    {
        var checksum = uint.MaxValue;
        foreach (var value in payload)
            checksum = BitOperations.Crc32C(checksum, value);
        return ~checksum;
    }

    /// <summary>Whether the file is empty, or was killed while it got its header.</summary>
    private static bool IsTornHeader(FileStream stream, byte[] header)
    {
        var whole = Line(header);
        if (stream.Length >= whole.Length)
            return false;
        var start = new byte[stream.Length];
        stream.Seek(0, SeekOrigin.Begin);
        stream.ReadExactly(start);
        return whole.AsSpan().StartsWith(start);
    }

    private static void WriteHeader(FileStream stream, byte[] header)
    {
        stream.SetLength(0);
        stream.Write(Line(header));
        stream.Flush(flushToDisk: true);
    }
}
