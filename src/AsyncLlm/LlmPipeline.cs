namespace AsyncLlm;

/// <summary>
/// Stages of work joined by bounded queues: each stage is a stream, and the source of the next.
/// </summary>
public static class LlmPipeline
{
    /// <summary>Runs one stage of a pipeline: the workers pull items from the source, and what they make of them is pulled by whoever reads the result.</summary>
    /// <typeparam name="TIn">What comes in.</typeparam>
    /// <typeparam name="TOut">What comes out.</typeparam>
    /// <param name="source">The items, possibly another stage. They are pulled one at a time, each when a worker is free and there is room for its result.</param>
    /// <param name="stage">What is done with an item.</param>
    /// <param name="workers">How many items are worked on at once, at least 1.</param>
    /// <param name="capacity">How many finished results may wait for the reader, at least 1. When they do, the workers wait, and no more than <paramref name="workers"/> + <paramref name="capacity"/> items have been pulled and not read.</param>
    /// <param name="cancellationToken">Cancels the stage, as the token of <c>WithCancellation</c> does.</param>
    /// <returns>The results in the order in which they are finished, which with one worker is the order of the items. Each loop over them runs the stage anew.</returns>
    /// <remarks>
    /// <para>Nothing runs before the loop starts. The end of the source ends the stage once its last item is done: no item is needed that says so.</para>
    /// <para>Errors flow both ways. A stage that fails is cancelled: its source is pulled no more and disposed, so the stages before it end too, and the loop gets
    /// the exception behind the results that were finished. When the source fails, the items it gave before are finished and given, then its exception follows.
    /// Leaving the loop, by <c>break</c> or by an exception, cancels all stages and awaits them, for one second at most.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/> or <paramref name="stage"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="workers"/> or <paramref name="capacity"/> is less than 1.</exception>
    /// <exception cref="OperationCanceledException">In the loop: <paramref name="cancellationToken"/>, or the token of <c>WithCancellation</c>, was cancelled; the exception carries that token.</exception>
    public static IAsyncEnumerable<TOut> RunAsync<TIn, TOut>(
        IAsyncEnumerable<TIn> source, Func<TIn, CancellationToken, Task<TOut>> stage, int workers, int capacity, CancellationToken cancellationToken = default) =>
        RunAsync(source, stage, workers, capacity, TimeProvider.System, cancellationToken);

    internal static IAsyncEnumerable<TOut> RunAsync<TIn, TOut>(
        IAsyncEnumerable<TIn> source, Func<TIn, CancellationToken, Task<TOut>> stage, int workers, int capacity, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var options = new LlmBatchOptions { MaxConcurrency = workers, StopWhen = LlmStopWhen.FirstFailed, TimeProvider = timeProvider };
        return new PipelineStage<TIn, TOut>(source, stage, options, (int)Math.Min((long)workers + capacity, int.MaxValue), CallerContext.Capture(), cancellationToken);
    }
}
