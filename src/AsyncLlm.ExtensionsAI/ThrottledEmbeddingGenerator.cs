using Microsoft.Extensions.AI;

namespace AsyncLlm;

internal sealed class ThrottledEmbeddingGenerator<TInput, TEmbedding>(
    IEmbeddingGenerator<TInput, TEmbedding> generator, LlmThrottle throttle, Func<IEnumerable<TInput>, EmbeddingGenerationOptions?, LlmCost>? estimate)
    : DelegatingEmbeddingGenerator<TInput, TEmbedding>(generator)
    where TEmbedding : Embedding
{
    public override Task<GeneratedEmbeddings<TEmbedding>> GenerateAsync(IEnumerable<TInput> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var list = Usage.Repeatable(values);
        var cost = estimate?.Invoke(list, options) ?? default;
        return throttle.ExecuteAsync(token => InnerGenerator.GenerateAsync(list, options, token), cost, embeddings => Usage.Tokens(embeddings.Usage) ?? cost.Tokens, cancellationToken);
    }

    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(LlmThrottle) ? throttle : base.GetService(serviceType, serviceKey);
}
