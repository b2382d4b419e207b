using System.Net;

namespace AsyncLlm.IntegrationTests;

/// <summary>A network that answers the n-th request, from 1, as it is told, and keeps the bodies.</summary>
internal sealed class Network(Func<int, Answer> answer) : HttpMessageHandler
{
    public List<string> Bodies { get; } = [];

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var body = new StreamReader(request.Content?.ReadAsStream(cancellationToken) ?? Stream.Null);
        return Respond(request, body.ReadToEnd());
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A synchronous throw would not be what a network does.
        await Task.Yield();
        return Respond(request, request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "");
    }

    private HttpResponseMessage Respond(HttpRequestMessage request, string body)
    {
        int number;
        lock (Bodies)
        {
            Bodies.Add(body);
            number = Bodies.Count;
        }
        var (status, json, headers) = answer(number);
        var response = new HttpResponseMessage(status) { RequestMessage = request, Content = new StringContent(json, null, "application/json") };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }
}

internal sealed record Answer(HttpStatusCode Status, string Json, params (string Name, string Value)[] Headers)
{
    public const string RateLimit = """{"error":{"type":"rate_limit_error","code":"rate_limit_exceeded","message":"Rate limit reached."}}""";

    public const string Quota = """{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}""";

    public static readonly Answer Chat = new(HttpStatusCode.OK, """
        {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}
        """);
}
