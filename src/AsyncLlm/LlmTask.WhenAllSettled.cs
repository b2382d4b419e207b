namespace AsyncLlm;

public static partial class LlmTask
{
    /// <summary>Runs the call on every item and returns what became of each, in the order of the items: a failure stops nothing.</summary>
    /// <typeparam name="TSource">The items.</typeparam>
    /// <typeparam name="TResult">What a call returns.</typeparam>
    /// <param name="source">The items. They are read to the end before the first call starts.</param>
    /// <param name="call">The call.</param>
    /// <param name="maxConcurrency">How many calls run at once, at least 1.</param>
    /// <param name="cancellationToken">Stops the group.</param>
    /// <returns>One outcome an item, in the order of <paramref name="source"/>.</returns>
    /// <remarks>
    /// When the group is stopped, by <paramref name="cancellationToken"/> or by its options, this returns all the same and loses nothing:
    /// finished items keep their outcome, running ones are <see cref="LlmOutcomeStatus.Canceled"/>, the rest is
    /// <see cref="LlmOutcomeStatus.NotStarted"/>.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1.</exception>
    public static Task<LlmOutcome<TSource, TResult>[]> WhenAllSettled<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, TResult>.RunAsync(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenAllSettled{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static Task<LlmOutcome<TSource, TResult>[]> WhenAllSettled<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, TResult>.RunAsync(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenAllSettled{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    public static Task<LlmOutcome<TSource, TResult>[]> WhenAllSettled<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, TResult>.RunAsync(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    /// <inheritdoc cref="WhenAllSettled{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <remarks>The call has no result; that of an outcome is the empty tuple.</remarks>
    public static Task<LlmOutcome<TSource, ValueTuple>[]> WhenAllSettled<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, ValueTuple>.RunAsync(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenAllSettled{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static Task<LlmOutcome<TSource, ValueTuple>[]> WhenAllSettled<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, ValueTuple>.RunAsync(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenAllSettled{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    public static Task<LlmOutcome<TSource, ValueTuple>[]> WhenAllSettled<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        SettledFanOut<TSource, ValueTuple>.RunAsync(source, call, LlmBatchOptions.Checked(options), cancellationToken);
}
