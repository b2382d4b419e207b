using System.Runtime.ExceptionServices;

namespace AsyncLlm;

/// <summary>
/// Repeats one call that failed, as <see cref="LlmFailure.Classify"/> advises, after exponential backoff with full jitter or what the server asked for.
/// </summary>
/// <remarks>
/// <para>For a call that stands alone. Many calls of one quota need state they share, else each failure of one is repeated against the load of
/// the others: that is <see cref="LlmThrottle"/>.</para>
/// <para>A refusal (429, 503, 529), a fault (408, 409, 425, 5xx) and a failed connection are repeated, a timeout
/// <see cref="LlmRetryOptions.MaxTimeoutRetries"/> times. A permanent failure and an exhausted quota are not. The client's own retries must be
/// off, else the attempts multiply.</para>
/// <para>There is no timeout in it: put <see cref="LlmTimeout"/> inside for each attempt, outside for all.</para>
/// </remarks>
public static class LlmRetry
{
    // A wait the server named is made up to a fifth longer, so that callers refused together do not come back together.
    private const double Spread = 0.2;

    /// <summary>Runs a call and repeats it while that is worth it.</summary>
    /// <typeparam name="T">What the call returns.</typeparam>
    /// <param name="call">The call. It runs on the <see cref="SynchronizationContext"/> of the caller, or on the thread pool when there is none.</param>
    /// <param name="maxRetries">How often it is repeated at most, not negative.</param>
    /// <param name="cancellationToken">Cancels the call and the waits. It wins over failures and is never retried.</param>
    /// <returns>The result of the first attempt that succeeds. When there is none, the last exception, unchanged, with
    /// <c>Data["AsyncLlm.RetryAfter"]</c> where the server said when to come back.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxRetries"/> is negative.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the exception carries that token.</exception>
    public static Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, int maxRetries = 3, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<T>(call, Times(maxRetries), cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, Task{T}}, int, CancellationToken)"/>
    /// <param name="options">How it is repeated.</param>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> or <paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    public static Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, LlmRetryOptions options, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<T>(call, LlmRetryOptions.Checked(options), cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, Task{T}}, int, CancellationToken)"/>
    /// <returns>A task that ends with the first attempt that succeeds, or fails with the last.</returns>
    public static Task RunAsync(Func<CancellationToken, Task> call, int maxRetries = 3, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<ValueTuple>(call, Times(maxRetries), cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="options">How it is repeated.</param>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> or <paramref name="options"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    public static Task RunAsync(Func<CancellationToken, Task> call, LlmRetryOptions options, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<ValueTuple>(call, LlmRetryOptions.Checked(options), cancellationToken);

    private static LlmRetryOptions Times(int maxRetries)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxRetries);
        return new LlmRetryOptions { MaxRetries = maxRetries };
    }

    private static Task<T> RunCheckedAsync<T>(Func<CancellationToken, Task> call, LlmRetryOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellationToken)
            : RunAsync<T>(CallerContext.Capture(), call, options, cancellationToken);
    }

    private static async Task<T> RunAsync<T>(CallerContext caller, Func<CancellationToken, Task> call, LlmRetryOptions options, CancellationToken cancellationToken)
    {
        var timeouts = 0;
        for (var attempt = 1; ; attempt++)
        {
            await caller.Enter();
            var task = Invoke();
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Tasks.ErrorOf(task) is not { } error)
                return Tasks.ResultOf<T>(task);
            if (cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("The caller cancelled the call.", error, cancellationToken);

            var failure = options.Classify is { } classify ? classify(error) : FailureReader.Read(error, options.TimeProvider);
            timeouts += failure.Kind == LlmFailureKind.TimedOut ? 1 : 0;
            if (attempt > options.MaxRetries || timeouts > options.MaxTimeoutRetries || !IsWorthwhile(failure, options))
            {
                RetryAfterHeader.Note(error, failure.RetryAfter);
                ExceptionDispatchInfo.Throw(error);
            }
            var delay = Delay(attempt, failure, options);
            options.OnRetry?.Invoke(new(error, failure, attempt, delay));
            await Task.Delay(delay, options.TimeProvider, cancellationToken).ConfigureAwait(false);
        }

        Task Invoke()
        {
            try
            {
                return call(cancellationToken) ?? Task.FromException(Tasks.NullTask());
            }
            catch (Exception exception)
            {
                return Task.FromException(exception);
            }
        }
    }

    private static bool IsWorthwhile(LlmFailure failure, LlmRetryOptions options) =>
        failure.Kind is not (LlmFailureKind.Permanent or LlmFailureKind.QuotaExhausted) && !(failure.RetryAfter > options.MaxRetryAfter);

    /// <seealso href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"/>
    private static TimeSpan Delay(int attempt, LlmFailure failure, LlmRetryOptions options)
    {
        if (failure.RetryAfter is { } asked && asked > TimeSpan.Zero)
            return asked * (1 + Spread * options.Random()) is var wait && wait < Durations.Longest ? wait : Durations.Longest;
        var longest = Math.Min(options.MaxDelay.TotalSeconds, options.BaseDelay.TotalSeconds * Math.Pow(2, attempt - 1));
        return TimeSpan.FromSeconds(longest * options.Random());
    }
}
