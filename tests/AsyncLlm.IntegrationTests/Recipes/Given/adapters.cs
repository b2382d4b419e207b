global using Anthropic.Models.Messages;
global using Azure.AI.OpenAI;
global using Microsoft.Agents.AI;
global using Microsoft.Extensions.AI;
global using Microsoft.Extensions.DependencyInjection;
global using Microsoft.SemanticKernel;
global using OpenAI;
global using OpenAI.Chat;
global using Polly;
global using Polly.Retry;
using System.ClientModel;
using System.ClientModel.Primitives;

/// <summary>OpenAI's options, with a server on this machine in place of OpenAI's.</summary>
internal sealed class OpenAIClientOptions : OpenAI.OpenAIClientOptions
{
    public OpenAIClientOptions() => Endpoint = RecipeHost.Server.Endpoint;
}

/// <summary>Anthropic's client, with a server on this machine in place of Anthropic's.</summary>
internal sealed class AnthropicClient : Anthropic.AnthropicClient
{
    public AnthropicClient() => BaseUrl = RecipeHost.Server.BaseAddress.ToString();
}

internal partial class Program
{
    private static readonly ApiKeyCredential credential = new("local");

    private static readonly string key = "local";

    private static readonly Uri endpoint = RecipeHost.Server.BaseAddress;

    private static readonly LlmThrottle throttle = new();

    private static readonly ChatClient chat = new("gpt-4o-mini", credential, new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) });

    private static readonly IServiceCollection services = new ServiceCollection();

    private static readonly MessageCreateParams question = Question("Hello");

    private static MessageCreateParams Question(string text) => new() { Model = "claude-haiku-4-5", MaxTokens = 1000, Messages = [new UserMessageParam(text)] };

    private static string Text(Message answer) => string.Concat(answer.Content.Select(block => block.TryPickText(out var text) ? text.Text : ""));

    private static string? Text(RawMessageStreamEvent update) => update.TryPickContentBlockDelta(out var delta) && delta.Delta.TryPickText(out var text) ? text.Text : null;
}
