namespace AsyncLlm;

/// <summary>
/// Ends a call after a time: what Python's <c>asyncio.wait_for</c> and <c>asyncio.timeout</c> do.
/// </summary>
/// <remarks>
/// <para><see cref="Task.WaitAsync(TimeSpan)"/> and <c>Task.WhenAny</c> with a delay only stop waiting: the request runs on and is
/// billed. <see cref="LlmTimeout"/> cancels the token it gives to the call and waits for the call to end. A call that ignores its token
/// is left behind one second later; its exception, if one comes, is observed.</para>
/// <para>A result that arrives while the call is being cancelled is returned: it has been paid for.</para>
/// <para>The call starts on the caller's <see cref="SynchronizationContext"/>, or on the thread pool when there is none.</para>
/// </remarks>
public static class LlmTimeout
{
    /// <summary>Runs a call and cancels it when it takes longer than <paramref name="timeout"/>.</summary>
    /// <typeparam name="T">What the call returns.</typeparam>
    /// <param name="call">The call. It gets a token of its own, cancelled by the timeout and by <paramref name="cancellationToken"/>.</param>
    /// <param name="timeout">The longest time the call may take; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="cancellationToken">Cancels the call. It wins over the timeout and over a failure of the call.</param>
    /// <returns>The result of the call.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is neither positive nor infinite, or is longer than a timer can be (about 49 days).</exception>
    /// <exception cref="TimeoutException">The time passed. <see cref="Exception.InnerException"/> is what the call ended with, if it ended.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled; the exception carries that token.</exception>
    /// <remarks>Any other exception is the call's own, unchanged.</remarks>
    public static Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        RunAsync(call, timeout, TimeProvider.System, cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, Task{T}}, TimeSpan, CancellationToken)"/>
    /// <param name="timeProvider">The clock of the timeout.</param>
    public static Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<T>(call, timeout, timeProvider, cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(Func{CancellationToken, Task{T}}, TimeSpan, CancellationToken)"/>
    /// <returns>A task that ends with the call.</returns>
    public static Task RunAsync(Func<CancellationToken, Task> call, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        RunAsync(call, timeout, TimeProvider.System, cancellationToken);

    /// <inheritdoc cref="RunAsync(Func{CancellationToken, Task}, TimeSpan, CancellationToken)"/>
    /// <param name="timeProvider">The clock of the timeout.</param>
    public static Task RunAsync(Func<CancellationToken, Task> call, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken = default) =>
        RunCheckedAsync<ValueTuple>(call, timeout, timeProvider, cancellationToken);

    private static Task<T> RunCheckedAsync<T>(Func<CancellationToken, Task> call, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(timeProvider);
        if (!Durations.IsValid(timeout))
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, $"The timeout {Durations.Requirement}");
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellationToken)
            : RunAsync<T>(CallerContext.Capture(), call, timeout, timeProvider, cancellationToken);
    }

    /// <summary>The engine's form: the arguments are checked and the caller's place is known.</summary>
    internal static async Task<T> RunAsync<T>(
        CallerContext caller, Func<CancellationToken, Task> call, TimeSpan timeout, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var abandoned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new StopSource(Durations.Limit(timeout), timeProvider, () => abandoned.TrySetResult(), cancellationToken);
        var task = InvokeAsync(stop.Token);
        await Task.WhenAny(task, abandoned.Task).ConfigureAwait(false);

        if (task.IsCompletedSuccessfully)
            return await task.ConfigureAwait(false);
        task.Observe();
        var error = task.IsCompleted ? Tasks.ErrorOf(task) : null;
        if (cancellationToken.IsCancellationRequested)
            throw new OperationCanceledException("The caller cancelled the call.", error, cancellationToken);
        if (stop.IsStopped)
            throw new TimeoutException($"The call did not end within {timeout}.", error);
        return await task.ConfigureAwait(false);

        async Task<T> InvokeAsync(CancellationToken token)
        {
            if (caller.IsPool)
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            var started = call(token) ?? throw Tasks.NullTask();
            await started.ConfigureAwait(false);
            return Tasks.ResultOf<T>(started);
        }
    }
}
