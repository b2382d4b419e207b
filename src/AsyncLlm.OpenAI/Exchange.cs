using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>One request on its way through a throttle, with all its attempts.</summary>
/// <param name="isAsync">Whether to wait for the network asynchronously. Else it stays on the <see cref="CallerThread"/> it is called on.</param>
/// <param name="send">Sends the request once.</param>
internal sealed class Exchange(LlmThrottle throttle, PipelineMessage message, bool isAsync, Func<ValueTask> send)
{
    private ClientResultException? _refusal;
    private Task _attempt = Task.CompletedTask;

    public async Task<PipelineMessage> RunAsync()
    {
        var callerToken = message.CancellationToken;
        try
        {
            if (message.BufferResponse)
                await throttle.ExecuteAsync(AttemptAsync, callerToken).ConfigureAwait(!isAsync);
            else
                await OpenAsync(callerToken).ConfigureAwait(!isAsync);
        }
        // The response stands in the message: the client makes of it what it always does, an exception of its own or, where it was asked to, a result.
        catch (ClientResultException exception) when (exception == _refusal) { }
        finally
        {
            SetToken(callerToken);
        }
        return message;
    }

    /// <summary>A response that is not buffered keeps its slot until it has been read or disposed.</summary>
    private async Task OpenAsync(CancellationToken callerToken)
    {
        var slot = throttle.StreamAsync(HoldAsync, callerToken).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            await slot.MoveNextAsync().ConfigureAwait(!isAsync);
        }
        catch
        {
            await slot.DisposeAsync().ConfigureAwait(!isAsync);
            throw;
        }
        if (message.Response!.ContentStream is { } content)
            message.Response.ContentStream = new SlotStream(content, slot);
        else
            await slot.DisposeAsync().ConfigureAwait(!isAsync);
    }

    private async IAsyncEnumerable<bool> HoldAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await AttemptAsync(cancellationToken).ConfigureAwait(false);
        yield return true;
    }

    private Task AttemptAsync(CancellationToken cancellationToken)
    {
        // One that was left behind may still write to the message.
        if (!_attempt.IsCompleted)
            throw new TimeoutException("The request cannot be sent again: the attempt before was cancelled and has not ended.");
        return _attempt = SendAsync(cancellationToken);
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        message.Response?.ContentStream?.Dispose();
        SetToken(cancellationToken);
        var clock = throttle.Options.TimeProvider;
        var sent = clock.GetTimestamp();
        await send().ConfigureAwait(false);
        var response = message.Response!;
        throttle.Report(LlmRateInfo.FromHeaders(name => response.Headers.TryGetValue(name, out var value) ? value : null, clock, clock.GetElapsedTime(sent)));
        if (response.IsError)
            throw _refusal = await RefusalAsync(response, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>With the body in its message: that is where a provider tells a rate limit from an exhausted quota.</summary>
    private async Task<ClientResultException> RefusalAsync(PipelineResponse response, CancellationToken cancellationToken)
    {
        var body = isAsync
            ? await response.BufferContentAsync(cancellationToken).ConfigureAwait(false)
            : response.BufferContent(cancellationToken);
        return new($"HTTP {response.Status} ({response.ReasonPhrase})\n\n{body}", response);
    }

    private void SetToken(CancellationToken cancellationToken) =>
        message.Apply(new RequestOptions { CancellationToken = cancellationToken, BufferResponse = message.BufferResponse });
}
