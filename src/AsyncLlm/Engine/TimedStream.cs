namespace AsyncLlm;

/// <summary>A stream whose items have to come in time.</summary>
internal sealed class TimedStream<T>(IAsyncEnumerable<T> source, TimeSpan idle, TimeSpan firstItem, TimeProvider timeProvider, CancellationToken callerToken)
    : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        new TimedEnumerator<T>(source, idle, firstItem, timeProvider, callerToken, cancellationToken);
}
