using System.Runtime.CompilerServices;

namespace AsyncLlm;

public static partial class LlmTask
{
    /// <summary>Runs the call on every item and gives what became of each as it comes: a failure stops nothing.</summary>
    /// <typeparam name="TSource">The items.</typeparam>
    /// <typeparam name="TResult">What a call returns.</typeparam>
    /// <param name="source">The items. They are pulled one at a time, each when there is a slot for it, and may have no end.</param>
    /// <param name="call">The call.</param>
    /// <param name="maxConcurrency">How many calls run at once, at least 1. As many outcomes may wait for a slow reader before new calls do.</param>
    /// <param name="cancellationToken">Cancels the calls, as the token of <c>WithCancellation</c> does.</param>
    /// <returns>One outcome for every item pulled, in the order in which the calls end.</returns>
    /// <remarks>
    /// <para>Nothing runs before the loop starts, and each loop is a group of its own. Leaving the loop, by <c>break</c> or by an exception, cancels
    /// the running calls and awaits them, for one second at most.</para>
    /// <para>When the group is stopped, the outcome of every item already pulled still comes, <see cref="LlmOutcomeStatus.Canceled"/> if its
    /// call was running; then the loop ends as the exceptions below say, or without one where the options asked for the stop.
    /// An exception of <paramref name="source"/> stops the group and is rethrown with its stack.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="call"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxConcurrency"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException">In the loop: <paramref name="cancellationToken"/>, or the token of <c>WithCancellation</c>, was cancelled; the exception carries that token.</exception>
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    /// <exception cref="TimeoutException">In the loop: <see cref="LlmBatchOptions.Deadline"/> passed.</exception>
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    /// <remarks>The call has no result; that of an outcome is the empty tuple.</remarks>
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="throttle">Admits the calls and repeats them; it is shared with whoever else uses the same quota.</param>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    /// <param name="options">The limits of the group.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    /// <exception cref="TimeoutException">In the loop: <see cref="LlmBatchOptions.Deadline"/> passed.</exception>
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, LlmThrottle, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, LlmBatchOptions, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, TResult>> WhenEach<TSource, TResult>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        Each<TSource, TResult>(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, int, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, int maxConcurrency = LlmBatchOptions.DefaultMaxConcurrency, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, Limit(maxConcurrency), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, LlmThrottle, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmThrottle throttle, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, Through(throttle), cancellationToken);

    /// <inheritdoc cref="WhenEach{TSource}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task}, LlmBatchOptions, CancellationToken)"/>
    [OverloadResolutionPriority(-1)]
    public static IAsyncEnumerable<LlmOutcome<TSource, ValueTuple>> WhenEach<TSource>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken = default) =>
        Each<TSource, ValueTuple>(source, call, LlmBatchOptions.Checked(options), cancellationToken);

    private static IAsyncEnumerable<LlmOutcome<TSource, TResult>> Each<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Each<TSource, TResult>(new SyncSource<TSource>(source), call, options, cancellationToken);
    }

    private static IAsyncEnumerable<LlmOutcome<TSource, TResult>> Each<TSource, TResult>(
        IAsyncEnumerable<TSource> source, Func<TSource, CancellationToken, Task> call, LlmBatchOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(call);
        // A slow reader holds back new calls only when as many outcomes wait for it as calls may run.
        var room = (int)Math.Min(2L * options.Limit, int.MaxValue);
        return EachFanOut<TSource, TResult>.Run(source, call, options, room, CallerContext.Capture(), cancellationToken);
    }
}
