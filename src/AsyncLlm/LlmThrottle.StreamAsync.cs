using System.Runtime.CompilerServices;

namespace AsyncLlm;

public sealed partial class LlmThrottle
{
    /// <summary>Opens a stream when the quota allows it and yields its items. Until the first item it is repeated like any call, never after.</summary>
    /// <typeparam name="T">The items.</typeparam>
    /// <param name="open">Opens the stream. It may run several times. It gets a token of its own for each attempt.</param>
    /// <param name="cancellationToken">Cancels the stream.</param>
    /// <returns>The items. Each loop over them is a call of its own and holds its slot until it ends.</returns>
    /// <remarks><see cref="LlmThrottleOptions.AttemptTimeout"/> and <see cref="LlmThrottleOptions.TotalTimeout"/> end with the first item;
    /// put <c>WithTimeout(idle, firstItem: Timeout.InfiniteTimeSpan)</c> behind it to bound the rest, of which queueing is no part.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="open"/> is <see langword="null"/>.</exception>
    public IAsyncEnumerable<T> StreamAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> open, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        return EnumerateAsync(token => Task.FromResult(open(token)), default, actualTokens: null, cancellationToken);
    }

    /// <summary>Opens a stream when the quota of requests and that of tokens allow it and yields its items. Until the first item it is repeated like any call, never after.</summary>
    /// <param name="estimate">The tokens it will take at most. They are reserved when it is admitted and given back when it cannot be opened.</param>
    /// <param name="actualTokens">Reads from an item how many tokens it tells of, <see langword="null"/> for an item that tells nothing. They are added up, and the difference
    /// is given back at the end. <see langword="null"/>, or no item that tells: the estimate stands.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="estimate"/> is negative.</exception>
    /// <inheritdoc cref="StreamAsync{T}(Func{CancellationToken, IAsyncEnumerable{T}}, CancellationToken)"/>
    public IAsyncEnumerable<T> StreamAsync<T>(
        Func<CancellationToken, IAsyncEnumerable<T>> open, LlmCost estimate, Func<T, int?>? actualTokens = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        return EnumerateAsync(token => Task.FromResult(open(token)), Checked(estimate), actualTokens, cancellationToken);
    }

    /// <inheritdoc cref="StreamAsync{T}(Func{CancellationToken, IAsyncEnumerable{T}}, CancellationToken)"/>
    /// <typeparam name="T">The items.</typeparam>
    /// <typeparam name="TStream">The stream. It is disposed at the end when it can be.</typeparam>
    public IAsyncEnumerable<T> StreamAsync<TStream, T>(Func<CancellationToken, Task<TStream>> open, CancellationToken cancellationToken = default)
        where TStream : IAsyncEnumerable<T>
    {
        ArgumentNullException.ThrowIfNull(open);
        return EnumerateAsync(async token => (IAsyncEnumerable<T>)await (open(token) ?? throw Tasks.NullTask()).ConfigureAwait(false), default, actualTokens: null, cancellationToken);
    }

    private async IAsyncEnumerable<T> EnumerateAsync<T>(
        Func<CancellationToken, Task<IAsyncEnumerable<T>>> open, LlmCost estimate, Func<T, int?>? actualTokens, CancellationToken callerToken,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = new StreamCall<T>(_engine, open, estimate, callerToken, cancellationToken);
        await using var _ = call.ConfigureAwait(false);
        await call.OpenAsync().ConfigureAwait(false);
        while (await call.MoveNextAsync().ConfigureAwait(false))
        {
            if (actualTokens?.Invoke(call.Current) is { } tokens)
                call.ActualTokens = tokens + (call.ActualTokens ?? 0);
            yield return call.Current;
        }
    }
}
