using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Tests.Catalog;

public class LlmCatalogTests
{
    private static readonly LlmCatalog Everything = CatalogCompilation.Resolve(CatalogCompilation.Create(""));

    [Fact]
    public void Without_a_library_that_calls_models_there_are_no_calls()
    {
        string[] bystanders = ["Polly", "RateLimiting", "AsyncLlm.dll", "DependencyInjection", "Http"];
        var references = CatalogCompilation.References.Where(reference =>
            CatalogCompilation.FrameworkReferences.Any(framework => framework.Display == reference.Display)
            || bystanders.Any(name => Path.GetFileName(reference.Display)!.Contains(name, StringComparison.Ordinal)));

        var compilation = CatalogCompilation.Create("class C { System.Net.Http.HttpClient? h; Polly.ResiliencePipeline? p; SemaphoreSlim? s; AsyncLlm.LlmCallAttribute? a; }", references);

        Assert.False(CatalogCompilation.Resolve(compilation).HasCalls);
    }

    [Theory]
    [InlineData("OpenAI.dll")]
    [InlineData("Anthropic.dll")]
    [InlineData("Microsoft.Extensions.AI.Abstractions.dll")]
    [InlineData("Microsoft.ML.Tokenizers.dll")]
    public void One_such_library_is_enough(string assembly)
    {
        var library = CatalogCompilation.References.Single(reference => Path.GetFileName(reference.Display) == assembly);

        Assert.True(CatalogCompilation.Resolve(CatalogCompilation.Create("", [.. CatalogCompilation.FrameworkReferences, library])).HasCalls);
    }

    [Theory]
    [InlineData("chat", true)]
    [InlineData("local", true)]
    [InlineData("raw", false)]
    [InlineData("client", false)]
    [InlineData("bounds", false)]
    [InlineData("middleware", false)]
    public void A_users_row_for_a_type_in_source_opens_the_gate(string kind, bool hasCalls)
    {
        var compilation = CatalogCompilation.Create("namespace Contoso { interface IAnswerer { Task AskAsync(); } }", CatalogCompilation.FrameworkReferences);

        var catalog = CatalogCompilation.Resolve(compilation, CatalogCompilation.Entry($"Contoso.IAnswerer | AskAsync | {kind}"));

        Assert.Equal(hasCalls, catalog.HasCalls);
        Assert.Empty(catalog.UnresolvedUserEntries);
    }

    [Fact]
    public void A_users_row_without_its_type_is_told_and_opens_nothing()
    {
        var row = CatalogCompilation.Entry("Contoso.IAnswerer | AskAsync | chat");

        var catalog = CatalogCompilation.Resolve(CatalogCompilation.Create("", CatalogCompilation.FrameworkReferences), row);

        Assert.Same(row, Assert.Single(catalog.UnresolvedUserEntries));
        Assert.False(catalog.HasCalls);
        Assert.False(catalog.MayBeCall("AskAsync"));
    }

    [Fact]
    public void A_type_this_compilation_cannot_name_does_not_count()
    {
        var library = CatalogCompilation.Create("namespace OpenAI.Chat { class ChatClient { public void CompleteChat() { } } }", CatalogCompilation.FrameworkReferences);

        var compilation = CatalogCompilation.Create("", [.. CatalogCompilation.FrameworkReferences, library.ToMetadataReference()]);

        Assert.False(CatalogCompilation.Resolve(compilation).HasCalls);
    }

    [Fact]
    public void A_users_row_takes_the_place_of_the_built_in_one_for_its_members_only()
    {
        var compilation = CatalogCompilation.Create("class C { void M(OpenAI.Chat.ChatClient c) { _ = /*call*/c.CompleteChatAsync(\"hi\"); } }");
        var method = CatalogCompilation.Call(compilation).Method;

        var catalog = CatalogCompilation.Resolve(compilation, CatalogCompilation.Entry("OpenAI.Chat.ChatClient | CompleteChatAsync | raw | task | - | 5s/try | none"));

        Assert.Equal((CatalogKind.Raw, "5s/try"), (catalog.FindCall(method)!.Kind, catalog.FindCall(method)!.Timeout));
        Assert.False(catalog.MayBeCall("CompleteChatAsync"));
        Assert.True(catalog.MayBeCall("CompleteChat"));
        Assert.Equal("openai.txt", catalog.FindCall(Method("OpenAI.Chat.ChatClient", "CompleteChat", compilation))!.Path);
    }

    [Fact]
    public void A_users_pattern_wins_over_a_built_in_name()
    {
        var compilation = CatalogCompilation.Create("");

        var catalog = CatalogCompilation.Resolve(compilation, CatalogCompilation.Entry("OpenAI.Chat.ChatClient | CompleteChat* | chat | - | stateful"));

        Assert.True(catalog.FindCall(Method("OpenAI.Chat.ChatClient", "CompleteChatAsync", compilation))!.HasTrait("stateful"));
    }

    [Theory]
    [InlineData("CompleteChatAsync", true, false)]
    [InlineData("CompleteChat", true, true)]
    [InlineData("CompleteChatStreaming", true, true)]
    [InlineData("GenerateImage", true, true)]
    [InlineData("GenerateImageAsync", true, false)]
    [InlineData("ReadAllText", true, false)]
    [InlineData("GetModels", false, false)]
    [InlineData("ToString", false, false)]
    [InlineData("GetStringAsync", false, false)]
    [InlineData("", false, false)]
    public void Names_are_filtered_before_anything_is_bound(string name, bool mayBeCall, bool mayBeSyncCall)
    {
        Assert.Equal(mayBeCall, Everything.MayBeCall(name));
        Assert.Equal(mayBeSyncCall, Everything.MayBeSyncCall(name));
    }

    [Theory]
    [InlineData("CompleteChatAsync", CallShape.Task)]
    [InlineData("CompleteChat", CallShape.Sync)]
    [InlineData("CompleteChatStreamingAsync", CallShape.StreamLazy)]
    [InlineData("CompleteChatStreaming", CallShape.SyncStream)]
    public void Declared_shapes_hold(string member, object shape)
    {
        var method = Method("OpenAI.Chat.ChatClient", member);
        Assert.Equal(shape, Everything.ShapeOf(Everything.FindCall(method)!, method));
    }

    [Theory]
    [InlineData("Task M();", CallShape.Task)]
    [InlineData("Task<int> M();", CallShape.Task)]
    [InlineData("ValueTask M();", CallShape.Task)]
    [InlineData("ValueTask<int> M();", CallShape.Task)]
    [InlineData("Task<System.ClientModel.AsyncStreamingResult<int>> M();", CallShape.StreamTask)]
    [InlineData("Task<IAsyncEnumerable<int>> M();", CallShape.StreamTask)]
    [InlineData("IAsyncEnumerable<int> M();", CallShape.StreamLazy)]
    [InlineData("System.ClientModel.AsyncCollectionResult<int> M();", CallShape.StreamLazy)]
    [InlineData("System.ClientModel.CollectionResult<int> M(); IAsyncEnumerable<int> MAsync();", CallShape.SyncStream)]
    [InlineData("System.ClientModel.CollectionResult<int> M(); Task<IAsyncEnumerable<int>> MAsync();", CallShape.SyncStream)]
    [InlineData("System.ClientModel.CollectionResult<int> M();", CallShape.Sync)]
    [InlineData("System.ClientModel.CollectionResult<int> M(); Task<int> MAsync();", CallShape.Sync)]
    [InlineData("IEnumerable<int> M(); IAsyncEnumerable<int> MAsync();", CallShape.SyncStream)]
    [InlineData("List<int> M(); IAsyncEnumerable<int> MAsync();", CallShape.Sync)]
    [InlineData("string M(); IAsyncEnumerable<int> MAsync();", CallShape.Sync)]
    [InlineData("int M();", CallShape.Sync)]
    [InlineData("void M();", CallShape.Sync)]
    public void The_return_type_tells_the_shape_when_the_row_does_not(string member, object shape)
    {
        var compilation = CatalogCompilation.Create($"interface I {{ {member} }}");
        var entry = CatalogCompilation.Entry("I | M | chat | by-return");

        Assert.Equal(shape, CatalogCompilation.Resolve(compilation, entry).ShapeOf(entry, Method("I", "M", compilation)));
    }

    [Theory]
    [InlineData("OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChat(\"hi\")", "OpenAI.Chat.ChatClient.CompleteChatAsync(params OpenAI.Chat.ChatMessage[])")]
    [InlineData("OpenAI.Chat.ChatClient c, List<OpenAI.Chat.ChatMessage> m, CancellationToken t", "/*call*/c.CompleteChat(m, null, t)", "OpenAI.Chat.ChatClient.CompleteChatAsync(System.Collections.Generic.IEnumerable<OpenAI.Chat.ChatMessage>, OpenAI.Chat.ChatCompletionOptions, System.Threading.CancellationToken)")]
    [InlineData("OpenAI.Chat.ChatClient c, System.ClientModel.BinaryContent b", "/*call*/c.CompleteChat(b)", "OpenAI.Chat.ChatClient.CompleteChatAsync(System.ClientModel.BinaryContent, System.ClientModel.Primitives.RequestOptions)")]
    [InlineData("OpenAI.Chat.ChatClient c, List<OpenAI.Chat.ChatMessage> m", "/*call*/c.CompleteChatStreaming(m)", "OpenAI.Chat.ChatClient.CompleteChatStreamingAsync(System.Collections.Generic.IEnumerable<OpenAI.Chat.ChatMessage>, OpenAI.Chat.ChatCompletionOptions, System.Threading.CancellationToken)")]
    [InlineData("OpenAI.Embeddings.EmbeddingClient c", "/*call*/c.GenerateEmbedding(\"hi\")", "OpenAI.Embeddings.EmbeddingClient.GenerateEmbeddingAsync(string, OpenAI.Embeddings.EmbeddingGenerationOptions, System.Threading.CancellationToken)")]
    [InlineData("OpenAI.Images.ImageClient c", "/*call*/c.GenerateImage(\"hi\")", "OpenAI.Images.ImageClient.GenerateImageAsync(string, OpenAI.Images.ImageGenerationOptions, System.Threading.CancellationToken)")]
    [InlineData("OpenAI.Responses.ResponsesClient c, OpenAI.Responses.CreateResponseOptions o", "/*call*/c.CreateResponse(o)", "OpenAI.Responses.ResponsesClient.CreateResponseAsync(OpenAI.Responses.CreateResponseOptions, System.Threading.CancellationToken)")]
    [InlineData("OpenAI.Responses.ResponsesClient c", "/*call*/c.GetResponse(\"id\")", "OpenAI.Responses.ResponsesClient.GetResponseAsync(string, System.Threading.CancellationToken)")]
    [InlineData("Azure.AI.Inference.ChatCompletionsClient c", "/*call*/c.Complete(null!)", "Azure.AI.Inference.ChatCompletionsClient.CompleteAsync(Azure.AI.Inference.ChatCompletionsOptions, System.Threading.CancellationToken)")]
    [InlineData("Azure.AI.Inference.ChatCompletionsClient c", "/*call*/c.CompleteStreaming(null!)", "Azure.AI.Inference.ChatCompletionsClient.CompleteStreamingAsync(Azure.AI.Inference.ChatCompletionsOptions, System.Threading.CancellationToken)")]
    [InlineData("Microsoft.Extensions.AI.IChatClient c, List<Microsoft.Extensions.AI.ChatMessage> m", "/*call*/c.GetResponseAsync(m)", null)]
    [InlineData("Anthropic.Services.IMessageService c", "/*call*/c.Create(null!)", null)]
    public void The_async_twin_takes_the_same_arguments(string parameters, string call, string? twin)
    {
        var compilation = CatalogCompilation.Create($"class C {{ void M({parameters}) {{ _ = {call}; }} }}", allowErrors: true);
        var catalog = CatalogCompilation.Resolve(compilation);
        var method = CatalogCompilation.Call(compilation).Method;

        Assert.Equal(twin, catalog.FindAsyncTwin(method, catalog.FindCall(method)!)?.ToDisplayString());
    }

    [Theory]
    [InlineData("string Ask(int a); Task<string> AskAsync(int a); Task<string> AskAsync(int a, CancellationToken t);", "twin", "I.AskAsync(int)")]
    [InlineData("string Ask(int a); Task<string> AskAsync(int a, int b = 0); Task<string> AskAsync(int a, CancellationToken t);", "twin", "I.AskAsync(int, System.Threading.CancellationToken)")]
    [InlineData("string Ask(int a); Task<string> AskAsync(int a, int b = 0);", "twin", "I.AskAsync(int, int)")]
    [InlineData("string Ask(int a); Task<string> AskAsync(int a, int b);", "twin", null)]
    [InlineData("string Ask(int a); Task<string> AskAsync(long a);", "twin", null)]
    [InlineData("string Ask(string[] a); Task<string> AskAsync(IEnumerable<string> a); Task<string> AskAsync(string[] a);", "twin", "I.AskAsync(string[])")]
    [InlineData("string Ask(string[] a); Task<string> AskAsync(IEnumerable<string> a);", "twin", "I.AskAsync(System.Collections.Generic.IEnumerable<string>)")]
    [InlineData("string Ask(ref int a); Task<string> AskAsync(int a);", "twin", null)]
    [InlineData("string Ask(int a); string AskAsync(int a);", "twin", null)]
    [InlineData("string Ask(int a); static Task<string> AskAsync(int a) => null!;", "twin", null)]
    [InlineData("string Ask<T>(T a); Task<string> AskAsync(int a);", "twin", null)]
    [InlineData("string Ask<T>(List<T[]> a); Task<string> AskAsync<U>(List<U[]> a);", "twin", "I.AskAsync<U>(System.Collections.Generic.List<U[]>)")]
    [InlineData("string Ask(int a); Task<string> BeginAsk(int a); Task<string> AskAsync(int a);", "twin=BeginAsk", "I.BeginAsk(int)")]
    [InlineData("string Ask(int a); Task<string> AskAsync(int a);", "twin=Missing", null)]
    [InlineData("string Ask(int a); ValueTask<string> AskAsync(int a);", "-", "I.AskAsync(int)")]
    [InlineData("string Ask(int a); private protected static Task<string> Hidden(int a) => null!;", "twin=Hidden", null)]
    public void The_nearest_twin_is_chosen(string members, string trait, string? twin)
    {
        var compilation = CatalogCompilation.Create($"interface I {{ {members} }}");
        var entry = CatalogCompilation.Entry($"I | Ask | chat | - | {trait}");

        Assert.Equal(twin, CatalogCompilation.Resolve(compilation, entry).FindAsyncTwin(Method("I", "Ask", compilation), entry)?.ToDisplayString());
    }

    [Fact]
    public void The_twin_of_an_override_is_found_on_the_base_class_and_that_of_an_extension_is_reduced()
    {
        var compilation = CatalogCompilation.Create("""
            class Base { public virtual string Ask() => ""; public Task<string> AskAsync() => null!; }
            class Derived : Base { public override string Ask() => ""; }
            static class Ext { public static string Tell(this string s, int a) => ""; public static Task<string> TellAsync(this string s, int a) => null!; }
            """);
        var catalog = CatalogCompilation.Resolve(compilation);

        Assert.Equal("Base.AskAsync()", catalog.FindAsyncTwin(Method("Derived", "Ask", compilation), CatalogCompilation.Entry("Base | Ask | chat"))?.ToDisplayString());
        var tell = Method("Ext", "Tell", compilation).ReduceExtensionMethod(compilation.GetSpecialType(SpecialType.System_String))!;
        var twin = catalog.FindAsyncTwin(tell, CatalogCompilation.Entry("Ext | Tell | chat"));
        Assert.Equal(["int a"], twin!.Parameters.Select(parameter => parameter.ToDisplayString()));
    }

    [Theory]
    [InlineData("class X : Microsoft.Extensions.AI.DelegatingChatClient { public X(Microsoft.Extensions.AI.IChatClient c) : base(c) { } }", true)]
    [InlineData("class Y : X; class X : Microsoft.Extensions.AI.RoutingChatClient { }", true)]
    [InlineData("class X<T> : Microsoft.Extensions.AI.DelegatingEmbeddingGenerator<string, Microsoft.Extensions.AI.Embedding<float>> { }", true)]
    [InlineData("class X : Microsoft.Agents.AI.AIAgent { }", true)]
    [InlineData("class X : Microsoft.Extensions.AI.IChatClient { }", false)]
    [InlineData("class X : OpenAI.Chat.ChatClient { }", false)]
    [InlineData("class DelegatingChatClient; class X : DelegatingChatClient { }", false)]
    [InlineData("class X { }", false)]
    public void Types_that_forward_calls_are_middleware(string declaration, bool isMiddleware)
    {
        var compilation = CatalogCompilation.Create(declaration, allowErrors: true);
        var type = compilation.GetTypesByMetadataName(declaration.Contains("X<T>", StringComparison.Ordinal) ? "X`1" : "X").Single();

        Assert.Equal(isMiddleware, CatalogCompilation.Resolve(compilation).IsMiddleware(type));
        Assert.False(Everything.IsMiddleware(null));
    }

    [Fact]
    public void A_users_interface_can_be_middleware()
    {
        var compilation = CatalogCompilation.Create("interface IForwarder; class X : IForwarder;");
        var catalog = CatalogCompilation.Resolve(compilation, CatalogCompilation.Entry("IForwarder | * | middleware"));

        Assert.True(catalog.IsMiddleware(compilation.GetTypesByMetadataName("X").Single()));
    }

    [Theory]
    [InlineData("SemaphoreSlim s", "/*call*/s.WaitAsync()", ExecutorRole.Bounds, ExecutorShape.Acquire)]
    [InlineData("SemaphoreSlim s", "/*call*/s.Release()", ExecutorRole.Bounds, ExecutorShape.Release)]
    [InlineData("", "/*call*/new SemaphoreSlim(3)", ExecutorRole.Bounds, ExecutorShape.Create)]
    [InlineData("Semaphore s", "/*call*/s.WaitOne()", ExecutorRole.Bounds, ExecutorShape.Acquire)]
    [InlineData("Polly.ResiliencePipeline p", "/*call*/p.ExecuteAsync(async t => { })", ExecutorRole.Bounds | ExecutorRole.Retries | ExecutorRole.Deadline, ExecutorShape.Run)]
    [InlineData("Polly.ResiliencePipeline<int> p", "/*call*/p.ExecuteAsync(async t => 1)", ExecutorRole.Bounds | ExecutorRole.Retries | ExecutorRole.Deadline, ExecutorShape.Run)]
    [InlineData("Polly.ResiliencePipelineBuilder b", "/*call*/Polly.TimeoutResiliencePipelineBuilderExtensions.AddTimeout(b, TimeSpan.Zero)", ExecutorRole.Deadline, ExecutorShape.Create)]
    [InlineData("List<int> l", "/*call*/Parallel.ForEachAsync(l, async (i, t) => { })", ExecutorRole.Bounds, ExecutorShape.Run)]
    [InlineData("C c", "/*call*/c.Limited()", ExecutorRole.Bounds, ExecutorShape.Run)]
    public void Executors(string parameters, string call, object roles, object shape)
    {
        var compilation = CatalogCompilation.Create($"class C {{ [AsyncLlm.LlmBounded] public int Limited() => 0; void M({parameters}) {{ _ = {call}; }} }}", allowErrors: true);
        var (method, receiver) = CatalogCompilation.Call(compilation);
        var catalog = CatalogCompilation.Resolve(compilation);

        var entry = catalog.FindExecutor(method, receiver);

        Assert.Equal((roles, shape), (entry?.Roles, entry?.ExecutorShape));
        Assert.Null(catalog.FindCall(method, receiver));
    }

    [Theory]
    [InlineData("Mutex m", "/*call*/m.WaitOne()")]
    [InlineData("OpenAI.Chat.ChatClient c", "/*call*/c.CompleteChat()")]
    [InlineData("Task t", "/*call*/t.Wait()")]
    public void What_is_no_executor(string parameters, string call)
    {
        var compilation = CatalogCompilation.Create($"class C {{ void M({parameters}) {{ {call}; }} }}", allowErrors: true);
        var (method, receiver) = CatalogCompilation.Call(compilation);

        Assert.Null(CatalogCompilation.Resolve(compilation).FindExecutor(method, receiver));
    }

    [Fact]
    public void Construction_rows_tell_the_defaults_and_where_to_change_them()
    {
        var compilation = CatalogCompilation.Create("class Own : OpenAI.Chat.ChatClient;");
        var catalog = CatalogCompilation.Resolve(compilation);

        var client = catalog.FindClient(compilation.GetTypesByMetadataName("OpenAI.Chat.ChatClient").Single())!;
        Assert.Equal(new(CatalogSource.Known, TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(100), TimeoutScope.Try), client.TimeoutLimit);
        Assert.True(client.RetryPolicy.HasNoDelay);
        Assert.Equal(("OpenAI.OpenAIClientOptions", "NetworkTimeout", "RetryPolicy"), (client.TraitValue("options"), client.TraitValue("timeoutProperty"), client.TraitValue("retryProperty")));
        Assert.True(catalog.FindClient(compilation.GetTypesByMetadataName("OpenAI.OpenAIClientOptions").Single())!.HasTrait("settings"));
        Assert.Null(catalog.FindClient(compilation.GetTypesByMetadataName("Own").Single()));
        Assert.Null(catalog.FindClient(compilation.ObjectType));
        Assert.True(catalog.MayBeClient("ChatClient"));
        Assert.False(catalog.MayBeClient("Own"));
    }

    [Fact]
    public void Factories_and_registrations_have_rows_too()
    {
        Assert.Equal(CatalogSource.Inner, Everything.FindClientMethod(Method("OpenAI.OpenAIClient", "GetChatClient"))!.RetryPolicy.Source);
        Assert.Equal(CatalogSource.None, Everything.FindClientMethod(Method("Microsoft.SemanticKernel.OpenAIKernelBuilderExtensions", "AddOpenAIChatCompletion"))!.RetryPolicy.Source);
        Assert.Null(Everything.FindClientMethod(Method("OpenAI.OpenAIClient", "GetVideoClient")));
    }

    [Theory]
    [InlineData("https://api.openai.com/v1/chat/completions", true)]
    [InlineData("http://localhost:11434/api/chat", true)]
    [InlineData("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1", true)]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/models/m:generateContent", true)]
    [InlineData("https://API.ANTHROPIC.COM/V1/MESSAGES", true)]
    [InlineData("https://ollama.internal/api/embed", true)]
    [InlineData("https://example.com/chat", false)]
    [InlineData("/api/chat", false)]
    [InlineData("https://sms.example.com/v1/messages", false)]
    [InlineData("", false)]
    public void Endpoints_are_known_by_their_path(string url, bool isModel) => Assert.Equal(isModel, Everything.FindHttp(url) is not null);

    [Theory]
    [InlineData("OpenAI.Chat.StreamingChatCompletionUpdate", true)]
    [InlineData("OpenAI.Responses.StreamingResponseUpdate", true)]
    [InlineData("Microsoft.Extensions.AI.ChatResponseUpdate", true)]
    [InlineData("Anthropic.Models.Messages.RawMessageStreamEvent", true)]
    [InlineData("Microsoft.Agents.AI.AgentResponseUpdate", true)]
    [InlineData("Microsoft.SemanticKernel.StreamingChatMessageContent", true)]
    [InlineData("System.String", false)]
    [InlineData("System.BinaryData", false)]
    [InlineData("OpenAI.Chat.ChatCompletion", false)]
    [InlineData("OpenAI.Assistants.RunStep", false)]
    public void Types_that_only_streams_of_answers_yield(string type, bool isUpdate)
    {
        var compilation = CatalogCompilation.Create("");
        var catalog = CatalogCompilation.Resolve(compilation);

        Assert.Equal(isUpdate, catalog.FindStream(compilation.GetTypesByMetadataName(type).First()) is not null);
    }

    [Fact]
    public void Broken_code_is_answered_with_no()
    {
        var compilation = CatalogCompilation.Create("class C : Missing { void M(Missing m) { /*call*/m.CompleteChatAsync(); m.Foo(\"\"); } class OpenAI { } public Missing CompleteChat(Missing x); }", allowErrors: true);
        var catalog = CatalogCompilation.Resolve(compilation);
        var type = compilation.GetTypesByMetadataName("C").Single();
        var method = type.GetMembers("CompleteChat").OfType<IMethodSymbol>().Single();

        Assert.Null(catalog.FindCall(method, type));
        Assert.Null(catalog.FindExecutor(method, type.BaseType));
        Assert.Null(catalog.FindAsyncTwin(method, CatalogCompilation.Entry("C | CompleteChat | chat")));
        Assert.False(catalog.IsMiddleware(type));
        Assert.Null(catalog.FindStream(type.BaseType!));
        Assert.Equal(CallShape.Sync, catalog.ShapeOf(CatalogCompilation.Entry("C | CompleteChat | chat"), method));
    }

    [Fact]
    public void Resolving_can_be_cancelled() =>
        Assert.ThrowsAny<OperationCanceledException>(() => LlmCatalog.Resolve(CatalogCompilation.Create(""), [], new CancellationToken(canceled: true)));

    private static IMethodSymbol Method(string type, string name, Compilation? compilation = null) =>
        (compilation ?? CatalogCompilation.Create("")).GetTypesByMetadataName(type).First().GetMembers(name).OfType<IMethodSymbol>().First();
}
