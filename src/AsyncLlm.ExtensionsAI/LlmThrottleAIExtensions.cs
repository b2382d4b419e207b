using Microsoft.Extensions.AI;

namespace AsyncLlm;

/// <summary>Brings a throttle to the clients of Microsoft.Extensions.AI, whoever provides them.</summary>
public static class LlmThrottleAIExtensions
{
    /// <summary>Wraps a chat client so that every request, streaming or not, goes through a throttle.</summary>
    /// <param name="client">The client that sends the requests. Its own retries must be off, else each attempt is several requests of which the throttle sees the last.</param>
    /// <param name="throttle">What admits and repeats the requests. Share it among all clients of one account and model.</param>
    /// <param name="estimate">The tokens a request will take at most; they are reserved and set right by the usage the answer tells. <see langword="null"/>: only requests are counted.</param>
    /// <returns>The client to use. It answers <see cref="IChatClient.GetService"/> for <see cref="LlmThrottle"/>; disposing it disposes <paramref name="client"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    /// <remarks>
    /// <para>Put it next to the client that sends: inside function invocation, so that each of its requests is admitted, and inside a cache, so that a hit is not.
    /// In a builder: <c>builder.Use(inner =&gt; inner.WithThrottle(throttle))</c>.</para>
    /// <para>A streaming response keeps its slot until the loop over it ends, and is repeated only until its first update.
    /// Requests are repeated with the same <see cref="ChatOptions"/>.</para>
    /// </remarks>
    public static IChatClient WithThrottle(this IChatClient client, LlmThrottle throttle, Func<IEnumerable<ChatMessage>, ChatOptions?, LlmCost>? estimate = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(throttle);
        return new ThrottledChatClient(client, throttle, estimate);
    }

    /// <summary>Wraps an embedding generator so that every request goes through a throttle.</summary>
    /// <typeparam name="TInput">What is embedded.</typeparam>
    /// <typeparam name="TEmbedding">The embedding.</typeparam>
    /// <param name="generator">The generator that sends the requests. Its own retries must be off.</param>
    /// <param name="throttle">What admits and repeats the requests. Share it among all clients of one account and model.</param>
    /// <param name="estimate">The tokens a request will take at most; they are reserved and set right by the usage the answer tells. <see langword="null"/>: only requests are counted.</param>
    /// <returns>The generator to use. It answers <see cref="IEmbeddingGenerator.GetService"/> for <see cref="LlmThrottle"/>; disposing it disposes <paramref name="generator"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="generator"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    public static IEmbeddingGenerator<TInput, TEmbedding> WithThrottle<TInput, TEmbedding>(
        this IEmbeddingGenerator<TInput, TEmbedding> generator, LlmThrottle throttle, Func<IEnumerable<TInput>, EmbeddingGenerationOptions?, LlmCost>? estimate = null)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(throttle);
        return new ThrottledEmbeddingGenerator<TInput, TEmbedding>(generator, throttle, estimate);
    }
}
