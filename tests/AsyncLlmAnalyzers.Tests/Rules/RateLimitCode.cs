namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>The frames of the tests about rate limits that are given up: what stands in one async method with a client at hand.</summary>
internal static class RateLimitCode
{
    public const string Sound = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(3) })";
    public const string Off = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) })";

    /// <summary>Statements that call <c>client</c>.</summary>
    public static string In(string statements, string client = "injected") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net;
        using Anthropic;
        using Anthropic.Exceptions;
        using Microsoft.Extensions.AI;
        using Microsoft.Extensions.Logging;
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        class Answers(ChatClient injected, AnthropicClient anthropic, IChatClient other, List<ChatClient> clients, ILogger log)
        {
            readonly ChatClient client = {{client}};
            string? failure;
            public object? Given => failure is null ? injected : null;

            async Task<string?> AskAsync(string text)
            {
                {{statements.ReplaceLineEndings("\n        ")}}
            }

            void Handle(Exception exception) { }
        }
        """;

    public static string Fixed(string statements, string client = "injected") =>
        In(statements, client).Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal);

    /// <summary>Statements that send a request to a model by hand, through <c>http</c>; in a project that has a library, too.</summary>
    public static string ByHand(string statements, string client = "new()") => $$"""
        using System.Net;
        using System.Net.Http;
        using System.Net.Http.Json;
        using static System.Net.HttpStatusCode;
        using Microsoft.Extensions.Logging;
        using Polly;

        class Answers(HttpClient injected, IHttpClientFactory factory, ResiliencePipeline pipeline, ILogger log)
        {
            const string Host = "https://api.openai.com";
            static readonly Uri Address = new(Host + "/v1/responses");
            readonly HttpClient http = {{client}};
            public object Given => (injected, factory, pipeline, typeof(OpenAI.Chat.ChatClient));

            async Task<string?> AskAsync(HttpContent body, string model, List<HttpContent> bodies)
            {
                {{statements.ReplaceLineEndings("\n        ")}}
            }
        }
        """;
}
