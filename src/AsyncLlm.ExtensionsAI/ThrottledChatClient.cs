using Microsoft.Extensions.AI;

namespace AsyncLlm;

internal sealed class ThrottledChatClient(IChatClient client, LlmThrottle throttle, Func<IEnumerable<ChatMessage>, ChatOptions?, LlmCost>? estimate) : DelegatingChatClient(client)
{
    public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = Usage.Repeatable(messages);
        var cost = estimate?.Invoke(list, options) ?? default;
        return throttle.ExecuteAsync(token => InnerClient.GetResponseAsync(list, options, token), cost, response => Usage.Tokens(response.Usage) ?? cost.Tokens, cancellationToken);
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var list = Usage.Repeatable(messages);
        var cost = estimate?.Invoke(list, options) ?? default;
        return throttle.StreamAsync(token => InnerClient.GetStreamingResponseAsync(list, options, token), cost, Tokens, cancellationToken);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(LlmThrottle) ? throttle : base.GetService(serviceType, serviceKey);

    private static int? Tokens(ChatResponseUpdate update) =>
        update.Contents.OfType<UsageContent>().Select(content => Usage.Tokens(content.Details)).Aggregate((int?)null, (sum, tokens) => tokens is null ? sum : tokens + (sum ?? 0));
}
