namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>The frames of the tests about rate limits that are given up: what stands in one async method with a client at hand.</summary>
internal static class RateLimitCode
{
    public const string Sound = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(3) })";
    public const string Off = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) })";

    public const string Configured = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), options)";

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

        class Answers(ChatClient injected, AnthropicClient anthropic, IChatClient other, List<ChatClient> clients, OpenAIClientOptions options, ILogger log)
        {
            readonly ChatClient client = {{client}};
            string? failure;
            public object? Given => failure is null ? injected : options;

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

    /// <summary>Handlers that tell the rate limit to whoever asked this service.</summary>
    public static TheoryData<string> Answering =>
    [
        "public class Support(ChatClient client) : ControllerBase { public async Task<IActionResult> Ask(string text) { try { return Ok(await client.CompleteChatAsync(text)); } catch (ClientResultException e) when (e.Status == 429) { return StatusCode(429); } } }",
        "public class Support(ChatClient client) : ControllerBase { public async Task<IActionResult> Ask(string text) { try { return Ok(await client.CompleteChatAsync(text)); } catch (ClientResultException e) { Console.WriteLine(e); return Problem(e.Message, statusCode: 503); } } }",
        "static class Support { static async Task<IResult> Ask(string text, ChatClient client) { try { return Results.Ok(await client.CompleteChatAsync(text)); } catch (ClientResultException e) when (e.Status == 429) { return Results.StatusCode(StatusCodes.Status503ServiceUnavailable); } } }",
        "class Support(ChatClient client) { public async Task InvokeAsync(HttpContext context) { try { await client.CompleteChatAsync(\"x\"); } catch (ClientResultException e) when (e.Status == 429) { context.Response.StatusCode = 429; } } }",
        "class Support(ChatClient client) { public async Task InvokeAsync(HttpContext context) { try { await client.CompleteChatAsync(\"x\"); } catch (ClientResultException) { context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable; await context.Response.WriteAsync(\"busy\"); } } }",
    ];

    /// <summary>A type in a project of ASP.NET Core.</summary>
    public static string OfService(string type) => $$"""
        using System.ClientModel;
        using Microsoft.AspNetCore.Http;
        using Microsoft.AspNetCore.Mvc;
        using OpenAI.Chat;

        {{type}}
        """;
}
