using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LocalLlm;

/// <summary>One request and its answer.</summary>
internal sealed class Exchange(HttpContext http, LocalLlmServerOptions options, Fault? fault, CancellationToken aborted)
{
    private bool wasReset;

    public Fault? Fault => fault;

    /// <summary>The client went away, or the server stops.</summary>
    public CancellationToken Aborted => aborted;

    public IHeaderDictionary Headers => http.Response.Headers;

    public JsonElement Request { get; private set; }

    public int PromptTokens { get; set; }

    public int CompletionTokens { get; set; }

    public Outcome Outcome => http.Response.StatusCode switch
    {
        _ when wasReset => Outcome.Failed,
        StatusCodes.Status429TooManyRequests => Outcome.RateLimited,
        >= 400 => Outcome.Failed,
        _ => Outcome.Completed,
    };

    public async Task AnswerAsync(Func<Exchange, Task> answer)
    {
        try
        {
            Request = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body, cancellationToken: aborted);
            await DelayAsync(fault is { Kind: FaultKind.Hang } ? Timeout.InfiniteTimeSpan : options.Latency);
            await answer(this);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException && !http.Response.HasStarted)
        {
            await WriteErrorAsync(StatusCodes.Status400BadRequest, "invalid_request_error", null, exception.Message);
        }
    }

    public async Task WriteAsync<T>(T body)
    {
        http.Response.ContentType = "application/json";
        if (fault is { Kind: FaultKind.Stall })
        {
            await http.Response.StartAsync(aborted);
            await DelayAsync(Timeout.InfiniteTimeSpan);
        }

        await JsonSerializer.SerializeAsync(http.Response.Body, body, cancellationToken: aborted);
    }

    public Task WriteErrorAsync(int status, string type, string? code, string message)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(new { error = new { message, type, param = (string?)null, code } }, aborted);
    }

    /// <summary>Sends server-sent events as they come, tokens at the pace of the options.</summary>
    public async Task StreamAsync<T>(T opening, IEnumerable<T> tokens, IEnumerable<T> closing)
    {
        http.Response.ContentType = "text/event-stream";
        await SendAsync(JsonSerializer.Serialize(opening));
        var sent = 0;
        foreach (var token in tokens)
        {
            if (fault is { Kind: FaultKind.Stall } && sent == fault.Argument)
                await DelayAsync(Timeout.InfiniteTimeSpan);
            if (sent > 0)
                await DelayAsync(options.TokenLatency);
            await SendAsync(JsonSerializer.Serialize(token));
            sent++;
        }

        foreach (var last in closing)
            await SendAsync(JsonSerializer.Serialize(last));
        await SendAsync("[DONE]");
    }

    /// <summary>Lets the client see a reset connection instead of an orderly close.</summary>
    public void Reset()
    {
        wasReset = true;
        http.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.LingerState = new(enable: true, seconds: 0);
        http.Abort();
    }

    private async Task SendAsync(string data)
    {
        await http.Response.WriteAsync($"data: {data}\n\n", aborted);
        await http.Response.Body.FlushAsync(aborted);
    }

    private Task DelayAsync(TimeSpan delay) => delay == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(delay, options.TimeProvider, aborted);
}
