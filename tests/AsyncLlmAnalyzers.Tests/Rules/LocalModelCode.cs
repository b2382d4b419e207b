namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Models that run in the process behind the interfaces of clients; their packages cannot be restored everywhere, so that types of their names stand for them.</summary>
internal static class LocalModelCode
{
    /// <summary>Statements that call one, directly and through an interface.</summary>
    public static TheoryData<string> Calls =>
    [
        "var service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await service.GenerateEmbeddingsAsync(texts);",
        "ITextEmbeddingGenerationService service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await service.GenerateEmbeddingsAsync(texts);",
        "using var chat = new OnnxRuntimeGenAIChatClient(\"phi\"); await chat.GetResponseAsync(texts[0]);",
        "using IChatClient chat = new OnnxRuntimeGenAIChatClient(\"phi\"); await chat.AsBuilder().UseLogging().Build().GetResponseAsync(texts[0]);",
        "using IChatClient chat = new OnnxRuntimeGenAIChatClient(\"phi\"); await foreach (var update in chat.GetStreamingResponseAsync(texts[0])) { }",
    ];

    public static string In(string statements) => $$"""
        using Microsoft.Extensions.AI;
        using Microsoft.ML.OnnxRuntimeGenAI;
        using Microsoft.SemanticKernel;
        using Microsoft.SemanticKernel.Connectors.Onnx;
        using Microsoft.SemanticKernel.Embeddings;

        #pragma warning disable SKEXP0001, CS0618
        class Index
        {
            async Task Add(List<string> texts)
            {
                {{statements}}
            }
        }

        namespace Microsoft.SemanticKernel.Connectors.Onnx
        {
            public sealed class BertOnnxTextEmbeddingGenerationService : ITextEmbeddingGenerationService
            {
                public static Task<BertOnnxTextEmbeddingGenerationService> CreateAsync() => Task.FromResult(new BertOnnxTextEmbeddingGenerationService());
                public IReadOnlyDictionary<string, object?> Attributes => new Dictionary<string, object?>();
                public Task<IList<ReadOnlyMemory<float>>> GenerateEmbeddingsAsync(IList<string> data, Kernel? kernel = null, CancellationToken cancellationToken = default) => Task.FromResult<IList<ReadOnlyMemory<float>>>([]);
            }
        }

        namespace Microsoft.ML.OnnxRuntimeGenAI
        {
            public sealed class OnnxRuntimeGenAIChatClient(string path) : IChatClient
            {
                public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse { ModelId = path });
                public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
                public object? GetService(Type serviceType, object? serviceKey = null) => null;
                public void Dispose() { }
            }
        }
        """;
}
