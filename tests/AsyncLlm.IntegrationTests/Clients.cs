using System.ClientModel;
using System.ClientModel.Primitives;
using LocalLlm;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;

namespace AsyncLlm.IntegrationTests;

/// <summary>The real OpenAI clients, pointed at a local server; they do not retry unless told to.</summary>
internal static class Clients
{
    public const string Hello = """{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello"}]}""";

    private static readonly HttpClient Http = new();

    public static ChatClient ChatClient(this LocalLlmServer server, PipelinePolicy? retries = null) =>
        new("gpt-4o-mini", new ApiKeyCredential("local"), Options(server, retries));

    public static ChatClient ChatClient(this LocalLlmServer server, LlmThrottle throttle) =>
        new("gpt-4o-mini", new ApiKeyCredential("local"), server.Options(throttle));

    public static OpenAIClientOptions Options(this LocalLlmServer server, LlmThrottle throttle) =>
        new OpenAIClientOptions { Endpoint = server.Endpoint }.UseThrottle(throttle);

    public static EmbeddingClient EmbeddingClient(this LocalLlmServer server) =>
        new("text-embedding-3-small", new ApiKeyCredential("local"), Options(server, retries: null));

    /// <summary>A sender of plain requests, for what the client keeps to itself.</summary>
    public static Task<HttpResponseMessage> PostAsync(this LocalLlmServer server, string json) =>
        Http.PostAsync(new Uri(server.BaseAddress, "v1/chat/completions"), new StringContent(json));

    private static OpenAIClientOptions Options(LocalLlmServer server, PipelinePolicy? retries) =>
        new() { Endpoint = server.Endpoint, RetryPolicy = retries ?? new ClientRetryPolicy(maxRetries: 0) };
}
