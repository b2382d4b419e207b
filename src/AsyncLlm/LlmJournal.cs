using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AsyncLlm;

/// <summary>
/// A file that keeps the results of a batch as they come, so that a batch whose process ends early, even by <c>kill -9</c>, goes on where it was: what has
/// been paid for is not paid for again.
/// </summary>
/// <typeparam name="TSource">The items.</typeparam>
/// <typeparam name="TResult">What a call returns. It has to survive being written as JSON and read back: a string, a record of one's own; not the response
/// objects of client libraries, which often can be written only.</typeparam>
/// <remarks>
/// <para>Give it to <c>WhenAllSettled</c>. An item whose result is in the file gets it from there; for any other the call runs, and it is reported as finished
/// once its result is on the disk. Failures are not kept: the next run tries them again. Calls that were running when the process ended may be paid twice.</para>
/// <para>The file has one line for each result, with its checksum, below a line that names the format and the type; a last line that was torn by the end of the process is
/// dropped when the file is opened. Results that are finished at the same time share one write.</para>
/// </remarks>
public sealed class LlmJournal<TSource, TResult> : IAsyncDisposable
{
    private readonly JsonTypeInfo<TResult> _resultType;
    private readonly Func<TSource, string> _key;
    private readonly Dictionary<string, TResult> _results = new(StringComparer.Ordinal);
    private readonly JournalFile _file;
    private Exception? _failure;
    private int _isInUse;
    private volatile bool _isDisposed;

    private LlmJournal(string path, Func<TSource, string> key, JsonTypeInfo<TResult> resultType)
    {
        _key = key;
        _resultType = resultType;
        _file = JournalFile.Open(path, JournalLine.Header(typeof(TResult)), (number, line) =>
        {
            try
            {
                var (itemKey, result) = JournalLine.Read(line, resultType);
                _results[itemKey] = result;
            }
            catch (Exception exception) when (exception is JsonException or NotSupportedException or InvalidOperationException or KeyNotFoundException)
            {
                throw new InvalidDataException($"Line {number} of '{path}' cannot be read as a result of type {typeof(TResult)}.", exception);
            }
        });
        // What could be read back is proof enough.
        IsProven = _results.Count > 0;
    }

    /// <summary>How many results it has.</summary>
    public int Count
    {
        get
        {
            lock (_results)
                return _results.Count;
        }
    }

    /// <summary>One result has been written and read back.</summary>
    internal bool IsProven { get; private set; }

    /// <summary>Results cannot be kept: nothing more is to be paid for.</summary>
    internal bool IsBroken => _isDisposed || Volatile.Read(ref _failure) is not null;

    /// <summary>How many writes there were.</summary>
    internal int Commits => _file.Commits;

    /// <summary>Opens a journal, or creates it.</summary>
    /// <param name="path">The file. While it is open no other process, and no other journal of this one, can open it.</param>
    /// <param name="key">Tells an item from every other, in this run and the next: an identifier, or the whole prompt. Everything the result depends on belongs into it.</param>
    /// <param name="resultType">How results become JSON: from a <c>JsonSerializerContext</c>, e.g. <c>MyContext.Default.Summary</c>, so that it works without reflection too.</param>
    /// <returns>The journal, with the results it had.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="InvalidDataException">The file is not a journal, is one of another result type or version, or is damaged elsewhere than at its end. It is not changed.</exception>
    /// <exception cref="IOException">The file cannot be opened, for example because another process has it open.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    [SuppressMessage("Design", "CA1000", Justification = "The types are those of the batch it is for.")]
    public static LlmJournal<TSource, TResult> Open(string path, Func<TSource, string> key, JsonTypeInfo<TResult> resultType)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(resultType);
        return new(path, key, resultType);
    }

    /// <summary>Closes the file once what is being written is on the disk.</summary>
    /// <returns>A task that ends when the file can be opened again.</returns>
    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        return _file.DisposeAsync();
    }

    /// <summary>The keys of the items, each of which must be one of its own.</summary>
    internal string[] KeysOf(TSource[] source)
    {
        var keys = new string[source.Length];
        var places = new Dictionary<string, int>(source.Length, StringComparer.Ordinal);
        for (var i = 0; i < source.Length; i++)
        {
            keys[i] = _key(source[i]) ?? throw new ArgumentException($"The journal's key of item {i} is null.", nameof(source));
            if (!IsText(keys[i]))
                throw new ArgumentException($"The journal's key of item {i} has half a character in it, as a text that was cut inside an emoji: it cannot be written and found again.", nameof(source));
            if (!places.TryAdd(keys[i], i))
                throw new ArgumentException($"The items {places[keys[i]]} and {i} have the same key '{keys[i]}' in the journal: one would get the result of the other.", nameof(source));
        }
        return keys;
    }

    /// <summary>Whether every surrogate has its other half: JSON would replace it.</summary>
    private static bool IsText(string key)
    {
        for (var rest = key.AsSpan(); !rest.IsEmpty;)
        {
            if (Rune.DecodeFromUtf16(rest, out _, out var length) != OperationStatus.Done)
                return false;
            rest = rest[length..];
        }
        return true;
    }

    /// <summary>A batch begins, the only one.</summary>
    internal void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (Interlocked.Exchange(ref _isInUse, 1) != 0)
            throw new InvalidOperationException("Another batch is using the journal: an item of both would be paid twice.");
    }

    internal void Leave() => Volatile.Write(ref _isInUse, 0);

    internal bool TryGetResult(string key, [MaybeNullWhen(false)] out TResult result)
    {
        lock (_results)
            return _results.TryGetValue(key, out result);
    }

    /// <summary>Keeps a result; it is on the disk when the task ends.</summary>
    internal async Task AppendAsync(string key, TResult result)
    {
        var line = IsProven ? JournalLine.Write(key, result, _resultType) : Prove(key, result);
        try
        {
            await _file.AppendAsync(line).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Volatile.Write(ref _failure, exception);
            throw;
        }
        lock (_results)
            _results[key] = result;
        IsProven = true;
    }

    private byte[] Prove(string key, TResult result)
    {
        try
        {
            var line = JournalLine.Write(key, result, _resultType);
            var (_, again) = JournalLine.Read(line, _resultType);
            return JournalLine.Write(key, again, _resultType).AsSpan().SequenceEqual(line)
                ? line
                : throw new NotSupportedException("What was read back is not what was written.");
        }
        catch (Exception exception)
        {
            _failure = new NotSupportedException(
                $"{typeof(TResult)} cannot be kept in a journal: it does not survive being written as JSON and read back. Let the call return what you need of it, as a string or a record.", exception);
            throw _failure;
        }
    }
}
