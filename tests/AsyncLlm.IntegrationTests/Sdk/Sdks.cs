using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Models.Messages;
using Azure;
using Azure.AI.Inference;
using Azure.AI.OpenAI;
using Betalgo.Ranul.OpenAI;
using Betalgo.Ranul.OpenAI.Managers;
using Betalgo.Ranul.OpenAI.ObjectModels.RequestModels;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;
using OllamaSharp;
using OllamaSharp.Models;
using OpenAI;
using OpenAI.Chat;
using BetalgoMessage = Betalgo.Ranul.OpenAI.ObjectModels.RequestModels.ChatMessage;
using BetalgoResponse = Betalgo.Ranul.OpenAI.ObjectModels.ResponseModels.ChatCompletionCreateResponse;

namespace AsyncLlm.IntegrationTests;

/// <summary>The client libraries whose behaviour is measured.</summary>
internal static class Sdks
{
    private const string Model = "gpt-4o-mini";

    public static Sdk OpenAI { get; } = new("OpenAI", typeof(ChatClient).Assembly, (server, timeout) => Of(new ChatClient(Model, Key, OpenAIOptions(server, timeout))));

    public static Sdk Anthropic { get; } = new("Anthropic", typeof(AnthropicClient).Assembly, (server, timeout) => AnthropicWith(server, 1000, timeout));

    public static Sdk AzureOpenAI { get; } = new("Azure.AI.OpenAI", typeof(AzureOpenAIClient).Assembly, (server, timeout) =>
    {
        var options = new AzureOpenAIClientOptions();
        if (timeout is not null)
            options.NetworkTimeout = timeout;
        return Of(new AzureOpenAIClient(server, Key, options).GetChatClient(Model));
    });

    public static Sdk AzureInference { get; } = new("Azure.AI.Inference", typeof(ChatCompletionsClient).Assembly, (server, timeout) =>
    {
        var options = new AzureAIInferenceClientOptions();
        if (timeout is { } limit)
            options.Retry.NetworkTimeout = limit;
        var client = new ChatCompletionsClient(new Uri(server, "v1"), new AzureKeyCredential("local"), options);
        return new(
            client,
            async (prompt, cancellationToken) => (await client.CompleteAsync(Request(prompt), cancellationToken)).Value.Content,
            (prompt, cancellationToken) => Stream(prompt, cancellationToken));

        async IAsyncEnumerable<string> Stream(string prompt, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            using var updates = await client.CompleteStreamingAsync(Request(prompt), cancellationToken);
            await foreach (var update in updates.EnumerateValues().WithCancellation(cancellationToken))
                yield return update.ContentUpdate ?? "";
        }

        static ChatCompletionsOptions Request(string prompt) => new() { Model = Model, Messages = { new ChatRequestUserMessage(prompt) } };
    });

    public static Sdk ExtensionsAI { get; } = new("Microsoft.Extensions.AI over OpenAI", typeof(OpenAIClientExtensions).Assembly, (server, timeout) =>
    {
        var client = new ChatClient(Model, Key, OpenAIOptions(server, timeout)).AsIChatClient();
        return new(
            client,
            async (prompt, cancellationToken) => (await client.GetResponseAsync(prompt, cancellationToken: cancellationToken)).Text,
            (prompt, cancellationToken) => client.GetStreamingResponseAsync(prompt, cancellationToken: cancellationToken).Select(update => update.Text));
    });

    public static Sdk SemanticKernelBuilder { get; } = new("Semantic Kernel, AddOpenAIChatCompletion", typeof(OpenAIChatCompletionService).Assembly, (server, timeout) =>
    {
        var builder = Kernel.CreateBuilder();
        builder.AddOpenAIChatCompletion(Model, new Uri(server, "v1"), "local", httpClient: timeout is { } limit ? new HttpClient { Timeout = limit } : null);
        return Of(builder.Build().GetRequiredService<IChatCompletionService>());
    });

    public static Sdk SemanticKernelConstructor { get; } = new("Semantic Kernel, new OpenAIChatCompletionService", typeof(OpenAIChatCompletionService).Assembly, (server, timeout) =>
        Of(timeout is null
            ? new OpenAIChatCompletionService(Model, new Uri(server, "v1"), "local")
            : new OpenAIChatCompletionService(Model, new OpenAIClient(Key, OpenAIOptions(server, timeout)))));

    public static Sdk Ollama { get; } = new("OllamaSharp", typeof(OllamaApiClient).Assembly, (server, timeout) =>
    {
        var client = timeout is { } limit ? new OllamaApiClient(new HttpClient { BaseAddress = server, Timeout = limit }, Model) : new OllamaApiClient(server, Model);
        return new(
            client,
            async (prompt, cancellationToken) => $"Summary: {(await client.EmbedAsync(new EmbedRequest { Model = Model, Input = [prompt] }, cancellationToken)).Embeddings.Count} vector",
            (prompt, cancellationToken) => client
                .ChatAsync(new() { Model = Model, Messages = [new(OllamaSharp.Models.Chat.ChatRole.User, prompt)], Stream = true }, cancellationToken)
                .Select(update => update?.Message?.Content ?? ""));
    });

    public static Sdk Betalgo { get; } = new("Betalgo.Ranul.OpenAI", typeof(OpenAIService).Assembly, (server, timeout) =>
    {
        var http = new HttpClient();
        if (timeout is { } limit)
            http.Timeout = limit;
        var client = new OpenAIService(new OpenAIOptions { ApiKey = "local", BaseDomain = server.ToString() }, http);
        return new(
            client,
            async (prompt, cancellationToken) => Text(await client.ChatCompletion.CreateCompletion(Request(prompt), cancellationToken: cancellationToken)),
            (prompt, cancellationToken) => client.ChatCompletion.CreateCompletionAsStream(Request(prompt), cancellationToken: cancellationToken).Select(Text));

        static ChatCompletionCreateRequest Request(string prompt) => new() { Model = Model, Messages = [BetalgoMessage.FromUser(prompt)] };

        static string Text(BetalgoResponse response) => response.Successful
            ? response.Choices.FirstOrDefault() is { } choice ? (choice.Message ?? choice.Delta)?.Content ?? "" : ""
            : $"Successful = false, HttpStatusCode = {(int)response.HttpStatusCode}";
    });

    public static IReadOnlyList<Sdk> All { get; } = [OpenAI, ExtensionsAI, SemanticKernelConstructor, SemanticKernelBuilder, AzureOpenAI, AzureInference, Anthropic, Ollama, Betalgo];

    public static ApiKeyCredential Key => new("local");

    /// <summary>Semantic Kernel's service, constructed with or without an HttpClient.</summary>
    public static SdkClient SemanticKernelWith(Uri server, HttpClient? http) => Of(new OpenAIChatCompletionService(Model, new Uri(server, "v1"), "local", httpClient: http));

    /// <summary>OpenAI's client with a retry policy given by hand.</summary>
    public static SdkClient OpenAIWith(Uri server, PipelinePolicy retries, TimeSpan? timeout = null)
    {
        var options = OpenAIOptions(server, timeout);
        options.RetryPolicy = retries;
        return Of(new ChatClient(Model, Key, options));
    }

    public static SdkClient AnthropicWith(Uri server, int maxTokens, TimeSpan? timeout = null)
    {
        var client = timeout is null
            ? new AnthropicClient { ApiKey = "local", BaseUrl = server.ToString() }
            : new AnthropicClient { ApiKey = "local", BaseUrl = server.ToString(), Timeout = timeout };
        return new(
            client,
            async (prompt, cancellationToken) => string.Concat((await client.Messages.Create(Request(prompt), cancellationToken)).Content
                .Select(block => block.TryPickText(out var text) ? text.Text : "")),
            (prompt, cancellationToken) => client.Messages.CreateStreaming(Request(prompt), cancellationToken)
                .Select(update => update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text) ? text.Text : ""));

        MessageCreateParams Request(string prompt) => new() { Model = "claude-haiku-4-5", MaxTokens = maxTokens, Messages = [new UserMessageParam(prompt)] };
    }

    private static SdkClient Of(ChatClient client) => new(
        client,
        async (prompt, cancellationToken) => (await client.CompleteChatAsync([new UserChatMessage(prompt)], cancellationToken: cancellationToken)).Value.Content[0].Text,
        (prompt, cancellationToken) => client.CompleteChatStreamingAsync([new UserChatMessage(prompt)], cancellationToken: cancellationToken)
            .Select(update => string.Concat(update.ContentUpdate.Select(part => part.Text))));

    private static SdkClient Of(IChatCompletionService service) => new(
        service,
        async (prompt, cancellationToken) => (await service.GetChatMessageContentAsync(prompt, cancellationToken: cancellationToken)).Content ?? "",
        (prompt, cancellationToken) => service.GetStreamingChatMessageContentsAsync(prompt, cancellationToken: cancellationToken).Select(update => update.Content ?? ""));

    private static OpenAIClientOptions OpenAIOptions(Uri server, TimeSpan? timeout)
    {
        var options = new OpenAIClientOptions { Endpoint = new Uri(server, "v1") };
        if (timeout is not null)
            options.NetworkTimeout = timeout;
        return options;
    }
}
