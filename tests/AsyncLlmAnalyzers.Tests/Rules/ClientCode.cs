namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>The frames of the tests about constructions of a client that is used.</summary>
internal static class ClientCode
{
    /// <summary>A field <c>client</c>, with options from inside and outside at hand.</summary>
    public static string Field(string construction) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Azure.AI.OpenAI;
        using Microsoft.Extensions.Configuration;
        using Microsoft.Extensions.Options;
        using OpenAI;
        using OpenAI.Chat;

        #pragma warning disable SCME0002
        class Answers(OpenAIClientOptions given, IConfiguration configuration, IOptions<OpenAIClientOptions> bound, ChatClientSettings settings)
        {
            private readonly ChatClient client = {{construction}};

            public object Given => (given, configuration, bound, settings);

            public Task Ask(string question) => client.CompleteChatAsync(question);

            private static OpenAIClientOptions Configured() => new() { NetworkTimeout = TimeSpan.FromSeconds(60) };

            private static OpenAIClientOptions Local() { var options = new OpenAIClientOptions(); options.Endpoint = new Uri("http://127.0.0.1:1234"); return options; }

            private static OpenAIClientOptions Bound()
            {
                var options = new OpenAIClientOptions();
                Fill(options);
                return options;
            }

            private static OpenAIClientOptions Section(IConfiguration configuration)
            {
                var options = new OpenAIClientOptions();
                configuration.GetSection("OpenAI").Bind(options);
                return options;
            }

            private static void Fill(object options)
            {
            }

            private class Own : ClientRetryPolicy;
        }

        static class Extensions
        {
            public static OpenAIClientOptions UseThrottle(this OpenAIClientOptions options) => options;
        }
        """;

    /// <summary>Clients whose options the configuration decides.</summary>
    public static TheoryData<string> Configured =>
    [
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), configuration.GetSection(\"OpenAI\").Get<OpenAIClientOptions>())",
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), configuration.GetSection(\"OpenAI\").Get<OpenAIClientOptions>() ?? new())",
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), Section(configuration))",
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), bound.Value)",
        "new OpenAIClient(new ApiKeyCredential(\"k\"), bound.Value).GetChatClient(\"m\")",
        "new ChatClient(settings)",
    ];

    /// <summary>The default client, named where the rule marks it.</summary>
    public const string Default = """
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new [|ChatClient|]("gpt-5", "key");

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """;

    /// <summary>A client that is a class of the code itself, called where a library's would be reported.</summary>
    public const string Own = """
        using Microsoft.Extensions.AI;

        class Index(string text)
        {
            private readonly IEmbeddingGenerator<string, Embedding<float>> local = new LocalGenerator();

            public Task Add() => local.GenerateAsync([text]);
        }

        class LocalGenerator : IEmbeddingGenerator<string, Embedding<float>>
        {
            public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
                Task.FromResult(new GeneratedEmbeddings<Embedding<float>>());

            public object? GetService(Type serviceType, object? serviceKey = null) => null;

            public void Dispose() { }
        }
        """;
}
