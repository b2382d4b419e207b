namespace AsyncLlm;

/// <summary>Admits the calls of one quota.</summary>
public sealed class LlmThrottle
{
    /// <summary>Creates a throttle.</summary>
    public LlmThrottle(LlmThrottleOptions? options = null) => Options = LlmThrottleOptions.Checked(options ?? new());

    internal LlmThrottleOptions Options { get; }

    /// <summary>The throttle of a client.</summary>
    public static LlmThrottle For(object client, string? partition = null) => throw new NotImplementedException();

    /// <summary>Gives a client a throttle.</summary>
    public static void Attach(object client, LlmThrottle throttle, string? partition = null) => throw new NotImplementedException();

    /// <summary>Runs a call.</summary>
    public Task<T> ExecuteAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs a call.</summary>
    public Task ExecuteAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs a call whose tokens are reserved.</summary>
    public Task<T> ExecuteAsync<T>(Func<CancellationToken, Task<T>> call, LlmCost estimate, Func<T, int>? actualTokens = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a stream.</summary>
    public IAsyncEnumerable<T> StreamAsync<T>(Func<CancellationToken, IAsyncEnumerable<T>> open, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Opens a stream.</summary>
    public IAsyncEnumerable<T> StreamAsync<TStream, T>(Func<CancellationToken, Task<TStream>> open, CancellationToken cancellationToken = default)
        where TStream : IAsyncEnumerable<T> => throw new NotImplementedException();

    /// <summary>Takes what a provider said about the quota.</summary>
    public void Report(in LlmRateInfo observed) => throw new NotImplementedException();

    /// <summary>Where the throttle stands.</summary>
    public LlmThrottleStatistics GetStatistics() => throw new NotImplementedException();
}
