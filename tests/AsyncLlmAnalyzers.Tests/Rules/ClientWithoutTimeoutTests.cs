using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class ClientWithoutTimeoutTests() : RuleTests("ALLM3003")
{
    protected override string Example => ClientCode.Default;

    [Theory]
    [InlineData("new [|ChatClient|](\"m\", \"k\")")]
    [InlineData("[|new|](\"m\", \"k\")")]
    [InlineData("[|new|](model: \"m\", apiKey: \"k\")")]
    [InlineData("new OpenAI.Chat.[|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), null)")]
    [InlineData("new [|OpenAIClient|](\"k\").GetChatClient(\"m\")")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(4) })")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { Endpoint = new Uri(\"http://localhost\") })")]
    public Task Reports_a_client_with_the_defaults(string construction) => ReportsAsync(ClientCode.Field(construction));

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = Timeout.InfiniteTimeSpan })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(1) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new Own() })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient { Timeout = TimeSpan.FromSeconds(30) }) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), Configured())")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), Bound())")]
    public Task Silent_with_a_timeout_fewer_attempts_or_options_that_cannot_be_seen(string construction) => SilentAsync(ClientCode.Field(construction));

    [Theory]
    [MemberData(nameof(ClientCode.Configured), MemberType = typeof(ClientCode))]
    public Task Silent_when_the_options_are_bound_to_configuration(string construction) => SilentAsync(ClientCode.Field(construction));

    [Fact]
    public Task Silent_when_a_handler_of_the_client_ends_its_calls() => SilentAsync(
        ClientCode.Field("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(new Ending())) })") + Ending);

    [Fact]
    public Task Silent_when_the_options_are_injected() => SilentAsync("""
        using OpenAI;
        using OpenAI.Chat;

        class Answers(OpenAIClientOptions options)
        {
            private readonly ChatClient client = new("gpt-5", new System.ClientModel.ApiKeyCredential("key"), options);

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """);

    [Theory]
    [InlineData("class Answers(ChatClient client) { public Answers() : this(new [|ChatClient|](\"m\", \"k\")) { } public Task Ask(string question) => client.CompleteChatAsync(question); }")]
    [InlineData("class Asking(ChatClient client) { public Task Ask(string question) => client.CompleteChatAsync(question); } class Answers() : Asking(new [|ChatClient|](\"m\", \"k\"));")]
    [InlineData("class Asking(ChatClient client) { public Task Ask(string question) => client.CompleteChatAsync(question); } class Answers : Asking { public Answers() : base(new [|ChatClient|](\"m\", \"k\")) { } }")]
    [InlineData("class Asking(ChatClient client) { public Task Ask(string question) => client.CompleteChatAsync(question); } class Answers(ChatClient client) : Asking(client) { public Answers() : this(new [|ChatClient|](\"m\", \"k\")) { } }")]
    [InlineData("class Answers { readonly ChatClient client; Answers(ChatClient client) => this.client = client; public Answers(string key) : this(new [|ChatClient|](\"m\", key)) { } public Task Ask(string question) => client.CompleteChatAsync(question); }")]
    [InlineData("class Answers(ChatClient client) { public Answers() : this(new ChatClient(\"m\", \"k\")) { } public object Client => client; }")]
    public Task Follows_a_client_that_one_constructor_passes_to_another(string classes) => ReportsAsync("using OpenAI.Chat;\n\n" + classes + "\n");

    [Fact]
    public Task Does_not_lose_its_way_in_what_hundreds_of_classes_hand_to_their_base() => ReportsAsync($$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using OpenAI;
        using OpenAI.Chat;

        abstract class BaseTest(TextWriter output)
        {
            protected TextWriter Output { get; } = output;
        }

        class Logging(HttpMessageHandler inner, TextWriter output) : DelegatingHandler(inner)
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
            {
                output.WriteLine(request);
                return base.SendAsync(request, ct);
            }
        }

        class Answers(TextWriter output) : BaseTest(output)
        {
            public Task Ask(string question)
            {
                var http = new HttpClient(new Logging(new HttpClientHandler(), this.Output));
                var client = new [|ChatClient|]("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) });
                return client.CompleteChatAsync(question);
            }
        }

        {{string.Join("\n", Enumerable.Range(1, 300).Select(i => $"class Test{i}(TextWriter output) : BaseTest(output);"))}}
        """);

    [Fact]
    public Task Silent_without_a_call_in_the_compilation() => SilentAsync("""
        using OpenAI.Chat;

        public static class Clients
        {
            public static ChatClient Chat { get; } = new("gpt-5", "key");
        }
        """);

    [Theory]
    [InlineData("client.CompleteChatAsync(question).WaitAsync(TimeSpan.FromSeconds(20))")]
    [InlineData("Limited(ct => client.CompleteChatAsync([question], cancellationToken: ct))")]
    [InlineData("client.CompleteChatAsync([question], cancellationToken: new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token)")]
    public Task Silent_when_every_call_has_a_time_limit(string call) => SilentAsync($$"""
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new("gpt-5", "key");

            public Task Ask(string question) => {{call}};

            private static async Task Limited(Func<CancellationToken, Task> call)
            {
                using var source = new CancellationTokenSource();
                source.CancelAfter(20_000);
                await call(source.Token);
            }
        }
        """);

    /// <summary>The time may be chosen further out, and reach the call by a token that is linked or handed in.</summary>
    [Theory]
    [InlineData("var timed = new CancellationTokenSource(TimeSpan.FromSeconds(20)); var linked = CancellationTokenSource.CreateLinkedTokenSource(timed.Token, outer); await AskAsync(question, linked.Token);", "")]
    [InlineData("var timed = new CancellationTokenSource(20_000); await Again(question, timed.Token); Task Again(string text, CancellationToken token) => AskAsync(text, token);", "")]
    [InlineData("var timed = new CancellationTokenSource(20_000); await AskAsync(question, timed.Token);", "var slow = new CancellationTokenSource(); slow.CancelAfter(60_000); await AskAsync(question, slow.Token);")]
    public Task Silent_when_every_caller_hands_in_a_token_with_a_time(string caller, string other) => SilentAsync(HandedIn("ChatClient", caller, other));

    [Theory]
    [InlineData("await AskAsync(question, outer);", "")]
    [InlineData("var linked = CancellationTokenSource.CreateLinkedTokenSource(outer); await AskAsync(question, linked.Token);", "")]
    [InlineData("var timed = new CancellationTokenSource(20_000); await AskAsync(question, timed.Token);", "await AskAsync(question, outer);")]
    [InlineData("var timed = new CancellationTokenSource(20_000); await AskAsync(question, timed.Token);", "await AskAsync(question);")]
    public Task Reports_when_a_caller_hands_in_another(string caller, string other) => ReportsAsync(HandedIn("[|ChatClient|]", caller, other));

    private static string HandedIn(string type, string caller, string other) => $$"""
        using OpenAI.Chat;

        class Answers
        {
            public async Task One(string question, CancellationToken outer) { {{caller}} }
            public async Task Two(string question, CancellationToken outer) { {{other}} }

            private static async Task AskAsync(string question, CancellationToken cancellationToken = default)
            {
                var client = new {{type}}("m", "k");
                await client.CompleteChatAsync([question], cancellationToken: cancellationToken);
            }
        }
        """;

    [Theory]
    [InlineData("var client = new AnthropicClient(); await client.Messages.Create(null!);")]
    [InlineData("var client = new OllamaSharp.OllamaApiClient(\"http://localhost:11434\"); await foreach (var x in client.GenerateAsync(new())) { }")]
    [InlineData("var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion(\"m\", \"k\").Build(); await kernel.InvokePromptAsync(\"\");")]
    public Task Silent_where_the_default_ends_a_call_soon_enough(string statements) => SilentAsync($$"""
        /* top-level */
        using Anthropic;
        using Microsoft.SemanticKernel;

        {{statements}}
        """);

    [Fact]
    public Task Limit_is_an_option() => ReportsAsync(
        """
        /* top-level */
        using Microsoft.SemanticKernel;

        var kernel = Kernel.CreateBuilder().[|AddOpenAIChatCompletion|]("m", "k").Build();
        await kernel.InvokePromptAsync("");
        """,
        ("async_llm.timeout_seconds", "60"));

    [Theory]
    [InlineData("ChatClient client = new [|ChatClient|](\"m\", key);", "ChatClient client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("ChatClient client = [|new|](\"m\", /* mine */ key);", "ChatClient client = new(\"m\", /* mine */ new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("ChatClient client = [|new|](model: \"m\", apiKey: key);", "ChatClient client = new(model: \"m\", credential: new ApiKeyCredential(key), options: new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("var client = new [|ChatClient|](\"m\", new ApiKeyCredential(key));", "var client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("var client = new [|OpenAIClient|](key).GetChatClient(\"m\");", "var client = new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) }).GetChatClient(\"m\");")]
    [InlineData("var client = new [|ChatClient|](\"m\", new ApiKeyCredential(key), null);", "var client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("var client = new [|ChatClient|](\"m\", new ApiKeyCredential(key), new() { RetryPolicy = new ClientRetryPolicy(4) });", "var client = new ChatClient(\"m\", new ApiKeyCredential(key), new() { RetryPolicy = new ClientRetryPolicy(4), NetworkTimeout = TimeSpan.FromSeconds(120) });")]
    [InlineData("var client = new [|AzureOpenAIClient|](new Uri(\"https://a\"), new ApiKeyCredential(key)).GetChatClient(\"m\");", "var client = new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(key), new AzureOpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }).GetChatClient(\"m\");")]
    [InlineData("ChatClient client = new [|ChatClient|](\"m\", Environment.GetEnvironmentVariable(\"K\")!);", "ChatClient client = new ChatClient(\"m\", new ApiKeyCredential(Environment.GetEnvironmentVariable(\"K\")!), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("ChatClient client = new [|ChatClient|](\"m\", Environment.GetEnvironmentVariable(\"K\"));", "ChatClient client = new ChatClient(\"m\", new ApiKeyCredential(Environment.GetEnvironmentVariable(\"K\")!), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });")]
    [InlineData("AzureOpenAIClient azure = [|new|](credential: new ApiKeyCredential(key), endpoint: new Uri(\"https://a\")); var client = azure.GetChatClient(\"m\");", "AzureOpenAIClient azure = new(credential: new ApiKeyCredential(key), endpoint: new Uri(\"https://a\"), options: new AzureOpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }); var client = azure.GetChatClient(\"m\");")]
    public Task Fix_sets_the_options(string statement, string fixedStatement) => FixesAsync(Local(statement), Local(fixedStatement));

    [Fact]
    public Task Fix_edits_the_options_where_they_are_made() => FixesAsync(
        Local("""
            var options = new OpenAIClientOptions
            {
                Endpoint = new Uri("https://proxy"), // ours
            };
            options.OrganizationId = "o";
            var client = new [|ChatClient|]("m", new ApiKeyCredential(key), options);
            """),
        Local("""
            var options = new OpenAIClientOptions
            {
                Endpoint = new Uri("https://proxy"), // ours
                NetworkTimeout = TimeSpan.FromSeconds(120),
                RetryPolicy = new ClientRetryPolicy(maxRetries: 3),
            };
            options.OrganizationId = "o";
            var client = new ChatClient("m", new ApiKeyCredential(key), options);
            """));

    [Fact]
    public Task Fix_edits_both_options_of_a_choice() => FixesAsync(
        Local("""
            var options = key.Length > 3 ? new OpenAIClientOptions { Endpoint = new Uri("https://proxy") /* ours */ } : null;
            var client = new [|ChatClient|]("m", new ApiKeyCredential(key), options);
            """),
        Local("""
            var options = key.Length > 3 ? new OpenAIClientOptions { Endpoint = new Uri("https://proxy") /* ours */, NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) } : new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) };
            var client = new ChatClient("m", new ApiKeyCredential(key), options);
            """));

    [Fact]
    public Task Fix_edits_a_choice_in_the_argument() => FixesAsync(
        Local("var client = new [|AzureOpenAIClient|](new Uri(\"https://a\"), new ApiKeyCredential(key), key.Length > 3 ? default : new() { UserAgentApplicationId = key }).GetChatClient(\"m\");"),
        Local("var client = new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(key), key.Length > 3 ? new AzureOpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) } : new() { UserAgentApplicationId = key, NetworkTimeout = TimeSpan.FromSeconds(120) }).GetChatClient(\"m\");"));

    [Fact]
    public Task Fix_imports_what_it_names() => FixesAsync(
        Example,
        """
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI;
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new ChatClient("gpt-5", new ApiKeyCredential("key"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """);

    [Theory]
    [InlineData("var client = new [|ChatClient|](\"m\", key);", "var client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }.UseThrottle(new LlmThrottle()));")]
    [InlineData("var throttle = new LlmThrottle(); var client = new [|ChatClient|](\"m\", key);", "var throttle = new LlmThrottle(); var client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }.UseThrottle(throttle));")]
    [InlineData("var client = new [|ChatClient|](\"m\", new ApiKeyCredential(key), new() { OrganizationId = \"o\" });", "var client = new ChatClient(\"m\", new ApiKeyCredential(key), new OpenAIClientOptions { OrganizationId = \"o\", NetworkTimeout = TimeSpan.FromSeconds(120) }.UseThrottle(new LlmThrottle()));")]
    public Task Fix_puts_the_runtimes_throttle_in_the_place_of_the_retries(string statement, string fixedStatement) => FixesAsync(
        "using AsyncLlm;\n" + Local(statement), "using AsyncLlm;\n" + Local(fixedStatement), withRuntime: true);

    [Fact]
    public Task Fix_imports_the_runtime() => FixesAsync(
        Example,
        """
        using System.ClientModel;
        using AsyncLlm;
        using OpenAI;
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new ChatClient("gpt-5", new ApiKeyCredential("key"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }.UseThrottle(new LlmThrottle()));

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """,
        withRuntime: true);

    [Fact]
    public Task Fix_writes_the_timeout_of_the_option() => FixesAsync(
        Local("var client = new [|AzureOpenAIClient|](new Uri(\"https://a\"), new ApiKeyCredential(key)).GetChatClient(\"m\");"),
        Local("var client = new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(key), new AzureOpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(45) }).GetChatClient(\"m\");"),
        options: ("async_llm.attempt_timeout_seconds", "45"));

    /// <summary>Written down, the SDK's own timeout would only hide that nothing has changed.</summary>
    [Fact]
    public Task Offers_no_fix_that_sets_the_SDKs_default() => FixesAsync(
        Local("var client = new [|AzureOpenAIClient|](new Uri(\"https://a\"), new ApiKeyCredential(key)).GetChatClient(\"m\");"),
        Local("var client = new [|AzureOpenAIClient|](new Uri(\"https://a\"), new ApiKeyCredential(key)).GetChatClient(\"m\");"),
        options: ("async_llm.attempt_timeout_seconds", "100"));

    [Fact]
    public Task Registered_clients_are_reported_where_they_are_registered() => ReportsAcrossFilesAsync(
        """
        using Microsoft.Extensions.DependencyInjection;
        using OpenAI.Chat;

        static class Setup
        {
            public static void Add(IServiceCollection services) => services.AddSingleton(_ => new [|ChatClient|]("m", "k"));
        }
        """,
        """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """);

    /// <summary>A client is looked for where it is handed on to: what its file creates, calls and is called by, and what that creates.</summary>
    [Theory]
    [InlineData("static Task Run(string key) => new Answers(new [|ChatClient|](\"m\", key)).Ask();", "class Answers(ChatClient client) { public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    [InlineData("static Task Run(string key) => new Answers(new [|ChatClient|](\"m\", key)).Ask();", "class Answers(ChatClient client) { public Task Ask() => new Deep(client).Ask(); }", "class Deep(ChatClient client) { public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    [InlineData("static Task Run(string key) { var client = new [|ChatClient|](\"m\", key); return Given(client); } private static Task Given(ChatClient given) => new Answers(given).Ask();", "class Answers(ChatClient client) { public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    [InlineData("public static ChatClient Create(string key) => new [|ChatClient|](\"m\", key);", "class Answers { readonly ChatClient client = Setup.Create(\"k\"); public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    [InlineData("public static ChatClient Create(string key) => Make(key); private static ChatClient Make(string key) => new [|ChatClient|](\"m\", key);", "class Answers { readonly ChatClient client = Setup.Create(\"k\"); public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    [InlineData("static Answers Run(string key) => new Answers(new [|ChatClient|](\"m\", key));", "class Answers(ChatClient given) { readonly ChatClient client = given; public ChatClient Client => client; }", "class Asker(Answers answers) { public Task Ask() => answers.Client.CompleteChatAsync(\"\"); }")]
    [InlineData("public static ChatClient Client { get; } = new [|ChatClient|](\"m\", \"k\");", "class Answers { public Task Ask() => Setup.Client.CompleteChatAsync(\"\"); }")]
    [InlineData("private static readonly ChatClient client = new [|ChatClient|](\"m\", \"k\"); public static ChatClient Client => client;", "class Answers { public Task Ask() => Setup.Client.CompleteChatAsync(\"\"); }")]
    [InlineData("public static ChatClient? Client; static void Run(string key) => Client = new [|ChatClient|](\"m\", key);", "class Answers { public Task Ask() => Setup.Client!.CompleteChatAsync(\"\"); }")]
    public Task Reports_a_client_that_is_used_in_another_file(string setup, params string[] others) => ReportsAcrossFilesAsync(
        $"using OpenAI.Chat;\n\nstatic class Setup {{ {setup} }}", [.. others.Select(other => $"using OpenAI.Chat;\n\n{other}")]);

    /// <summary>In a program everybody who calls a function is known: what only calls the model with its client is not followed further, what keeps it is.</summary>
    [Theory]
    [InlineData("await Asker.Ask(new [|ChatClient|](\"m\", \"k\"));", "static class Asker { public static Task Ask(ChatClient given) => given.CompleteChatAsync(\"\"); }")]
    [InlineData("Keeper.Keep(new [|ChatClient|](\"m\", \"k\"));", "static class Keeper { public static ChatClient? Kept; public static void Keep(ChatClient given) { Kept = given; } }", "class Answers { public Task Ask() => Keeper.Kept!.CompleteChatAsync(\"\"); }")]
    public Task Reports_a_client_that_a_program_hands_to_a_function(string statement, params string[] others) => ReportsAcrossFilesAsync(
        $"using OpenAI.Chat;\n\n/* top-level */\n{statement}", [.. others.Select(other => $"using OpenAI.Chat;\n\n{other}")]);

    /// <summary>A kernel's own container is searched where the kernel is built, the application's everywhere.</summary>
    [Theory]
    [InlineData("class Host { Task Run() { var builder = Kernel.CreateBuilder(); Setup.Add(builder); return builder.Build().Services.GetRequiredService<ChatClient>().CompleteChatAsync(\"\"); } }")]
    [InlineData("class Host { void Run(IServiceCollection services) => Setup.Add(services.AddKernel()); }", "class Answers(ChatClient client) { public Task Ask() => client.CompleteChatAsync(\"\"); }")]
    public Task Reports_a_client_that_a_kernel_is_given(params string[] others)
    {
        const string usings = "using Microsoft.Extensions.DependencyInjection;\nusing Microsoft.SemanticKernel;\nusing OpenAI.Chat;\n\n";
        return ReportsAcrossFilesAsync(
            $"{usings}static class Setup {{ public static void Add(IKernelBuilder builder) => builder.Services.AddSingleton(new [|ChatClient|](\"m\", \"k\")); }}",
            [.. others.Select(other => usings + other)]);
    }

    [Theory]
    [InlineData("https://api.example/v1", true)]
    [InlineData("http://localhost:5273/v1", false)]
    public async Task Speaks_of_rate_limits_where_the_server_is_another_machine(string address, bool speaks)
    {
        var found = await Compile(Local($$"""
            var address = "{{address}}";
            var options = new OpenAIClientOptions();
            options.Endpoint = new Uri(address);
            var client = new ChatClient("m", new ApiKeyCredential(key), options);
            """)).WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(speaks, Assert.Single(found).GetMessage().Contains("; a rate-limited call is retried 3 times at once", StringComparison.Ordinal));
    }

    private const string Ending = """
        class Ending : System.Net.Http.DelegatingHandler
        {
            protected override async Task<System.Net.Http.HttpResponseMessage> SendAsync(System.Net.Http.HttpRequestMessage request, CancellationToken cancellationToken)
            {
                using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                source.CancelAfter(20_000);
                return await base.SendAsync(request, source.Token);
            }
        }
        """;

    private static string Local(string statements) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using Azure.AI.OpenAI;
        using OpenAI;
        using OpenAI.Chat;

        class Answers
        {
            public async Task Ask(string key, string question)
            {
                {{Indent(statements, 8)}}
                await client.CompleteChatAsync(question);
            }
        }
        """;
}
