namespace AsyncLlm;

public static partial class LlmTask
{
    /// <summary>Starts every call at once and returns the first success; the others are cancelled.</summary>
    /// <typeparam name="T">What a call returns.</typeparam>
    /// <param name="calls">The calls: the same request to several models, or several requests of which one answer is enough.</param>
    /// <param name="cancellationToken">Cancels the calls. It wins over their failures.</param>
    /// <returns>The result of the first call that succeeded.</returns>
    /// <remarks>
    /// The losers get one second to end, so that none is billed for long; after it they are left behind and their exceptions are observed.
    /// If no call succeeds, the first failure in time is rethrown with its stack and <see cref="Task.Exception"/> of the task holds them all.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="calls"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException"><paramref name="calls"/> is empty or has an element that is <see langword="null"/>.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled before a call had succeeded; the exception carries that token.</exception>
    public static Task<T> WhenFirst<T>(IEnumerable<Func<CancellationToken, Task<T>>> calls, CancellationToken cancellationToken = default) =>
        FirstFanOut<T>.RunAsync(calls, TimeProvider.System, cancellationToken);
}
