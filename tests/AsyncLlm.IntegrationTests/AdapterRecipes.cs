using System.ClientModel;
using System.ClientModel.Primitives;
using Anthropic;
using Anthropic.Models.Messages;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using OpenAI;
using OpenAI.Chat;
using Polly;
using Polly.Retry;

namespace AsyncLlm.IntegrationTests;

/// <summary>The code of docs/runtime/adapters.md, where the compiler sees it.</summary>
internal static class AdapterRecipes
{
    public static ChatClient OpenAI(ApiKeyCredential credential)
    {
        var throttle = new LlmThrottle();
        var client = new OpenAIClient(credential, new OpenAIClientOptions().UseThrottle(throttle));
        ChatClient chat = client.GetChatClient("gpt-4o-mini");
        return chat;
    }

    public static void ExtensionsAI(IServiceCollection services, ChatClient chat)
    {
        services.AddLlmThrottle("chat", options => options.TokensPerMinute = 200_000);
        services.AddChatClient(_ => chat.AsIChatClient())
            .UseFunctionInvocation()
            .Use((inner, provider) => inner.WithThrottle(provider.GetRequiredKeyedService<LlmThrottle>("chat")));
    }

    public static IChatClient Estimate(ChatClient chat, LlmThrottle throttle)
    {
        IChatClient throttled = chat.AsIChatClient().WithThrottle(
            throttle, (messages, options) => LlmCost.FromText(string.Concat(messages.Select(message => message.Text)), options?.MaxOutputTokens ?? 1000));
        return throttled;
    }

    public static ResiliencePipeline Polly(LlmThrottle throttle)
    {
        ResiliencePipeline pipeline = new ResiliencePipelineBuilder()
            .AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 3, BackoffType = DelayBackoffType.Exponential, UseJitter = true })
            .AddLlmThrottle(throttle)
            .AddTimeout(TimeSpan.FromSeconds(60))
            .Build();
        return pipeline;
    }

    public static async Task<Message> AnthropicAsync(LlmThrottle throttle, string key, MessageCreateParams question, CancellationToken cancellationToken)
    {
        var http = new HttpClient(new LlmRateHeaderHandler(throttle, new SocketsHttpHandler())) { Timeout = Timeout.InfiniteTimeSpan };
        var anthropic = new AnthropicClient { ApiKey = key, HttpClient = http, MaxRetries = 0 };
        Message answer = await throttle.ExecuteAsync(token => anthropic.Messages.Create(question, token), cancellationToken);
        return answer;
    }

    public static Kernel SemanticKernel(ApiKeyCredential credential, LlmThrottle throttle)
    {
        Kernel kernel = Kernel.CreateBuilder()
            .AddOpenAIChatCompletion("gpt-4o-mini", new OpenAIClient(credential, new OpenAIClientOptions().UseThrottle(throttle)))
            .Build();
        return kernel;
    }

    public static AIAgent Agent(ChatClient chat, LlmThrottle throttle)
    {
        AIAgent agent = new ChatClientAgent(chat.AsIChatClient().WithThrottle(throttle), instructions: "Answer in one sentence.");
        return agent;
    }
}
