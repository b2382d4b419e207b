namespace AsyncLlm;

public static partial class LlmTask
{
    /// <summary>Runs the call on every item that has no result in the journal, and returns what became of each item: a batch that can be resumed.</summary>
    /// <param name="journal">Has the results of earlier runs, and keeps each new one before it is reported.</param>
    /// <param name="options">The limits of the group; <see langword="null"/> for the defaults. A call's timeout does not cover the write to the disk.</param>
    /// <remarks>
    /// <para>An item whose result was in the journal is <see cref="LlmOutcomeStatus.Succeeded"/> with no attempts. Failed, cancelled and unstarted items are tried again by the next run.</para>
    /// <para>The first result of a new journal is written and read back before a second call starts. If that shows that the results cannot be kept, or if the disk fails later, no further call
    /// is paid for: items whose result could not be kept are <see cref="LlmOutcomeStatus.Failed"/>, the rest is <see cref="LlmOutcomeStatus.NotStarted"/>.</para>
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="source"/>, <paramref name="call"/> or <paramref name="journal"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">Two items have the same key in the journal, or one has none or one that is no whole text. No call has started.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value of <paramref name="options"/> is out of its range.</exception>
    /// <exception cref="InvalidOperationException">Another batch is using the journal.</exception>
    /// <exception cref="ObjectDisposedException">The journal has been disposed.</exception>
    /// <inheritdoc cref="WhenAllSettled{TSource, TResult}(IEnumerable{TSource}, Func{TSource, CancellationToken, Task{TResult}}, int, CancellationToken)"/>
    public static Task<LlmOutcome<TSource, TResult>[]> WhenAllSettled<TSource, TResult>(
        IEnumerable<TSource> source, Func<TSource, CancellationToken, Task<TResult>> call, LlmJournal<TSource, TResult> journal, LlmBatchOptions? options = null, CancellationToken cancellationToken = default) =>
        JournaledBatch<TSource, TResult>.RunAsync(source, call, journal, LlmBatchOptions.Checked(options ?? new LlmBatchOptions()), cancellationToken);
}
