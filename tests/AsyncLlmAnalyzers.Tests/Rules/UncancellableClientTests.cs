using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>ALLM3011, which looks at a compilation as a whole.</summary>
public class UncancellableClientTests() : RuleTests("ALLM3011")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => client.[|CompleteChatAsync|](question);
            public Task Again(string question) => client.CompleteChatAsync(question);
        }
        """;

    protected override bool IsLive => false;

    [Fact]
    public async Task Reports_once_for_each_type_of_client_at_its_first_call()
    {
        var found = await AnalyzeAsync("""
            using Microsoft.Extensions.AI;
            using ChatClient = OpenAI.Chat.ChatClient;

            class First(ChatClient client, IChatClient chat)
            {
                Task A(string text) => client.CompleteChatAsync(text);
                Task B(string text) => client.CompleteChatAsync([text], cancellationToken: CancellationToken.None);
                Task C(string text) => chat.GetResponseAsync(text);
                Task D(string text) => Task.Run(() => client.CompleteChatAsync(text));
            }
            """);
        Assert.Equal(
            ["4: None of the 3 calls through 'ChatClient' in this project can be cancelled or timed out by it", "6: Not even the only call through 'IChatClient' in this project can be cancelled or timed out by it"],
            found.Select(diagnostic => $"{diagnostic.Location.GetLineSpan().StartLinePosition.Line - 1}: {diagnostic.GetMessage()}"));
        Assert.All(found, diagnostic => Assert.Equal(("ALLM3011", DiagnosticSeverity.Warning), (diagnostic.Id, diagnostic.Severity)));
    }

    /// <summary>However many files, parts of a class, and ways into the container there are.</summary>
    [Fact]
    public Task Reports_once_in_several_files() => ReportsAcrossFilesAsync(
        """
        using Microsoft.Extensions.AI;

        partial class Answers(IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings)
        {
            public Task Ask(string question) => chat.[|GetResponseAsync|](question);
            public Task Find(string question) => embeddings.[|GenerateAsync|](question);
        }
        """,
        """
        using Microsoft.Extensions.AI;

        partial class Answers
        {
            public async Task Print(string question)
            {
                await foreach (var update in chat.GetStreamingResponseAsync(question))
                    Console.Write(update);
            }

            public Task FindAll(List<string> questions) => Task.WhenAll(questions.Select(question => embeddings.GenerateAsync(question)));
        }
        """,
        """
        using Microsoft.Extensions.AI;
        using Microsoft.Extensions.DependencyInjection;

        static class Setup
        {
            public static void Add(IServiceCollection services, IChatClient chat) => services.AddSingleton(chat).AddSingleton<Answers>().AddScoped<Other>();
        }

        class Other(IServiceProvider services)
        {
            public Task Ask(string question) => services.GetRequiredService<IChatClient>().GetResponseAsync(question);
        }
        """);

    /// <summary>The first call is the first by path, whatever order the compiler is given the files in.</summary>
    [Fact]
    public async Task Reports_at_the_same_place_whatever_the_order_of_the_files()
    {
        string[] paths = ["/0/B.cs", "/0/A.cs", "/0/C.cs"];
        var trees = paths.Select(path => CSharpSyntaxTree.ParseText($$"""class {{path[3]}}(OpenAI.Chat.ChatClient client) { System.Threading.Tasks.Task Ask() => client.CompleteChatAsync("x"); }""", path: path)).ToList();
        foreach (var order in new[] { trees, trees.AsEnumerable().Reverse() })
        {
            var compilation = Compile("").AddSyntaxTrees(order);
            Assert.Equal("/0/A.cs", Assert.Single(await compilation.WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync()).Location.SourceTree!.FilePath);
        }
    }

    /// <summary>An action of the whole compilation would run, and bind every file, each time an editor asks about one document.</summary>
    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(false, 0, 0)]
    public async Task Waits_for_the_end_of_the_compilation(bool hasLibrary, int nodeActions, int endActions)
    {
        var analyzer = RuleTest.Host(Id);
        var driver = Compile("").WithReferences(hasLibrary ? HostReferences.All : HostReferences.Framework).WithAnalyzers([analyzer]);
        var registered = await driver.GetAnalyzerTelemetryInfoAsync(analyzer, default);
        Assert.Equal((nodeActions, 0, endActions), (registered.SyntaxNodeActionsCount, registered.CompilationActionsCount, registered.CompilationEndActionsCount));
    }

    [Theory]
    [InlineData("Ask(string text) => client.CompleteChatAsync(text)", 1)]
    [InlineData("Ask(string text, CancellationToken ct) => client.CompleteChatAsync([text], cancellationToken: ct)", 0)]
    public async Task Counts_the_calls_in_generated_code(string method, int findings)
    {
        var compilation = Compile("""class A(OpenAI.Chat.ChatClient client) { Task Ask(string text) => client.CompleteChatAsync(text); }""")
            .AddSyntaxTrees(CSharpSyntaxTree.ParseText($"class B(OpenAI.Chat.ChatClient client) {{ Task {method}; }}", path: "/0/Z.g.cs"));
        var found = await compilation.WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(findings, found.Length);
        Assert.All(found, finding => Assert.StartsWith("None of the 2 calls", finding.GetMessage(), StringComparison.Ordinal));
    }

    /// <summary>In an editor a referenced project has syntax, in a build it is an assembly: its calls are its own, and what it makes is made elsewhere.</summary>
    [Theory]
    [InlineData("client.CompleteChatAsync(text)", 1)]
    [InlineData("Library.Client.CompleteChatAsync(text)", 1)]
    [InlineData("Library.Limited(() => client.CompleteChatAsync(text))", 0)]
    public async Task Counts_the_calls_of_the_project_alone(string call, int findings)
    {
        var library = Compile("""
            public static class Library
            {
                public static OpenAI.Chat.ChatClient Client { get; } = new("m", "k");
                public static Task Ask(OpenAI.Chat.ChatClient client, CancellationToken ct) => client.CompleteChatAsync(["x"], cancellationToken: ct);
                public static Task Limited(Func<Task> call) => call().WaitAsync(TimeSpan.FromSeconds(9));
            }
            """, "Library");
        using var image = new MemoryStream();
        Assert.True(library.Emit(image).Success);
        foreach (MetadataReference reference in new MetadataReference[] { library.ToMetadataReference(), MetadataReference.CreateFromImage(image.ToArray()) })
        {
            var application = Compile($"class Answers(OpenAI.Chat.ChatClient client) {{ object Given => client; Task Ask(string text) => {call}; }}").AddReferences(reference);
            Assert.Empty(application.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
            Assert.Equal(findings, (await application.WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync()).Length);
        }
    }

    /// <summary>What a library's builder makes of may have an end, and the builder is here to see.</summary>
    [Theory]
    [InlineData("new Builder().With(\"m\").Build()", 0)]
    [InlineData("new Builder().With(\"m\").Parts.Build()", 0)]
    [InlineData("Built()", 0)]
    [InlineData("given.With(\"m\").Build()", 1)]
    public async Task Silent_when_a_builder_of_a_library_is_created_here(string client, int findings)
    {
        var library = Compile("""
            public class Builder
            {
                public Builder Parts => this;
                public Builder With(string model) => this;
                public OpenAI.Chat.ChatClient Build() => new("m", "k");
            }
            """, "Library");
        using var image = new MemoryStream();
        Assert.True(library.Emit(image).Success);
        var application = Compile($$"""
            class Answers(Builder given)
            {
                object Given => given;
                Task Ask(string text) => {{client}}.CompleteChatAsync(text);
                static OpenAI.Chat.ChatClient Built() { var builder = new Builder(); builder.With("m"); var client = builder.Build(); return client; }
            }
            """).AddReferences(MetadataReference.CreateFromImage(image.ToArray()));
        Assert.Empty(application.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.Equal(findings, (await application.WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync()).Length);
    }

    [Theory]
    [InlineData("client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.CompleteChatAsync(body, options)")]
    [InlineData("client.CompleteChatAsync(text)")]
    [InlineData("client.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9))")]
    [InlineData("Task.WhenAny(client.CompleteChatAsync(text), Task.Delay(1000))")]
    [InlineData("pipeline.ExecuteAsync(async _ => await client.CompleteChatAsync(text)).AsTask()")]
    public async Task Silent_when_one_of_the_calls_can_be_ended_or_may(string call) => Assert.Empty(await AnalyzeAsync($$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Answers(ChatClient client, Polly.ResiliencePipeline pipeline)
        {
            object Given => pipeline;
            Task A(string text) => client.CompleteChatAsync(text);
            Task B(string text, CancellationToken ct, BinaryContent body, RequestOptions options) => {{call}};
        }
        """));

    [Fact]
    public async Task Silent_when_the_construction_is_visible() => Assert.Empty(await AnalyzeAsync("""
        using OpenAI.Chat;

        class Answers
        {
            readonly ChatClient client = new("m", "k");
            Task A(string text) => client.CompleteChatAsync(text);
        }
        """));

    [Fact]
    public async Task Silent_when_a_factory_gives_the_registered_client_in_a_tuple() => Assert.Empty(await AnalyzeAsync("""
        using Microsoft.Extensions.DependencyInjection;
        using OpenAI;
        using OpenAI.Chat;
        using System.ClientModel;

        static class Setup
        {
            public static void Add(IServiceCollection services) => services.AddKeyedSingleton<ChatClient>(Provider.Vllm, (provider, key) =>
            {
                var client = new OpenAIClient(new ApiKeyCredential("k"), new OpenAIClientOptions { Endpoint = new Uri("https://a") });
                return client.GetChatClient("m");
            });
        }

        enum Provider { Vllm, Nvidia }
        class Model { public required string Name { get; set; } }

        interface IFactory { (ChatClient, Model) Get(); }

        class Factory(IServiceProvider services) : IFactory
        {
            public (ChatClient, Model) Get()
            {
                if (Enum.TryParse("Vllm", out Provider provider))
                {
                    var client = services.GetRequiredKeyedService<ChatClient>(provider);
                    return (client, new Model { Name = "m" });
                }

                throw new NotImplementedException();
            }
        }

        class Answers(IFactory factory)
        {
            async Task A(string text)
            {
                try
                {
                    (var client, Model model) = factory.Get();
                    await client.CompleteChatAsync(text);
                }
                catch (InvalidOperationException)
                {
                }
            }
        }
        """));

    /// <summary>Which of the calls go through it cannot be seen.</summary>
    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) })", 0)]
    [InlineData("new OpenAIClient(new ApiKeyCredential(\"k\"), options).GetChatClient(\"m\")", 0)]
    [InlineData("Timed()", 0)]
    [InlineData("new ChatClient(\"m\", \"k\")", 1)]
    public async Task Silent_when_a_client_is_constructed_with_a_timeout(string construction, int findings) => Assert.Equal(findings, (await AnalyzeAsync($$"""
        using System.ClientModel;
        using OpenAI;
        using OpenAI.Chat;

        class Clients(OpenAIClientOptions options)
        {
            public Dictionary<string, ChatClient> ByName { get; } = new();
            public void Add() => ByName["a"] = {{construction}};
            private OpenAIClientOptions Options => options;
            private static ChatClient Timed()
            {
                ChatClient client = {{(construction == "Timed()" ? "new(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(30) })" : "null!")}};
                return client;
            }
        }

        class Answers(Clients clients)
        {
            Task A(string text) => clients.ByName["a"].CompleteChatAsync(text);
        }
        """)).Count());

    [Fact]
    public async Task Silent_when_the_construction_is_visible_and_the_catalog_does_not_know_it() => Assert.Empty(await AnalyzeAsync("""
        class Answers(Microsoft.SemanticKernel.Kernel kernel)
        {
            Task A(string text) => new Microsoft.SemanticKernel.Agents.ChatCompletionAgent { Kernel = kernel }.InvokeAsync(text);
        }

        namespace Microsoft.SemanticKernel.Agents
        {
            class Agent { public Task InvokeAsync(string text, CancellationToken ct = default) => Task.CompletedTask; }
            class ChatCompletionAgent : Agent { public Kernel? Kernel { get; set; } }
        }
        """));

    [Fact]
    public async Task Silent_when_a_library_makes_the_client_of_one_that_is_constructed_here() => Assert.Empty(await AnalyzeAsync("""
        using Microsoft.Extensions.AI;
        using Microsoft.SemanticKernel.ChatCompletion;

        class Answers
        {
            private readonly IChatCompletionService service = new OpenAI.Chat.ChatClient("m", "k").AsIChatClient().AsChatCompletionService();

            public Task A(ChatHistory history) => service.GetChatMessageContentsAsync(history);
        }
        """));

    [Fact]
    public async Task Silent_when_the_client_is_a_class_of_this_code() => Assert.Empty(await AnalyzeAsync("""
        using Microsoft.Extensions.AI;

        class Index(string text)
        {
            private readonly Fake fake = new();

            public Task Add() => ((IChatClient)fake).GetResponseAsync(text);
        }

        class Fake : IChatClient
        {
            public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse());
            public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
            public object? GetService(Type serviceType, object? serviceKey = null) => null;
            public void Dispose() { }
        }
        """));

    [Theory]
    [MemberData(nameof(LocalModelCode.Calls), MemberType = typeof(LocalModelCode))]
    public Task Silent_when_the_model_runs_in_the_process(string statements) => SilentAsync(LocalModelCode.In(statements));

    [Fact]
    public async Task Silent_without_a_library_and_on_broken_code()
    {
        Assert.Empty(await AnalyzeAsync("class Application;"));
        Assert.DoesNotContain(await AnalyzeAsync("using OpenAI.Chat; class A(ChatClient c) { Task B() => c.CompleteChatAsync("), diagnostic => diagnostic.Id == "AD0001");
    }

    /// <summary>What is meant to make the client is there, and does not compile.</summary>
    [Theory]
    [InlineData("new OpenAIClient(\"k\").AsNothing(\"m\")")]
    [InlineData("new NothingClient(\"m\")")]
    public async Task Silent_where_the_construction_does_not_compile(string construction) => Assert.DoesNotContain(
        await AnalyzeAsync($$"""
            using Microsoft.Extensions.AI;
            using OpenAI;

            class Answers
            {
                private readonly IChatClient client = {{construction}};
                public Task Ask(string question) => client.GetResponseAsync(question);
            }
            """),
        diagnostic => diagnostic.Id == Id);

    private async Task<IEnumerable<Diagnostic>> AnalyzeAsync(string code) =>
        (await Compile(code).WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync())
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start);
}
