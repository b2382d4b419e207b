using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LocalLlm;

/// <summary>One request and its answer.</summary>
internal sealed class Exchange(HttpContext http, Protocol protocol, LocalLlmServerOptions options, byte[] body, Fault? fault, CancellationToken aborted)
{
    private bool isBroken;

    public Fault? Fault => fault;

    /// <summary>The client went away, or the server stops.</summary>
    public CancellationToken Aborted => aborted;

    public Protocol Protocol => protocol;

    public IHeaderDictionary Headers => http.Response.Headers;

    public JsonElement Request { get; private set; }

    public bool WantsStream => Request.TryGetProperty("stream", out var stream) && stream.ValueKind is JsonValueKind.True;

    public int PromptTokens { get; set; }

    public int CompletionTokens { get; set; }

    public int Status => http.Response.StatusCode;

    public RequestOutcome Outcome => Status switch
    {
        _ when isBroken => RequestOutcome.Failed,
        StatusCodes.Status429TooManyRequests => RequestOutcome.RateLimited,
        >= 400 => RequestOutcome.Failed,
        _ => RequestOutcome.Completed,
    };

    public async Task AnswerAsync(Func<Exchange, Task> answer)
    {
        try
        {
            Request = JsonSerializer.Deserialize<JsonElement>(body);
            await DelayAsync(fault switch
            {
                { Kind: FaultKind.Hang } => Timeout.InfiniteTimeSpan,
                { Kind: FaultKind.Slow } => options.Latency + TimeSpan.FromMilliseconds(fault.Argument),
                _ => options.Latency,
            });
            await answer(this);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException && !http.Response.HasStarted)
        {
            await WriteErrorAsync(StatusCodes.Status400BadRequest, exception.Message);
        }
    }

    public async Task WriteAsync<T>(T answer)
    {
        http.Response.ContentType = "application/json";
        var json = JsonSerializer.SerializeToUtf8Bytes(answer);
        switch (fault?.Kind)
        {
            case FaultKind.Stall:
                await http.Response.Body.FlushAsync(aborted);
                await DelayAsync(Timeout.InfiniteTimeSpan);
                break;
            case FaultKind.Cut:
                await http.Response.Body.WriteAsync(json.AsMemory(0, json.Length / 2), aborted);
                await http.Response.Body.FlushAsync(aborted);
                Reset();
                return;
            case FaultKind.Truncate:
                isBroken = true;
                json = json[..(json.Length / 2)];
                break;
            case FaultKind.Malformed:
                isBroken = true;
                json = [.. "<html>"u8, .. json];
                break;
        }

        await http.Response.Body.WriteAsync(json, aborted);
    }

    public Task WriteErrorAsync(int status, string message, string? code = null) => WriteErrorAsync(status, protocol.Error(status, message, code));

    public Task WriteFaultAsync(Fault fault)
    {
        fault.WriteHeaders(Headers, options.TimeProvider);
        return fault.Kind is FaultKind.Quota
            ? WriteErrorAsync(StatusCodes.Status429TooManyRequests, protocol.OutOfQuota())
            : WriteErrorAsync(fault.Argument, "This fault was asked for.");
    }

    /// <summary>Sends the pieces of a stream as they come, tokens at the pace of the options.</summary>
    public async Task StreamAsync(string contentType, IEnumerable<string> opening, IEnumerable<string> tokens, IEnumerable<string> closing)
    {
        http.Response.ContentType = contentType;
        foreach (var first in opening)
            await SendAsync(first);
        var sent = 0;
        foreach (var token in tokens)
        {
            if (sent > 0)
                await DelayAsync(options.TokenLatency);
            if (sent == fault?.Argument && await FailAsync(token))
                return;
            await SendAsync(token);
            sent++;
        }

        foreach (var last in closing)
            await SendAsync(last);
    }

    /// <summary>Lets the client see a reset connection instead of an orderly close.</summary>
    public void Reset()
    {
        isBroken = true;
        http.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.LingerState = new(enable: true, seconds: 0);
        http.Abort();
    }

    /// <summary>Does what the fault wants instead of the next token of a stream.</summary>
    /// <returns>Whether the stream ends with it.</returns>
    private async Task<bool> FailAsync(string token)
    {
        switch (fault!.Kind)
        {
            case FaultKind.Stall:
                await DelayAsync(Timeout.InfiniteTimeSpan);
                return true;
            case FaultKind.Cut:
                Reset();
                return true;
            case FaultKind.Truncate:
                isBroken = true;
                return true;
            case FaultKind.StreamError:
                isBroken = true;
                await SendAsync(protocol.StreamError());
                return true;
            case FaultKind.Malformed:
                isBroken = true;
                await SendAsync(token.Replace("}", "", StringComparison.Ordinal));
                return false;
            default:
                return false;
        }
    }

    private Task WriteErrorAsync(int status, object error)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(error, aborted);
    }

    private async Task SendAsync(string text)
    {
        await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), aborted);
        await http.Response.Body.FlushAsync(aborted);
    }

    private Task DelayAsync(TimeSpan delay) => delay == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(delay, options.TimeProvider, aborted);
}
