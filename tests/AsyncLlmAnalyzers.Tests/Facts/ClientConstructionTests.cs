using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Tests.Rules;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Tests.Catalog;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case is a way from a call to the construction of its client.</summary>
public class ClientConstructionTests
{
    private const string Ask = "/*call*/client.CompleteChatAsync(text)";

    [Theory]
    [InlineData("", "new ChatClient(\"m\", \"k\").CompleteChatAsync(text)")]
    [InlineData("", "Task.Run(() => { var client = new ChatClient(\"m\", \"k\"); return /*call*/client.CompleteChatAsync(text); })")]
    [InlineData("ChatClient client = new(\"m\", \"k\");", Ask)]
    [InlineData("readonly ChatClient? client = new(\"m\", \"k\");", "/*call*/client!.CompleteChatAsync(text)")]
    [InlineData("static readonly ChatClient client = new OpenAIClient(\"k\").GetChatClient(\"m\");", Ask)]
    [InlineData("ChatClient client { get; } = new(\"m\", \"k\");", Ask)]
    [InlineData("ChatClient client => new(\"m\", \"k\");", Ask)]
    [InlineData("ChatClient client { get { return new ChatClient(\"m\", \"k\"); } }", Ask)]
    [InlineData("ChatClient? made; ChatClient client => made ??= new ChatClient(\"m\", \"k\");", Ask)]
    [InlineData("readonly ChatClient client; public Subject() { client = new(\"m\", \"k\"); }", Ask)]
    [InlineData("readonly ChatClient client; public Subject() => this.client = new(\"m\", \"k\");", Ask)]
    [InlineData("readonly Lazy<ChatClient> lazy = new(() => new ChatClient(\"m\", \"k\"));", "/*call*/lazy.Value.CompleteChatAsync(text)")]
    [InlineData("readonly Lazy<ChatClient> lazy; public Subject() => lazy = new Lazy<ChatClient>(Create); static ChatClient Create() => new(\"m\", \"k\");", "/*call*/lazy.Value.CompleteChatAsync(text)")]
    [InlineData("ChatClient Create() { var client = new ChatClient(\"m\", \"k\"); return client; }", "/*call*/Create().CompleteChatAsync(text)")]
    [InlineData("static async Task<ChatClient> CreateAsync() { await Task.Yield(); return new(\"m\", \"k\"); } readonly ChatClient client; public Subject() { client = CreateAsync().GetAwaiter().GetResult(); }", "/*call*/(await CreateAsync()).CompleteChatAsync(text)")]
    [InlineData("readonly Func<ChatClient> create = () => new ChatClient(\"m\", \"k\");", "/*call*/create().CompleteChatAsync(text)")]
    [InlineData("ChatClient client = new(\"m\", \"k\");", "Inner(client, text); Task Inner(ChatClient c, string t) => /*call*/c.CompleteChatAsync(t)")]
    [InlineData("ChatClient client = new(\"m\", \"k\"); Task Inner(ChatClient c, string t) => /*call*/c.CompleteChatAsync(t);", "Inner(client, text)")]
    [InlineData("IChatClient client = new ChatClient(\"m\", \"k\").AsIChatClient();", "/*call*/client.GetResponseAsync(text)")]
    [InlineData("IChatClient client = new ChatClient(\"m\", \"k\").AsIChatClient().AsBuilder().UseFunctionInvocation().UseLogging().Build();", "/*call*/client.GetResponseAsync(text)")]
    [InlineData("IChatClient client = new ChatClientBuilder(new ChatClient(\"m\", \"k\").AsIChatClient()).Build();", "/*call*/client.GetResponseAsync(text)")]
    [InlineData("IChatClient client = new Own(new ChatClient(\"m\", \"k\").AsIChatClient()); class Own(IChatClient inner) : DelegatingChatClient(inner);", "/*call*/client.GetResponseAsync(text)")]
    [InlineData("IChatClient client = new Own(\"n\", new ChatClient(\"m\", \"k\").AsIChatClient()); class Own(string name, IChatClient inner) : DelegatingChatClient(inner) { public string Name => name; }", "/*call*/client.GetResponseAsync(text)")]
    [InlineData("readonly ChatClient client = Environment.MachineName is \"a\" ? new(\"m\", \"k\") : new(\"n\", \"k\");", Ask)]
    public void Known_with_the_sdks_defaults(string members, string call)
    {
        var client = Subject(members, call).Origin.Only;
        Assert.NotNull(client);
        Assert.Equal((SettingSource.Unset, SettingSource.Unset), (client.Timeout.Source, client.Retry.Source));
        Assert.Equal(TimeSpan.FromSeconds(400), client.WorstCase);
        Assert.True(client.RetriesWithoutDelay);
    }

    /// <summary>The parameter of a record declares two variables, which are not given the same values.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Tells_the_parameter_of_a_record_from_its_property(int first, int second)
    {
        var subject = new FactSubject("""
            record Subject(ChatClient Client)
            {
                private readonly Task first = Client.CompleteChatAsync("x");
                public Task Ask(string text) => /*call*/Client.CompleteChatAsync(text);
                public static Subject Create() => new(new ChatClient("m", "k"));
            }
            """);
        var calls = subject.Context.Names.Invocations("CompleteChatAsync", default).OrderBy(call => call.Syntax.SpanStart).ToList();
        var found = new int[2];
        foreach (var call in new[] { first, second })
            found[call] = ClientOrigins.Of(calls[call], subject.Context, default).All.Length;
        Assert.Equal([1, 0], found);
    }

    [Theory]
    [InlineData("readonly ChatClient client = Environment.MachineName is \"a\" ? new(\"m\", \"k\") : new(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(1) });", "its client is one of several")]
    [InlineData("readonly ChatClient client; public Subject(ChatClient client) => this.client = client;", "its client comes from elsewhere")]
    [InlineData("readonly IChatClient client; public Subject(IChatClient client) => this.client = client ?? new ChatClient(\"m\", \"k\").AsIChatClient();", "its client comes from elsewhere")]
    public void Says_why_it_is_not_known(string members, string whence)
    {
        var origin = Subject(members, members.Contains("IChatClient") ? "/*call*/client.GetResponseAsync(text)" : Ask).Origin;
        Assert.Null(origin.Only);
        Assert.Equal(whence, origin.Whence);
    }

    [Theory]
    [InlineData("var (client, name) = (new ChatClient(\"m\", \"k\"), text);", "client")]
    [InlineData("var (client, _) = Create();", "client")]
    [InlineData("ChatClient client; (client, var n) = await CreateAsync();", "client")]
    public void Taken_out_of_a_tuple(string setup, string client) => Assert.NotNull(new FactSubject($$"""
        class Subject
        {
            async Task Run(string text) { await Task.Yield(); {{setup}} await /*call*/{{client}}.CompleteChatAsync(text); }

            static (ChatClient Client, string Name) Create() { var client = new ChatClient("m", "k"); return (client, "n"); }

            static async Task<(ChatClient Client, string Name)> CreateAsync() { await Task.Yield(); return Create(); }
        }
        """).Origin.Only);

    [Theory]
    [InlineData("IChatClient client = new Own();", true)]
    [InlineData("IChatClient client = new Own().AsBuilder().UseLogging().Build();", true)]
    [InlineData("Own client = Given<Own>();", true)]
    [InlineData("IChatClient client = Given<IChatClient>();", false)]
    [InlineData("IChatClient client = new Wrapping(Given<IChatClient>());", false)]
    [InlineData("IChatClient client = new ChatClient(\"m\", \"k\").AsIChatClient();", false)]
    public void Answers_by_itself_when_it_is_a_class_of_this_code(string setup, bool isOwn)
    {
        var origin = new FactSubject($$"""
            class Subject
            {
                Task Run(string text) { {{setup}} return /*call*/client.GetResponseAsync(text); }

                static T Given<T>() => throw new NotSupportedException();
            }

            class Wrapping(IChatClient inner) : DelegatingChatClient(inner);

            class Own : IChatClient
            {
                public Task<ChatResponse> GetResponseAsync(IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse());
                public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
                public object? GetService(Type serviceType, object? serviceKey = null) => null;
                public void Dispose() { }
            }
            """).Origin;
        Assert.Equal(isOwn, origin.IsOwn);
        Assert.Equal(isOwn, origin.IsOwn && origin.Only is null);
    }

    /// <summary>In an editor a referenced project is a compilation whose classes have syntax; in a build it is an assembly.</summary>
    [Fact]
    public void Is_not_a_class_of_this_code_when_it_is_one_of_another_project()
    {
        var library = RuleTests.Compile("""
            using Microsoft.Extensions.AI;

            public class Client : IChatClient
            {
                public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse());
                public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
                public object? GetService(Type serviceType, object? serviceKey = null) => null;
                public void Dispose() { }
            }
            """, "Library");
        var origin = new FactSubject([.. HostReferences.All, library.ToMetadataReference()], "class Subject(Client client) { Task Run(string text) => /*call*/client.GetResponseAsync(text); }").Origin;
        Assert.Equal((false, false), (origin.IsOwn, origin.IsComplete));
    }

    [Theory]
    [InlineData("readonly ChatClient client; public Subject(ChatClient client) => this.client = client;", Ask)]
    [InlineData("public required ChatClient client { get; set; }", Ask)]
    [InlineData("public ChatClient client { get; set; } = new(\"m\", \"k\");", Ask)]
    [InlineData("public Task Inner(ChatClient c, string t) => /*call*/c.CompleteChatAsync(t); ChatClient client = new(\"m\", \"k\");", "Inner(client, text)")]
    [InlineData("readonly ChatClient client; public Subject(IServiceProvider services) => client = services.GetRequiredService<ChatClient>();", Ask)]
    [InlineData("readonly ChatClient client; public Subject(OpenAIClient factory) => client = factory.GetChatClient(\"m\");", Ask)]
    [InlineData("ChatClient? client; Subject(ChatClient given) { client = given ?? new(\"m\", \"k\"); }", "/*call*/client!.CompleteChatAsync(text)")]
    [InlineData("readonly ChatClient client = Environment.MachineName is \"a\" ? new(\"m\", \"k\") : new(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(5) });", Ask)]
    public void Unknown_when_it_comes_from_elsewhere_or_differs(string members, string call) => Assert.Null(Subject(members, call).Origin.Only);

    [Theory]
    [InlineData("new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) }", "Set 00:00:30", "Unset", 120)]
    [InlineData("new() { NetworkTimeout = TimeSpan.FromMinutes(2), RetryPolicy = new ClientRetryPolicy(1) }", "Set 00:02:00", "Set 1", 240)]
    [InlineData("new() { RetryPolicy = new ClientRetryPolicy() }", "Unset", "Set 3", 400)]
    [InlineData("new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) }", "Unset", "Off 0", 100)]
    [InlineData("new() { RetryPolicy = ClientRetryPolicy.Default }", "Unset", "Unset", 400)]
    [InlineData("new() { RetryPolicy = new Own() }", "Unset", "Set", null)]
    [InlineData("new() { NetworkTimeout = Timeout.InfiniteTimeSpan }", "Off -00:00:00.0010000", "Unset", null)]
    [InlineData("new() { NetworkTimeout = TimeSpan.FromSeconds(Environment.ProcessorCount) }", "Set", "Unset", null)]
    [InlineData("new() { NetworkTimeout = null }", "Unset", "Unset", 400)]
    [InlineData("new() { NetworkTimeout = limit }", "Set 00:00:20", "Unset", 80)]
    [InlineData("new() { Endpoint = new Uri(\"http://localhost\") }", "Unset", "Unset", 400)]
    [InlineData("null", "Unset", "Unset", 400)]
    [InlineData("Options()", "Set 00:00:10", "Unset", 40)]
    [InlineData("shared", "Set 00:00:15", "Off 0", 15)]
    [InlineData("Perhaps(text)", "Set", "Set", null)]
    [InlineData("Environment.MachineName is \"a\" ? new OpenAIClientOptions { Endpoint = new Uri(\"https://a\") } : null", "Unset", "Unset", 400)]
    [InlineData("Environment.MachineName is \"a\" ? new OpenAIClientOptions { NetworkTimeout = limit } : null", "Unknown", "Unknown", null)]
    [InlineData("Environment.MachineName is \"a\" ? given : null", "Unknown", "Unknown", null)]
    [InlineData("given", "Unknown", "Unknown", null)]
    [InlineData("bound", "Unknown", "Unknown", null)]
    [InlineData("new() { Transport = new HttpClientPipelineTransport(new HttpClient { Timeout = TimeSpan.FromSeconds(9) }) }", "Set 00:00:09", "Unset", 36)]
    [InlineData("new() { Transport = new HttpClientPipelineTransport(http) }", "Unknown", "Unset", null)]
    [InlineData("new() { Transport = new HttpClientPipelineTransport(new HttpClient { Timeout = Timeout.InfiniteTimeSpan }) }", "Unset", "Unset", 400)]
    [InlineData("new() { NetworkTimeout = TimeSpan.FromSeconds(7), Transport = new HttpClientPipelineTransport(new HttpClient { Timeout = Timeout.InfiniteTimeSpan }) }", "Set 00:00:07", "Unset", 28)]
    public void Options_are_followed(string options, string timeout, string retry, int? worstCase)
    {
        var client = new FactSubject($$"""
            class Subject(OpenAIClientOptions given, HttpClient http)
            {
                static readonly TimeSpan limit = TimeSpan.FromSeconds(20);

                static readonly OpenAIClientOptions shared = Shared();

                readonly OpenAIClientOptions bound = Bound();

                Task Run(string text)
                {
                    var client = new ChatClient("m", new ApiKeyCredential("k"), {{options}});
                    return /*call*/client.CompleteChatAsync(text);
                }

                static OpenAIClientOptions Options()
                {
                    var options = new OpenAIClientOptions();
                    options.NetworkTimeout = TimeSpan.FromSeconds(10);
                    return options;
                }

                static OpenAIClientOptions Shared() { OpenAIClientOptions options = new() { NetworkTimeout = TimeSpan.FromSeconds(15) }; options.RetryPolicy = new ClientRetryPolicy(0); return options; }

                static OpenAIClientOptions Perhaps(string text)
                {
                    var options = new OpenAIClientOptions();
                    if (text.Length > 0)
                        options.RetryPolicy = new ClientRetryPolicy(0);
                    switch (text) { case "": options.NetworkTimeout = Timeout.InfiniteTimeSpan; break; }
                    return options;
                }

                static OpenAIClientOptions Bound() { OpenAIClientOptions options = new(); Fill(options); return options; }

                static void Fill(object options) { }

                class Own : ClientRetryPolicy;
            }
            """).Origin.Only!;
        Assert.Equal(timeout, $"{client.Timeout.Source} {client.Timeout.Value}".TrimEnd());
        Assert.Equal(retry, $"{client.Retry.Source} {client.Retry.Count}".TrimEnd());
        Assert.Equal(worstCase, (int?)client.WorstCase?.TotalSeconds);
    }

    [Theory]
    [InlineData("new AnthropicClient()", 30, 3)]
    [InlineData("new AnthropicClient { MaxRetries = 0 }", 30, 1)]
    [InlineData("new AnthropicClient { Timeout = TimeSpan.FromSeconds(7), MaxRetries = 5 }", 7, 6)]
    [InlineData("new AnthropicClient(new Anthropic.Core.ClientOptions { Timeout = TimeSpan.FromSeconds(8) })", 8, 3)]
    [InlineData("new AnthropicClient { MaxRetries = 5 }.WithOptions(o => o with { MaxRetries = 1 })", 30, 2)]
    [InlineData("new AnthropicClient().WithOptions(o => o with { Timeout = TimeSpan.FromSeconds(9) }).WithOptions(o => o with { MaxRetries = 0 })", 9, 1)]
    public void Anthropics_properties_and_WithOptions(string client, int seconds, int attempts)
    {
        var construction = Subject($"readonly IAnthropicClient client = {client};", "/*call*/client.Messages.Create(null!)").Origin.Only!;
        Assert.Equal((TimeSpan.FromSeconds(seconds), attempts), (construction.AttemptTimeout, construction.Attempts));
    }

    [Theory]
    [InlineData("services.AddSingleton(new ChatClient(\"m\", \"k\"));", "ChatClient")]
    [InlineData("services.AddSingleton(sp => new ChatClient(\"m\", \"k\"));", "ChatClient")]
    [InlineData("services.AddSingleton<ChatClient>(sp => { return new OpenAIClient(\"k\").GetChatClient(\"m\"); });", "ChatClient")]
    [InlineData("services.AddSingleton(new OpenAIClient(\"k\")); services.AddTransient(sp => sp.GetRequiredService<OpenAIClient>().GetChatClient(\"m\"));", "ChatClient")]
    [InlineData("services.AddChatClient(new ChatClient(\"m\", \"k\").AsIChatClient()).UseLogging();", "IChatClient")]
    [InlineData("services.AddChatClient(sp => new ChatClient(\"m\", \"k\").AsIChatClient());", "IChatClient")]
    [InlineData("services.AddSingleton<IChatClient>(sp => new ChatClient(\"m\", \"k\").AsIChatClient());", "IChatClient")]
    public void Registered_for_injection(string registration, string type)
    {
        var call = type == "ChatClient" ? "client.CompleteChatAsync(text)" : "client.GetResponseAsync(text)";
        Assert.Equal(TimeSpan.FromSeconds(400), new FactSubject(
            $"class Subject({type} client) {{ Task Run(string text) => /*call*/{call}; }}",
            $"static class Setup {{ static void Add(IServiceCollection services) {{ {registration} }} }}").Origin.Only?.WorstCase);
    }

    [Fact]
    public void Options_of_another_type_in_another_version_are_followed_too()
    {
        var references = HostReferences.All.Select(reference => Path.GetFileName(reference.Display) == "OpenAI.dll" ? Packages.Reference("OpenAI", "2.1.0", "net6.0", "OpenAI") : reference);
        var client = new FactSubject(references, """
            using OpenAI.Assistants;

            class Subject
            {
                readonly AssistantClient client = new(new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(9), RetryPolicy = new ClientRetryPolicy(1) });

                Task Run(string text) => /*call*/client.CreateRunAsync(text, text);
            }
            """).Origin.Only!;
        Assert.Equal((TimeSpan.FromSeconds(9), 2), (client.AttemptTimeout, client.Attempts));
    }

    [Fact]
    public void Settings_bound_to_configuration_are_unknown()
    {
        var client = Subject("ChatClient client = new(Bound()); static ChatClientSettings Bound() => new();", Ask).Origin.Only!;
        Assert.Equal((SettingSource.Unknown, SettingSource.Unknown), (client.Timeout.Source, client.Retry.Source));
    }

    [Fact]
    public void Injected_into_an_endpoint() => Assert.NotNull(new FactSubject(
        """
        var services = new ServiceCollection();
        services.AddSingleton(new ChatClient("m", "k"));
        Host.MapPost("/", (ChatClient client, string text) => /*call*/client.CompleteChatAsync(text));

        static class Host { public static void MapPost(string path, Delegate run) { } }
        """).Origin.Only);

    [Fact]
    public void Registered_nowhere() => Assert.Null(new FactSubject("class Subject(ChatClient client) { Task Run(string text) => /*call*/client.CompleteChatAsync(text); }").Origin.Only);

    [Theory]
    [InlineData("var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion(\"m\", \"k\").Build();", "/*call*/kernel.InvokePromptAsync(text)")]
    [InlineData("var builder = Kernel.CreateBuilder(); builder.AddOpenAIChatCompletion(\"m\", \"k\"); var kernel = builder.Build();", "/*call*/kernel.InvokePromptAsync(text)")]
    [InlineData("var builder = Kernel.CreateBuilder(); builder.Services.AddOpenAIChatCompletion(\"m\", \"k\"); var chat = builder.Build().GetRequiredService<IChatCompletionService>();", "/*call*/chat.GetChatMessageContentAsync(text)")]
    public void Semantic_Kernels_builder_switches_the_retries_off(string setup, string call)
    {
        var client = new FactSubject($"var text = \"\"; {setup} await {call};").Origin.Only!;
        Assert.Equal("AddOpenAIChatCompletion", client.Name);
        Assert.True(client.HasNoRetries);
        Assert.Equal(TimeSpan.FromSeconds(100), client.WorstCase);
    }

    [Fact]
    public void Semantic_Kernel_keeps_the_settings_of_a_client_it_is_given() => Assert.True(new FactSubject("""
        var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("m", new OpenAIClient("k")).Build();
        await /*call*/kernel.InvokePromptAsync("");
        """).Origin.Only!.RetriesWithoutDelay);

    [Theory]
    [InlineData("new OpenAIChatCompletionService(\"m\", \"k\")", "Unset", "Unset", 400)]
    [InlineData("new OpenAIChatCompletionService(\"m\", \"k\", httpClient: null)", "Unset", "Unset", 400)]
    [InlineData("new OpenAIChatCompletionService(\"m\", \"k\", httpClient: new HttpClient())", "Unset", "Off 0", 100)]
    [InlineData("new OpenAIChatCompletionService(\"m\", \"k\", httpClient: new HttpClient { Timeout = TimeSpan.FromMinutes(9) })", "Set 00:09:00", "Off 0", 540)]
    [InlineData("new OpenAIChatCompletionService(\"m\", \"k\", httpClient: given)", "Unknown", "Unknown", null)]
    [InlineData("new OpenAIChatCompletionService(\"m\", new OpenAIClient(new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(1) }))", "Unset", "Set 1", 200)]
    public void Semantic_Kernels_services_leave_all_to_an_HttpClient_they_are_given(string construction, string timeout, string retry, int? worstCase)
    {
        var client = new FactSubject($$"""
            using Microsoft.SemanticKernel.Connectors.OpenAI;

            class Subject(HttpClient given)
            {
                readonly IChatCompletionService chat = {{construction}};

                public HttpClient Given => given;

                Task Run(string text) => /*call*/chat.GetChatMessageContentAsync(text);
            }
            """).Origin.Only!;
        Assert.Equal(timeout, $"{client.Timeout.Source} {client.Timeout.Value}".TrimEnd());
        Assert.Equal(retry, $"{client.Retry.Source} {client.Retry.Count}".TrimEnd());
        Assert.Equal(worstCase, (int?)client.WorstCase?.TotalSeconds);
    }

    [Fact]
    public void Semantic_Kernels_builder_takes_a_client_from_the_container_where_it_is_given_none() => Assert.Null(new FactSubject("""
        var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("m").Build();
        await /*call*/kernel.InvokePromptAsync("");
        """).Origin.Only);

    [Theory]
    [InlineData("new OllamaSharp.OllamaApiClient(\"http://localhost:11434\")", true)]
    [InlineData("new OllamaSharp.OllamaApiClient(new Uri(Environment.MachineName))", true)]
    [InlineData("new OllamaSharp.OllamaApiClient(\"https://ollama.example\")", false)]
    public void An_Ollama_server_is_ones_own_unless_its_address_says_otherwise(string construction, bool isLocal) =>
        Assert.Equal(isLocal, Subject($"IChatClient client = {construction};", "/*call*/client.GetResponseAsync(text)").Origin.Only!.IsLocal);

    /// <summary>One kernel holds clients of several services.</summary>
    [Theory]
    [InlineData("kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync(\"\")", "AddOpenAIChatCompletion")]
    [InlineData("kernel.GetRequiredService<ITextEmbeddingGenerationService>().GenerateEmbeddingsAsync([])", "AddOpenAITextEmbeddingGeneration")]
    [InlineData("kernel.GetRequiredService<IChatClient>().GetResponseAsync(\"\")", "AddOpenAIChatCompletion")]
    public void A_service_of_a_kernel_is_what_was_registered_for_it(string call, string name) => Assert.Equal(name, new FactSubject($$"""
        #pragma warning disable CS0618, SKEXP0001, SKEXP0010
        using Microsoft.SemanticKernel.Embeddings;
        var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("m", "k").AddOpenAITextEmbeddingGeneration("e", "k").Build();
        await /*call*/{{call}};
        """).Origin.Only!.Name);

    [Theory]
    [InlineData("readonly ChatClient client = new(\"m\", \"k\");", Ask, "new")]
    [InlineData("readonly ChatClient client = new OpenAI.Chat.ChatClient(\"m\", \"k\");", Ask, "ChatClient")]
    [InlineData("readonly ChatClient client = new OpenAIClient(\"k\").GetChatClient(\"m\");", Ask, "OpenAIClient")]
    public void Stands_at_the_name_of_what_is_constructed(string members, string call, string name) =>
        Assert.Equal(name, FactSubject.TextOf(Subject(members, call).Origin.Only!.Location));

    private static FactSubject Subject(string members, string call) => new(
        $$"""
        class Subject
        {
            {{members}}

            async Task Run(string text)
            {
                await Task.Yield();
                await {{(call.Contains("/*call*/", StringComparison.Ordinal) || members.Contains("/*call*/", StringComparison.Ordinal) ? call : "/*call*/" + call)}};
            }
        }
        """);
}
