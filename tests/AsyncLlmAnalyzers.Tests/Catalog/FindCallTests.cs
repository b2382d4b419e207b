using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Tests.Catalog;

public class FindCallTests
{
    /// <summary>Parameters of a method whose body makes the call after the mark, and the row it must be.</summary>
    [Theory]
    [InlineData("class", "OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChatAsync(\"hi\")", "OpenAI.Chat.ChatClient | CompleteChatAsync")]
    [InlineData("class, sync", "OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChat(\"hi\")", "OpenAI.Chat.ChatClient | CompleteChat")]
    [InlineData("class, stream", "OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChatStreamingAsync(\"hi\")", "OpenAI.Chat.ChatClient | CompleteChatStreamingAsync")]
    [InlineData("protocol method", "OpenAI.Chat.ChatClient c, System.ClientModel.BinaryContent b", "/*call*/c.CompleteChatAsync(b)", "OpenAI.Chat.ChatClient | CompleteChatAsync")]
    [InlineData("conditional access", "OpenAI.Chat.ChatClient? c", "c?/*call*/.CompleteChatAsync(\"hi\")", "OpenAI.Chat.ChatClient | CompleteChatAsync")]
    [InlineData("client of a factory", "Azure.AI.OpenAI.AzureOpenAIClient c", "/*call*/c.GetChatClient(\"m\").CompleteChatAsync(\"hi\")", "OpenAI.Chat.ChatClient | CompleteChatAsync")]
    [InlineData("embedding", "OpenAI.Embeddings.EmbeddingClient c", "/*call*/c.GenerateEmbeddingAsync(\"hi\")", "OpenAI.Embeddings.EmbeddingClient | GenerateEmbeddingAsync")]
    [InlineData("interface", "Microsoft.Extensions.AI.IChatClient c, IEnumerable<Microsoft.Extensions.AI.ChatMessage> m", "/*call*/c.GetResponseAsync(m)", "Microsoft.Extensions.AI.IChatClient | GetResponseAsync")]
    [InlineData("extension", "Microsoft.Extensions.AI.IImageGenerator g", "/*call*/Microsoft.Extensions.AI.ImageGeneratorExtensions.GenerateImagesAsync(g, \"hi\")", "Microsoft.Extensions.AI.ImageGeneratorExtensions | GenerateImagesAsync EditImageAsync EditImagesAsync")]
    [InlineData("extension, reduced", "Microsoft.Extensions.AI.IChatClient c", "/*call*/c.GetResponseAsync(\"hi\")", "Microsoft.Extensions.AI.ChatClientExtensions | GetResponseAsync")]
    [InlineData("extension, generic", "Microsoft.Extensions.AI.IChatClient c", "/*call*/c.GetResponseAsync<int>(\"hi\")", "Microsoft.Extensions.AI.ChatClientStructuredOutputExtensions | GetResponseAsync")]
    [InlineData("generic interface", "Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>> g", "/*call*/g.GenerateAsync(new[] { \"a\" })", "Microsoft.Extensions.AI.IEmbeddingGenerator`2 | GenerateAsync")]
    [InlineData("generic extension", "Microsoft.Extensions.AI.IEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>> g", "/*call*/g.GenerateVectorAsync(\"a\")", "Microsoft.Extensions.AI.EmbeddingGeneratorExtensions | GenerateAsync GenerateVectorAsync")]
    [InlineData("no Async suffix", "Anthropic.AnthropicClient c, Anthropic.Models.Messages.MessageCreateParams p", "/*call*/c.Messages.Create(p)", "Anthropic.Services.IMessageService | Create")]
    [InlineData("implementing class", "Anthropic.Services.MessageService s, Anthropic.Models.Messages.MessageCreateParams p", "/*call*/s.Create(p)", "Anthropic.Services.IMessageService | Create")]
    [InlineData("class with two row sets", "OllamaSharp.OllamaApiClient c, OllamaSharp.Models.Chat.ChatRequest r", "/*call*/c.ChatAsync(r)", "OllamaSharp.IOllamaApiClient | ChatAsync GenerateAsync")]
    [InlineData("agent", "Microsoft.Agents.AI.AIAgent a", "/*call*/a.RunAsync(\"hi\")", "Microsoft.Agents.AI.AIAgent | RunAsync")]
    [InlineData("inherited by a derived agent", "Microsoft.Agents.AI.ChatClientAgent a", "/*call*/a.RunAsync(\"hi\")", "Microsoft.Agents.AI.AIAgent | RunAsync")]
    [InlineData("kernel", "Microsoft.SemanticKernel.Kernel k", "/*call*/Microsoft.SemanticKernel.KernelExtensions.InvokePromptAsync(k, \"hi\")", "Microsoft.SemanticKernel.KernelExtensions | InvokePromptAsync")]
    [InlineData("implementing service", "Microsoft.SemanticKernel.Connectors.OpenAI.OpenAIChatCompletionService s, Microsoft.SemanticKernel.ChatCompletion.ChatHistory h", "/*call*/s.GetChatMessageContentsAsync(h)", "Microsoft.SemanticKernel.ChatCompletion.IChatCompletionService | GetChatMessageContentsAsync")]
    [InlineData("Betalgo", "Betalgo.Ranul.OpenAI.Managers.OpenAIService s, Betalgo.Ranul.OpenAI.ObjectModels.RequestModels.EmbeddingCreateRequest r", "/*call*/s.CreateEmbedding(r)", "Betalgo.Ranul.OpenAI.Interfaces.IEmbeddingService | CreateEmbedding")]
    [InlineData("Azure.AI.Inference", "Azure.AI.Inference.ChatCompletionsClient c", "/*call*/c.CompleteAsync(null!)", "Azure.AI.Inference.ChatCompletionsClient | Complete CompleteAsync")]
    [InlineData("local", "Microsoft.ML.Tokenizers.TiktokenTokenizer t", "/*call*/t.CountTokens(\"hi\")", "Microsoft.ML.Tokenizers.Tokenizer | EncodeToIds EncodeToTokens CountTokens GetIndexByTokenCount GetIndexByTokenCountFromEnd")]
    [InlineData("raw", "Anthropic.AnthropicClient c", "/*call*/c.Messages.CountTokens(null!)", "Anthropic.Services.IMessageService | CountTokens")]
    [InlineData("blocking", "", "/*call*/System.IO.File.ReadAllText(\"f\")", "System.IO.File | ReadAllText ReadAllBytes ReadAllLines WriteAllText WriteAllBytes WriteAllLines AppendAllText AppendAllLines")]
    public void Provider_forms(string form, string parameters, string call, string row) =>
        Assert.True(Find($"using Microsoft.Extensions.AI; class C {{ void M({parameters}) {{ _ = {call}; }} }}") is { } entry && entry.ToString() == row, form);

    [Fact]
    public void An_interface_row_matches_a_users_class_that_implements_it()
    {
        var entry = Find(Client + "class C { object M(MyClient c, IEnumerable<ChatMessage> m) => /*call*/c.GetResponseAsync(m); }");

        Assert.Equal("Microsoft.Extensions.AI.IChatClient", entry?.Type);
    }

    [Fact]
    public void So_does_an_override_of_that_implementation()
    {
        var entry = Find(Client + """
            class Derived : MyClient { public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> m, ChatOptions? o = null, CancellationToken t = default) => null!; }
            class C { object M(Derived c, IEnumerable<ChatMessage> m) => /*call*/c.GetResponseAsync(m); }
            """);

        Assert.Equal("Microsoft.Extensions.AI.IChatClient", entry?.Type);
    }

    [Fact]
    public void A_base_class_that_implements_the_member_for_its_derived_class_matches_through_it()
    {
        const string source = """
            using Microsoft.Extensions.AI;
            class Base
            {
                public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> m, ChatOptions? o = null, CancellationToken t = default) => null!;
                public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> m, ChatOptions? o = null, CancellationToken t = default) => null!;
                public object? GetService(Type t, object? k = null) => null;
                public void Dispose() { }
            }
            class Derived : Base, IChatClient;
            """;

        Assert.NotNull(Find(source + "class C { object M(Derived c, IEnumerable<ChatMessage> m) => /*call*/c.GetResponseAsync(m); }"));
        Assert.Null(Find(source + "class C { object M(Base c, IEnumerable<ChatMessage> m) => /*call*/c.GetResponseAsync(m); }"));
    }

    [Fact]
    public void A_class_row_matches_an_override() =>
        Assert.Equal("OpenAI.Chat.ChatClient", Find("""
            using OpenAI.Chat; using System.ClientModel;
            class Fake : ChatClient { public override Task<ClientResult<ChatCompletion>> CompleteChatAsync(params ChatMessage[] m) => null!; }
            class C { object M(Fake c) => /*call*/c.CompleteChatAsync("hi"); }
            """)?.Type);

    [Theory]
    [InlineData("own overload on a derived client", "class My : OpenAI.Chat.ChatClient { public Task CompleteChatAsync(int a, int b) => null!; }", "My c", "/*call*/c.CompleteChatAsync(1, 2)")]
    [InlineData("own member on a derived client", "class My : OpenAI.Chat.ChatClient { public Task CompleteChatAsyncWrapper() => null!; }", "My c", "/*call*/c.CompleteChatAsyncWrapper()")]
    [InlineData("member that hides the client's", "class My : OpenAI.Chat.ChatClient { public new Task CompleteChatAsync(params OpenAI.Chat.ChatMessage[] m) => null!; }", "My c", "/*call*/c.CompleteChatAsync()")]
    [InlineData("own interface with a famous name", "namespace Own { interface IChatClient { Task<string> GetResponseAsync(string q); } }", "Own.IChatClient c", "/*call*/c.GetResponseAsync(\"hi\")")]
    [InlineData("own extension class with a famous name", "static class ChatClientExtensions { public static Task GetResponseAsync(this string s) => null!; }", "string c", "/*call*/c.GetResponseAsync()")]
    [InlineData("nested type with a famous name", "class OpenAI { public class Chat { public class ChatClient { public Task CompleteChatAsync(string q) => null!; } } }", "OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChatAsync(\"hi\")")]
    [InlineData("another CreateResponse", "class HttpRequestData { public object CreateResponse(int code) => null!; }", "HttpRequestData r", "/*call*/r.CreateResponse(200)")]
    [InlineData("function call content", "", "Microsoft.SemanticKernel.FunctionCallContent f", "/*call*/f.InvokeAsync(null!)")]
    [InlineData("object members", "", "OpenAI.Chat.ChatClient c", "/*call*/c.GetType()")]
    [InlineData("agent skill script", "", "Microsoft.Agents.AI.AgentSkillScript s", "/*call*/s.RunAsync(null!, null, null, default)")]
    [InlineData("construction", "", "", "/*call*/new OpenAI.Chat.ChatClient(\"m\", \"k\")")]
    public void Collisions_are_no_calls(string collision, string declarations, string parameters, string call)
    {
        var source = $"{declarations} class C {{ void M({parameters}) {{ _ = {call}; }} }}";

        Assert.True(Find(source, allowErrors: false) is null, collision);
    }

    [Fact]
    public void Members_of_an_extension_block_belong_to_their_static_class()
    {
        var compilation = CatalogCompilation.Create("""
            namespace Contoso;
            static class Extensions { extension(string s) { public Task AskAsync() => null!; } }
            class C { object M() => /*call*/"hi".AskAsync(); }
            """);
        var (method, receiver) = CatalogCompilation.Call(compilation);

        Assert.NotNull(CatalogCompilation.Resolve(compilation, CatalogCompilation.Entry("Contoso.Extensions | AskAsync | chat")).FindCall(method, receiver));
    }

    [Fact]
    public void A_row_may_name_the_type_that_inherits_the_member()
    {
        const string source = "interface ICaller<T> { Task<T> CallAsync(string q); } interface IModel : ICaller<string>; ";
        var row = CatalogCompilation.Entry("IModel | CallAsync | chat");

        Assert.NotNull(Find(source + "class C { object M(IModel m) => /*call*/m.CallAsync(\"hi\"); }", row));
        Assert.Null(Find(source + "class C { object M(ICaller<string> m) => /*call*/m.CallAsync(\"hi\"); }", row));
    }

    [Theory]
    [InlineData("class Ai { [LlmCall] public Task AskAsync() => null!; }", "Ai a", "a.AskAsync()", true)]
    [InlineData("class Ai { public Task AskAsync() => null!; }", "Ai a", "a.AskAsync()", false)]
    [InlineData("interface IAi { [LlmCall] Task AskAsync(); }", "IAi a", "a.AskAsync()", true)]
    [InlineData("interface IAi { [LlmCall] Task AskAsync(); } class Ai : IAi { public Task AskAsync() => null!; }", "Ai a", "a.AskAsync()", true)]
    [InlineData("abstract class Base { [LlmCall] public abstract Task AskAsync(); } class Ai : Base { public override Task AskAsync() => null!; }", "Ai a", "a.AskAsync()", true)]
    [InlineData("class Ai<T> { [LlmCall] public Task AskAsync(T q) => null!; }", "Ai<int> a", "a.AskAsync(1)", true)]
    [InlineData("static class Ai { [LlmCall] public static Task AskAsync(this string q) => null!; }", "", "\"hi\".AskAsync()", true)]
    [InlineData("class Ai { [LlmBounded] public Task AskAsync() => null!; }", "Ai a", "a.AskAsync()", false)]
    public void A_marked_method_is_a_call_whatever_namespace_its_attribute_is_in(string declarations, string parameters, string call, bool isCall)
    {
        var entry = Find($$"""
            using Any.Where;
            namespace Any.Where { class LlmCallAttribute : Attribute; class LlmBoundedAttribute : Attribute; }
            {{declarations}}
            class C { void M({{parameters}}) { _ = /*call*/{{call}}; } }
            """);

        Assert.Equal(isCall, entry is { IsCall: true, Shape: CallShape.ByReturn, TimeoutLimit.Source: CatalogSource.Unknown, RetryPolicy.Source: CatalogSource.Unknown });
        Assert.Equal(isCall, entry is not null);
    }

    [Fact]
    public void The_runtimes_own_attribute_counts_too() =>
        Assert.NotNull(Find("class Ai { [AsyncLlm.LlmCall] public Task AskAsync() => null!; } class C { object M(Ai a) => /*call*/a.AskAsync(); }"));

    private const string Client = """
        using Microsoft.Extensions.AI;
        class MyClient : IChatClient
        {
            public virtual Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> m, ChatOptions? o = null, CancellationToken t = default) => null!;
            public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> m, ChatOptions? o = null, CancellationToken t = default) => null!;
            public object? GetService(Type t, object? k = null) => null;
            public void Dispose() { }
        }

        """;

    private static CatalogEntry? Find(string source, params CatalogEntry[] rows) => Find(source, true, rows);

    private static CatalogEntry? Find(string source, bool allowErrors, params CatalogEntry[] rows)
    {
        var compilation = CatalogCompilation.Create(source, allowErrors: allowErrors);
        var (method, receiver) = CatalogCompilation.Call(compilation);
        return CatalogCompilation.Resolve(compilation, rows).FindCall(method, receiver);
    }
}
