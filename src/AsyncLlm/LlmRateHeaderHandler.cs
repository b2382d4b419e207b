namespace AsyncLlm;

/// <summary>
/// Tells a throttle what the answers of an HTTP client say about the quota, for any client library that takes an <see cref="HttpClient"/>:
/// <see cref="LlmRateInfo.FromHeaders"/> says which headers are read.
/// </summary>
/// <remarks>
/// It observes only. It does not queue, repeat or fail a request, because a request that waits in a handler runs into <see cref="HttpClient.Timeout"/>:
/// the calls themselves go through <see cref="LlmThrottle.ExecuteAsync{T}(Func{CancellationToken, Task{T}}, CancellationToken)"/>.
/// Answers of the same account to other callers are worth reporting too.
/// </remarks>
public class LlmRateHeaderHandler : DelegatingHandler
{
    private readonly LlmThrottle _throttle;

    /// <summary>Creates a handler whose <see cref="DelegatingHandler.InnerHandler"/> is set later, as <c>IHttpClientFactory</c> does.</summary>
    /// <param name="throttle">What is told.</param>
    /// <exception cref="ArgumentNullException"><paramref name="throttle"/> is <see langword="null"/>.</exception>
    public LlmRateHeaderHandler(LlmThrottle throttle)
    {
        ArgumentNullException.ThrowIfNull(throttle);
        _throttle = throttle;
    }

    /// <summary>Creates a handler.</summary>
    /// <param name="throttle">What is told.</param>
    /// <param name="innerHandler">What sends the requests, e.g. a <see cref="SocketsHttpHandler"/>. It is disposed with this handler.</param>
    /// <exception cref="ArgumentNullException"><paramref name="throttle"/> or <paramref name="innerHandler"/> is <see langword="null"/>.</exception>
    public LlmRateHeaderHandler(LlmThrottle throttle, HttpMessageHandler innerHandler)
        : this(throttle)
    {
        ArgumentNullException.ThrowIfNull(innerHandler);
        InnerHandler = innerHandler;
    }

    private TimeProvider Clock => _throttle.Options.TimeProvider;

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = Clock.GetTimestamp();
        return Reported(base.Send(request, cancellationToken), sent);
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var sent = Clock.GetTimestamp();
        return Reported(await base.SendAsync(request, cancellationToken).ConfigureAwait(false), sent);
    }

    private HttpResponseMessage Reported(HttpResponseMessage response, long sent)
    {
        var info = LlmRateInfo.FromHeaders(
            name => response.Headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null, Clock, Clock.GetElapsedTime(sent));
        if (!info.IsEmpty)
            _throttle.Report(info);
        return response;
    }
}
