namespace AsyncLlm;

public static partial class LlmTask
{
    /// <summary>Runs the call on every item and returns the results in the order of the items, or stops at the first failure.</summary>
    /// <typeparam name="TSource">The items.</typeparam>
    /// <typeparam name="TResult">What a call returns.</typeparam>
    /// <param name="source">The items. They are read to the end before the first call starts.</param>
    /// <param name="call">The call.</param>
    /// <param name="maxConcurrency">How many calls run at once, at least 1.</param>
    /// <param name="cancellationToken">Cancels the calls. It wins over timeouts and failures.</param>
    /// <returns>The results, in the order of <paramref name="source"/>.</returns>
    /// <remarks>
    /// The first call that fails cancels the others; they are awaited, and its exception is rethrown with its stack.
    /// <see cref="Task.Exception"/> of the task holds every real failure in the order of time, and none of the cancellations this caused.
    /// To keep what succeeded, use <c>WhenAllSettled</c>.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before every call had succeeded; the exception carries that token.</exception>
    public static Task<TResult[]> WhenAll<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, TResult>.RunAsync(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenAll{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static Task<TResult[]> WhenAll<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, TResult>.RunAsync(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenAll{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="TimeoutException"><see cref="LlmBatchOptions.Deadline"/> passed, or a call took longer than <see cref="LlmBatchOptions.CallTimeout"/>.</exception>
    public static Task<TResult[]> WhenAll<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, TResult>.RunAsync(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    /// <summary>Runs the call on every item, or stops at the first failure.</summary>
    /// <returns>A task that ends when every call has ended.</returns>
    /// <inheritdoc cref="WhenAll{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    public static Task WhenAll<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, ValueTuple>.RunAsync(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenAll{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static Task WhenAll<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, ValueTuple>.RunAsync(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenAll{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="TimeoutException"><see cref="LlmBatchOptions.Deadline"/> passed, or a call took longer than <see cref="LlmBatchOptions.CallTimeout"/>.</exception>
    public static Task WhenAll<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        AllFanOut<TSource, ValueTuple>.RunAsync(source, call, LlmBatchOptions.Checked(options), cancellationToken);
}
