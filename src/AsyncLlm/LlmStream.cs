using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace AsyncLlm;

/// <summary>
/// Streams of a model's answer: a limit on the time between two items, and the whole text in one string.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "It is about streams of answers, and no Stream.")]
public static class LlmStream
{
    /// <summary>Ends a stream whose next item does not come in time.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="idle">The longest wait for an item; <see cref="Timeout.InfiniteTimeSpan"/> for no limit. The time the loop's body takes is not counted.</param>
    /// <param name="firstItem">The longest wait for the first item, during which the model reads the prompt. The default is <see langword="null"/>: <paramref name="idle"/>.</param>
    /// <param name="cancellationToken">Cancels the stream, as the token of <c>WithCancellation</c> does. It wins over the timeouts and over a failure of the stream.</param>
    /// <returns>The items of <paramref name="source"/>. Each loop over them is an enumeration of its own.</returns>
    /// <remarks>
    /// <para>The stream gets a token of its own, cancelled by the timeouts and by the caller's tokens. If it has not ended one second later, because it
    /// ignores its token, the loop ends all the same; the stream is disposed when its item comes at last, and an exception it brings is observed.</para>
    /// <para>An item that arrives while the stream is being cancelled is still given; the exception follows in its place behind it. A stream that merely ends
    /// when it is cancelled does not pass for complete: the exception follows there too. Any other exception is the stream's own, unchanged.</para>
    /// <para>An item that is there at once costs no allocation and reads no clock; any other costs two reads of the clock at most.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="idle"/> or <paramref name="firstItem"/> is neither positive nor infinite, or is longer than a timer can be (about 49 days).</exception>
    /// <exception cref="TimeoutException">In the loop: no item came in time. <see cref="Exception.InnerException"/> is what the stream ended with, if it ended.</exception>
    /// <exception cref="OperationCanceledException">In the loop: <paramref name="cancellationToken"/>, or the token of <c>WithCancellation</c>, was cancelled; the exception carries that token.</exception>
    public static IAsyncEnumerable<T> WithTimeout<T>(
        this IAsyncEnumerable<T> source, TimeSpan idle, TimeSpan? firstItem = null, CancellationToken cancellationToken = default) =>
        WithTimeout(source, idle, TimeProvider.System, firstItem, cancellationToken);

    /// <inheritdoc cref="WithTimeout{T}(IAsyncEnumerable{T}, TimeSpan, TimeSpan?, CancellationToken)"/>
    /// <param name="timeProvider">The clock of the timeouts.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="timeProvider"/> is <see langword="null"/>.</exception>
    public static IAsyncEnumerable<T> WithTimeout<T>(
        this IAsyncEnumerable<T> source, TimeSpan idle, TimeProvider timeProvider, TimeSpan? firstItem = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (!Durations.IsValid(idle))
            throw new ArgumentOutOfRangeException(nameof(idle), idle, $"The timeout {Durations.Requirement}");
        if (firstItem is { } first && !Durations.IsValid(first))
            throw new ArgumentOutOfRangeException(nameof(firstItem), first, $"The timeout {Durations.Requirement}");
        return new TimedStream<T>(source, idle, firstItem ?? idle, timeProvider, cancellationToken);
    }

    /// <summary>Reads a stream of texts to its end and returns the whole.</summary>
    /// <param name="source">The pieces of the text; <see langword="null"/> counts as empty.</param>
    /// <param name="cancellationToken">Cancels the stream. It wins over a failure of the stream; one that ignores it is left behind one second later.</param>
    /// <returns>The pieces, one after the other.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the exception carries that token.</exception>
    /// <remarks>Any other exception is the stream's own, unchanged. <c>WithTimeout</c> before it bounds the wait for each piece.</remarks>
    public static Task<string> CollectAsync(this IAsyncEnumerable<string?> source, CancellationToken cancellationToken = default) =>
        CollectAsync(source, static text => text, cancellationToken);

    /// <summary>Reads a stream to its end and returns its text.</summary>
    /// <typeparam name="T">The items, e.g. the updates of a client library.</typeparam>
    /// <param name="source">The stream.</param>
    /// <param name="text">The text of an item, <see langword="null"/> when it has none. It runs once an item, in order, on the caller's <see cref="SynchronizationContext"/>.</param>
    /// <returns>The texts, one after the other.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="text"/> is <see langword="null"/>.</exception>
    /// <inheritdoc cref="CollectAsync(IAsyncEnumerable{string?}, CancellationToken)"/>
    public static Task<string> CollectAsync<T>(this IAsyncEnumerable<T> source, Func<T, string?> text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(text);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<string>(cancellationToken)
            : CollectAsync(CallerContext.Capture(), source.WithTimeout(Timeout.InfiniteTimeSpan, firstItem: null, cancellationToken), text);
    }

    private static async Task<string> CollectAsync<T>(CallerContext caller, IAsyncEnumerable<T> source, Func<T, string?> text)
    {
        var whole = new StringBuilder();
        await caller.Enter();
        var items = source.GetAsyncEnumerator();
        await using (items.ConfigureAwait(false))
        {
            while (await items.MoveNextAsync().ConfigureAwait(false))
            {
                await caller.Enter();
                whole.Append(text(items.Current));
            }
        }
        return whole.ToString();
    }
}
