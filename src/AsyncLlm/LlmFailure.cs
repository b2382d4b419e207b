namespace AsyncLlm;

/// <summary>How a failed call is to be treated.</summary>
/// <param name="Kind">What the failure means for the next call.</param>
/// <param name="RetryAfter">How long the server asked to wait; <see langword="null"/> when it said nothing.</param>
public readonly record struct LlmFailure(LlmFailureKind Kind, TimeSpan? RetryAfter = null)
{
    /// <summary>Reads what an exception says by itself: status codes, <c>Retry-After</c>, error codes, whichever client library threw it.</summary>
    /// <param name="exception">What the call threw. That the caller cancelled is to be ruled out before: a cancellation is taken for a timeout.</param>
    /// <returns>How to treat it.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="exception"/> is <see langword="null"/>.</exception>
    /// <remarks>
    /// <para>The exception and what is inside it are asked from the outside in; the first that knows a kind decides. Of an
    /// <see cref="AggregateException"/>, in which some clients gather their attempts, the last is asked.</para>
    /// <list type="table">
    /// <listheader><term>What it says</term><description>Kind</description></listheader>
    /// <item><term>408, 409, 425, 500, 501, 502, 504, any other 5xx</term><description><see cref="LlmFailureKind.Transient"/></description></item>
    /// <item><term>429</term><description><see cref="LlmFailureKind.RateLimited"/></description></item>
    /// <item><term>429 or no status, with <c>insufficient_quota</c>, a spend limit or billing; 402</term><description><see cref="LlmFailureKind.QuotaExhausted"/></description></item>
    /// <item><term>429 with <c>Request too large</c>: one request is more than the tokens a minute allow</term><description><see cref="LlmFailureKind.Permanent"/></description></item>
    /// <item><term>503, 529</term><description><see cref="LlmFailureKind.Overloaded"/></description></item>
    /// <item><term>any other 4xx</term><description><see cref="LlmFailureKind.Permanent"/></description></item>
    /// <item><term><c>x-should-retry: false</c></term><description><see cref="LlmFailureKind.Permanent"/>, whatever the status, unless the quota is exhausted</description></item>
    /// <item><term><c>x-should-retry: true</c></term><description><see cref="LlmFailureKind.Transient"/> instead of <see cref="LlmFailureKind.Permanent"/></description></item>
    /// <item><term><see cref="TimeoutException"/>, <see cref="OperationCanceledException"/></term><description><see cref="LlmFailureKind.TimedOut"/></description></item>
    /// <item><term><see cref="HttpRequestException"/> without a status, <see cref="System.Net.Sockets.SocketException"/>, <see cref="IOException"/> (of the derived ones only <see cref="HttpIOException"/>)</term><description><see cref="LlmFailureKind.ConnectionFailed"/></description></item>
    /// <item><term><see cref="System.Text.Json.JsonException"/>: an answer that is cut off, a gateway's page instead of one, or a model's text that is no JSON</term><description><see cref="LlmFailureKind.Transient"/></description></item>
    /// <item><term>nothing of this</term><description><see cref="LlmFailureKind.Permanent"/></description></item>
    /// </list>
    /// <para>The status is the property <c>Status</c>, <c>StatusCode</c> or <c>ResponseStatusCode</c> of the exception, as the clients of
    /// OpenAI, Azure, Anthropic, Google, Amazon, Semantic Kernel, Refit, NSwag and Kiota have it, else what the message says
    /// (<c>HTTP 429</c>, <c>Status: 429</c>, <c>rate_limit_exceeded</c>).
    /// The wait comes from the headers of <c>GetRawResponse()</c> or of the property <c>Headers</c> or <c>ResponseHeaders</c>:
    /// <c>retry-after-ms</c> before <c>Retry-After</c>, which may be seconds with a fraction or a date; a date counts from the answer's own <c>Date</c>, without one by the
    /// clock of the system, and one that has passed is zero. Without headers it is what the message says (<c>Please try again in 20ms</c>).</para>
    /// <para>A trimmed program may have lost those properties; then the message alone is read, which OpenAI's, Azure's and Anthropic's clients fill well.</para>
    /// </remarks>
    public static LlmFailure Classify(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return FailureReader.Read(exception, TimeProvider.System);
    }
}
