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
    /// put <c>WithTimeout</c> behind it to bound the rest.</remarks>
    /// <exception cref="ArgumentNullException"><paramref name="open"/> is <see langword="null"/>.</exception>
    public IAsyncEnumerable<T> StreamAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> open, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(open);
        return EnumerateAsync(token => Task.FromResult(open(token)), cancellationToken);
    }

    /// <inheritdoc cref="StreamAsync{T}(Func{CancellationToken, IAsyncEnumerable{T}}, CancellationToken)"/>
    /// <typeparam name="T">The items.</typeparam>
    /// <typeparam name="TStream">The stream. It is disposed at the end when it can be.</typeparam>
    public IAsyncEnumerable<T> StreamAsync<TStream, T>(Func<CancellationToken, Task<TStream>> open, CancellationToken cancellationToken = default)
        where TStream : IAsyncEnumerable<T>
    {
        ArgumentNullException.ThrowIfNull(open);
        return EnumerateAsync(async token => (IAsyncEnumerable<T>)await open(token).ConfigureAwait(false), cancellationToken);
    }

    private async IAsyncEnumerable<T> EnumerateAsync<T>(
        Func<CancellationToken, Task<IAsyncEnumerable<T>>> open, CancellationToken callerToken, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var call = new StreamCall<T>(_engine, open, callerToken, cancellationToken);
        await using var _ = call.ConfigureAwait(false);
        await call.OpenAsync().ConfigureAwait(false);
        while (await call.MoveNextAsync().ConfigureAwait(false))
            yield return call.Current;
    }
}
