using System.ClientModel.Primitives;
using OpenAI;
using OpenAI.Audio;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Images;
using OpenAI.Moderations;
using OpenAI.Responses;

namespace AsyncLlm;

/// <summary>Brings a throttle to OpenAI's clients and to any other that is built on System.ClientModel.</summary>
public static class LlmThrottleOpenAIExtensions
{
    /// <summary>Sends every request of the clients that are made with these options through a throttle, in place of the client's own retries.</summary>
    /// <typeparam name="TOptions">The options of the client, e.g. <see cref="OpenAIClientOptions"/> or <c>AzureOpenAIClientOptions</c>.</typeparam>
    /// <param name="options">The options, before a client is made with them. Their <see cref="ClientPipelineOptions.RetryPolicy"/> is replaced: nothing is retried twice.</param>
    /// <param name="throttle">What admits and repeats the requests. Share it among all clients of one account and model.</param>
    /// <returns>The same <paramref name="options"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="options"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A client was made with these options already.</exception>
    /// <remarks>
    /// <para>Each attempt is admitted, the rate headers of each response are reported, and a response or failure is classified as
    /// <see cref="LlmFailure.Classify"/> says. What the throttle does not repeat any more is the client's to tell, as always: an error status is
    /// its <see cref="System.ClientModel.ClientResultException"/>. <see cref="LlmThrottleOptions.AttemptTimeout"/>, <see cref="LlmThrottleOptions.TotalTimeout"/> and
    /// <see cref="LlmThrottleOptions.QueueTimeout"/> throw a <see cref="TimeoutException"/>. <see cref="ClientPipelineOptions.NetworkTimeout"/> bounds each attempt;
    /// waiting for admission is not counted.</para>
    /// <para>A streaming response keeps its slot until it has been read to the end, has failed or is disposed. The timeouts of the throttle end when its headers have come.</para>
    /// <para>A synchronous method waits on the thread of its caller and sends from there.</para>
    /// <para>A call of such a client inside <see cref="LlmThrottle.ExecuteAsync{T}(Func{CancellationToken, Task{T}}, CancellationToken)"/> of the same throttle
    /// takes over its slot, so that it neither queues nor is repeated twice.</para>
    /// </remarks>
    public static TOptions UseThrottle<TOptions>(this TOptions options, LlmThrottle throttle)
        where TOptions : ClientPipelineOptions
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(throttle);
        options.RetryPolicy = new ThrottlePolicy(throttle);
        LlmThrottle.BuiltIn = BuiltInTo;
        return options;
    }

    // OPENAI001: the property Model and the ResponsesClient are previews.
#pragma warning disable OPENAI001
    /// <summary>
    /// Gets the throttle of a client's pipeline and model: the one attached to them; else that of <see cref="UseThrottle{TOptions}(TOptions, LlmThrottle)"/>; else one with
    /// default options. It is the same for every caller.
    /// </summary>
    /// <param name="client">The client. <c>OpenAIClient.GetChatClient</c> returns a new one each time; they share a pipeline and so their throttle.</param>
    /// <returns>The throttle, that of <see cref="LlmThrottle.For"/> with the pipeline and the model.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is <see langword="null"/>.</exception>
    /// <remarks>The client's own retries must be off: by <c>RetryPolicy = new ClientRetryPolicy(0)</c>, or by
    /// <see cref="UseThrottle{TOptions}(TOptions, LlmThrottle)"/>, whose calls go through that throttle already; inside this one they take over its slot.
    /// A client that names no model, such as <c>ResponsesClient</c>, has <c>LlmThrottle.For(client.Pipeline, model)</c>.</remarks>
    public static LlmThrottle GetThrottle(this ChatClient client) => LlmThrottle.For(Checked(client).Pipeline, client.Model);

    /// <inheritdoc cref="GetThrottle(ChatClient)"/>
    public static LlmThrottle GetThrottle(this EmbeddingClient client) => LlmThrottle.For(Checked(client).Pipeline, client.Model);

    /// <inheritdoc cref="GetThrottle(ChatClient)"/>
    public static LlmThrottle GetThrottle(this ImageClient client) => LlmThrottle.For(Checked(client).Pipeline, client.Model);

    /// <inheritdoc cref="GetThrottle(ChatClient)"/>
    public static LlmThrottle GetThrottle(this AudioClient client) => LlmThrottle.For(Checked(client).Pipeline, client.Model);

    /// <inheritdoc cref="GetThrottle(ChatClient)"/>
    public static LlmThrottle GetThrottle(this ModerationClient client) => LlmThrottle.For(Checked(client).Pipeline, client.Model);

    private static LlmThrottle? BuiltInTo(object client) => PipelineOf(client) is { } pipeline ? ThrottlePolicy.ThrottleOf(pipeline) : null;

    // Each of them has one; they have no base class in common.
    private static ClientPipeline? PipelineOf(object client) => client switch
    {
        ClientPipeline pipeline => pipeline,
        OpenAIClient openAI => openAI.Pipeline,
        ChatClient chat => chat.Pipeline,
        EmbeddingClient embedding => embedding.Pipeline,
        ImageClient image => image.Pipeline,
        AudioClient audio => audio.Pipeline,
        ModerationClient moderation => moderation.Pipeline,
        ResponsesClient responses => responses.Pipeline,
        _ => null,
    };

#pragma warning restore OPENAI001

    private static T Checked<T>(T client)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(client);
        return client;
    }
}
