namespace AsyncLlm;

/// <summary>How a failed call is to be treated.</summary>
/// <param name="Kind">What the failure means for the next call.</param>
/// <param name="RetryAfter">How long the server asked to wait; <see langword="null"/> when it said nothing.</param>
public readonly record struct LlmFailure(LlmFailureKind Kind, TimeSpan? RetryAfter = null)
{
    /// <summary>Reads what an exception says by itself: status codes, <c>Retry-After</c>, error codes, whichever client library threw it.</summary>
    /// <param name="exception">What the call threw.</param>
    /// <returns>How to treat it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is <see langword="null"/>.</exception>
    public static LlmFailure Classify(Exception exception) => throw new NotImplementedException();
}
