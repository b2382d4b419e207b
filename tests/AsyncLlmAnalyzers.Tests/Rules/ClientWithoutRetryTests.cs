namespace AsyncLlmAnalyzers.Tests.Rules;

public class ClientWithoutRetryTests() : RuleTests("ALLM4001")
{
    protected override string Example => """
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI;
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient client = new [|ChatClient|]("gpt-5", new ApiKeyCredential("key"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) });

            public Task Ask(string question) => client.CompleteChatAsync(question);
        }
        """;

    [Theory]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })", "client.CompleteChatAsync(text)")]
    [InlineData("new [|OpenAIClient|](new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) }).GetChatClient(\"m\")", "client.CompleteChatAsync(text)")]
    [InlineData("new [|AnthropicClient|] { MaxRetries = 0 }", "client.Messages.Create(null!)")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Each(texts, t => client.CompleteChatAsync(t))")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.Yield(); for (var i = 0; i < texts.Count; i++) await client.CompleteChatAsync(texts[i])")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.Yield(); var queue = new Queue<string>(texts); while (queue.TryDequeue(out var t)) await client.CompleteChatAsync(t)")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.Yield(); for (var i = 0; i < 1000; i++) await client.CompleteChatAsync(text + i)")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.Yield(); var i = 0; while (i < texts.Count) await client.CompleteChatAsync(texts[i++])")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Task.Yield(); foreach (var few in texts.Chunk(10)) foreach (var t in few) await client.CompleteChatAsync(t)")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "Parallel.ForEachAsync(texts, async (t, ct) => await One(t))")]
    public Task Reports_no_retries_and_retries_that_do_not_wait(string construction, string call) => ReportsAsync(Class(construction, call));

    [Theory]
    [InlineData("new ChatClient(\"m\", \"k\")", "client.CompleteChatAsync(text)")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(3) })", "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))")]
    [InlineData("new AnthropicClient()", "Task.WhenAll(texts.Select(t => client.Messages.Create(null!)))")]
    [InlineData("new AnthropicClient { MaxRetries = 1 }", "client.Messages.Create(null!)")]
    [InlineData("new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(\"k\")).GetChatClient(\"m\")", "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))")]
    [InlineData("new Azure.AI.Inference.ChatCompletionsClient(new Uri(\"https://a\"), new Azure.AzureKeyCredential(\"k\"))", "Task.WhenAll(texts.Select(t => client.CompleteAsync(null)))")]
    [InlineData("new OllamaSharp.OllamaApiClient(\"http://localhost:11434\")", "client.EmbedAsync(new())")]
    public Task Silent_where_the_SDKs_retries_are_sound_or_set(string construction, string call) => SilentAsync(Class(construction, call));

    [Theory]
    [MemberData(nameof(SoundCode.ReadInSources), MemberType = typeof(SoundCode))]
    public Task Silent_where_the_retries_of_an_SDK_that_was_read_in_sources_are_sound(string code) => SilentAsync(code);

    [Theory]
    [InlineData("Again(() => client.CompleteChatAsync(text))")]
    [InlineData("new Polly.ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build().ExecuteAsync(async _ => await client.CompleteChatAsync(text))")]
    [InlineData("shared.ExecuteAsync(async _ => await client.CompleteChatAsync(text))")]
    [InlineData("throttle.ExecuteAsync(() => client.CompleteChatAsync(text))")]
    public Task Silent_when_the_retries_are_off_on_purpose(string call) =>
        SilentAsync(Class("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) })", call));

    [Fact]
    public Task Silent_when_a_handler_retries() => SilentAsync(Class(
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(new HttpClient(new Repeating())) })",
        "client.CompleteChatAsync(text)"));

    [Theory]
    [InlineData("new AnthropicClient { HttpClient = http, MaxRetries = 0 }")]
    [InlineData("new AnthropicClient { HttpClient = factory.CreateClient(\"a\"), MaxRetries = 0 }")]
    [InlineData("new AnthropicClient { HttpClient = services.GetRequiredKeyedService<HttpClient>(\"a\"), MaxRetries = 0 }")]
    [InlineData("new AnthropicClient { HttpClient = new HttpClient(handler), MaxRetries = 0 }")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(http) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0), Transport = transport })")]
    public Task Silent_when_who_makes_the_HttpClient_may_have_given_it_retries(string construction) => SilentAsync(GivenPipeline(construction));

    [Theory]
    [InlineData("new [|AnthropicClient|] { HttpClient = new HttpClient(), MaxRetries = 0 }")]
    [InlineData("new [|AnthropicClient|] { HttpClient = Plain(), MaxRetries = 0 }")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0), Transport = HttpClientPipelineTransport.Shared })")]
    public Task Reports_an_HttpClient_that_is_made_without_them(string construction) => ReportsAsync(GivenPipeline(construction));

    private static string GivenPipeline(string construction) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Anthropic;
        using Microsoft.Extensions.DependencyInjection;
        using OpenAI.Chat;

        class Answers(HttpClient http, HttpMessageHandler handler, PipelineTransport transport, IHttpClientFactory factory, IServiceProvider services)
        {
            public Task Ask(string text)
            {
                var client = {{construction}};
                return client.{{(construction.Contains("Anthropic") ? "Messages.Create(null!)" : "CompleteChatAsync(text)")}};
            }

            private static HttpClient Plain() => new HttpClient();
        }
        """;

    [Theory]
    [InlineData("HttpMessageHandler")]
    [InlineData("DelegatingHandler")]
    public Task Silent_when_the_requests_end_in_this_code(string handler) => SilentAsync(Class(
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(new HttpClient(new Fake())) })",
        "client.CompleteChatAsync(text)",
        $$"""private class Fake : {{handler}} { protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(new HttpResponseMessage()); }"""));

    [Fact]
    public Task Silent_when_the_options_throttle() => SilentAsync(Class(
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions().UseThrottle())",
        "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))"));

    [Fact]
    public Task Silent_when_the_options_come_from_elsewhere() => SilentAsync(Class(
        "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), options)",
        "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))"));

    [Fact]
    public Task Silent_without_a_call_in_the_compilation() => SilentAsync("""
        using Anthropic;

        public static class Clients
        {
            public static AnthropicClient Claude { get; } = new() { MaxRetries = 0 };
        }
        """);

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(text); break; } catch (Exception) { await Task.Delay(1000); } }")]
    [InlineData("while (true) { await client.CompleteChatAsync(Console.ReadLine()!); }")]
    [InlineData("var calls = true; do { var answer = await client.CompleteChatAsync(text); calls = answer.Value.ToolCalls.Count > 0; } while (calls);")]
    [InlineData("var calls = true; while (calls) { calls = false; var answer = await client.CompleteChatAsync(text); switch (answer.Value.FinishReason) { case ChatFinishReason.ToolCalls: calls = true; break; } }")]
    [InlineData("for (var round = 0; round < 10; round++) { var answer = await client.CompleteChatAsync(text); if (answer.Value.ToolCalls.Count == 0) break; }")]
    [InlineData("foreach (var t in new[] { text }) { var answer = await client.CompleteChatAsync(t); if (answer.Value.Content.Count > 0) return; }")]
    [InlineData("await foreach (var update in client.CompleteChatStreamingAsync(text)) { Console.Write(update.Model); }")]
    [InlineData("foreach (var t in new[] { text, \"and why?\" }) { await client.CompleteChatAsync(t); }")]
    [InlineData("string[] questions = [text, \"and why?\"]; foreach (var t in questions) { await client.CompleteChatAsync(t); }")]
    [InlineData("foreach (var t in text.Split(' ').Take(10)) { await client.CompleteChatAsync(t); }")]
    [InlineData("for (var i = 0; i < 3; i++) { await client.CompleteChatAsync(text + i); }")]
    [InlineData("var i = 0; while (i++ < 3) { await client.CompleteChatAsync(text + i); }")]
    [InlineData("var i = 0; while (i < 3) { await client.CompleteChatAsync(text + i); ++i; }")]
    public Task Silent_when_the_loop_is_one_of_attempts_or_a_conversation_or_short(string statements) => SilentAsync($$"""
        using OpenAI.Chat;

        class Answers
        {
            private readonly OpenAI.Chat.ChatClient client = new("m", "k");

            public async Task Ask(string text) { {{statements}} }
        }
        """);

    [Fact]
    public Task Silent_when_the_loop_is_over_implementations() => SilentAsync(Steps("IStep", "new ChatClient"));

    [Fact]
    public Task Reports_a_loop_over_items_that_make_the_call_themselves() => ReportsAsync(Steps("Step", "new [|ChatClient|]"));

    private static string Steps(string item, string creation) => $$"""
        using OpenAI.Chat;

        interface IStep { Task RunAsync(string text); }

        class Step : IStep
        {
            private static readonly ChatClient Client = {{creation}}("m", "k");

            public async Task RunAsync(string text) { await Client.CompleteChatAsync(text); }
        }

        class Runner(List<{{item}}> steps)
        {
            public async Task RunAsync(string text) { foreach (var step in steps) await step.RunAsync(text); }
        }
        """;

    [Fact]
    public Task Semantic_Kernels_builder_switches_retries_off() => ReportsAsync("""
        /* top-level */
        using Microsoft.SemanticKernel;

        var builder = Kernel.CreateBuilder();
        builder.[|AddOpenAIChatCompletion|]("m", "k");
        var kernel = builder.Build();
        await kernel.InvokePromptAsync("Hello");
        """);

    [Theory]
    [InlineData("Kernel.CreateBuilder().[|AddOpenAIChatCompletion|](\"m\", key)", "Kernel.CreateBuilder().AddOpenAIChatCompletion(\"m\", new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) }))")]
    [InlineData("Kernel.CreateBuilder().[|AddOpenAIChatCompletion|](modelId: \"m\", apiKey: /* mine */ key, serviceId: \"s\")", "Kernel.CreateBuilder().AddOpenAIChatCompletion(modelId: \"m\", openAIClient: /* mine */ new OpenAIClient(new ApiKeyCredential(key), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) }), serviceId: \"s\")")]
    public Task Fix_gives_Semantic_Kernels_builder_a_client_that_retries(string builder, string fixedBuilder) => FixesAsync(KernelOf(builder), KernelOf(fixedBuilder));

    [Theory]
    [InlineData("Kernel.CreateBuilder().[|AddOpenAIChatCompletion|](\"m\", key, orgId: \"o\")")]
    [InlineData("Kernel.CreateBuilder().[|AddOpenAIChatCompletion|](\"m\", key, httpClient: new System.Net.Http.HttpClient())")]
    [InlineData("new ServiceCollection().AddHttpClient(\"x\").Services.AddKernel().[|AddOpenAIChatCompletion|](\"m\", key)")]
    [InlineData("new ServiceCollection().AddKernel().[|AddOpenAIChatCompletion|](\"m\", key)")]
    public Task Offers_no_fix_where_a_client_would_go_past_what_was_given(string builder) => OffersNoFixAsync(KernelOf(builder));

    private static string KernelOf(string builder) => $$"""
        /* top-level */
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.SemanticKernel;
        using OpenAI;

        var key = Environment.GetEnvironmentVariable("KEY")!;
        var builder = {{builder}};
        var kernel = builder.Build();
        await kernel.InvokePromptAsync("Hello");
        """;

    [Fact]
    public Task Semantic_Kernel_with_an_OpenAI_client_has_that_clients_retries() => SilentAsync("""
        /* top-level */
        using Microsoft.SemanticKernel;

        var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("m", new OpenAI.OpenAIClient("k")).Build();
        await kernel.InvokePromptAsync("Hello");
        """);

    [Theory]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) })", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(3), NetworkTimeout = TimeSpan.FromSeconds(120) })", "client.CompleteChatAsync(text)")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: /* none */ 0) })", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: /* none */ 3), NetworkTimeout = TimeSpan.FromSeconds(120) })", "client.CompleteChatAsync(text)")]
    [InlineData("new [|AnthropicClient|] { MaxRetries = 0 }", "new AnthropicClient { MaxRetries = 3 }", "client.Messages.Create(null!)")]
    [InlineData("new [|AnthropicClient|](new Anthropic.Core.ClientOptions { MaxRetries = 0 })", "new AnthropicClient(new Anthropic.Core.ClientOptions { MaxRetries = 3 })", "client.Messages.Create(null!)")]
    [InlineData("new Azure.AI.Inference.[|ChatCompletionsClient|](new Uri(\"https://a\"), new Azure.AzureKeyCredential(\"k\"), new() { Retry = { MaxRetries = 0 } })", "new Azure.AI.Inference.ChatCompletionsClient(new Uri(\"https://a\"), new Azure.AzureKeyCredential(\"k\"), new() { Retry = { MaxRetries = 4, NetworkTimeout = TimeSpan.FromSeconds(120) } })", "client.CompleteAsync(null)")]
    [InlineData("new [|ChatClient|](\"m\", \"k\")", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })", "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))")]
    [InlineData("new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(9) })", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = TimeSpan.FromSeconds(9), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) })", "Task.WhenAll(texts.Select(t => client.CompleteChatAsync(t)))")]
    public Task Fix_lets_it_wait_and_try_again(string construction, string fixedConstruction, string call) => FixesAsync(Class(construction, call), Class(fixedConstruction, call));

    [Fact]
    public Task Fix_finds_the_number_where_it_is_set_later() => FixesAsync(
        Class("Make()", "client.CompleteChatAsync(text)", "static ChatClient Make() { var options = new OpenAIClientOptions(); options.RetryPolicy = new ClientRetryPolicy(0); return new [|ChatClient|](\"m\", new ApiKeyCredential(\"k\"), options); }"),
        Class("Make()", "client.CompleteChatAsync(text)", "static ChatClient Make() { var options = new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }; options.RetryPolicy = new ClientRetryPolicy(3); return new ChatClient(\"m\", new ApiKeyCredential(\"k\"), options); }"));

    /// <summary>The client's own retries would stand inside those of the other call, which ALLM4006 reports.</summary>
    [Fact]
    public Task Offers_no_fix_where_another_call_is_retried_by_hand() => OffersNoFixAsync("""
        using Anthropic;

        class Answers
        {
            private readonly AnthropicClient client = [|new|]() { MaxRetries = 0 };

            public Task Once() => client.Messages.Create(null!);

            public async Task<object> Again()
            {
                for (var i = 1; ; i++)
                {
                    try
                    {
                        return await client.Messages.Create(null!);
                    }
                    catch (Exception) when (i < 3)
                    {
                        await Task.Delay(1000 << i);
                    }
                }
            }
        }
        """);

    [Fact]
    public Task A_key_says_which_registration_is_meant() => ReportsAsync("""
        using Microsoft.Extensions.AI;
        using Microsoft.Extensions.DependencyInjection;
        using OpenAI.Chat;

        static class Setup
        {
            public static void Add(IServiceCollection services)
            {
                services.AddSingleton<IChatClient>(_ => new [|ChatClient|]("m", "k").AsIChatClient());
                services.AddKeyedSingleton<IChatClient>("cheap", (_, _) => new ChatClient("n", "k").AsIChatClient());
                services.AddKeyedSingleton<IChatClient>("other", (_, _) => new [|ChatClient|]("o", "k").AsIChatClient());
            }
        }

        class Answers(IChatClient chat, [FromKeyedServices("cheap")] IChatClient cheap, IServiceProvider provider)
        {
            public async Task Ask(List<string> texts)
            {
                await cheap.GetResponseAsync("kind?");
                foreach (var text in texts)
                    await chat.GetResponseAsync(text);
                var other = provider.GetRequiredKeyedService<IChatClient>("other");
                foreach (var text in texts)
                    await other.GetResponseAsync(text);
            }
        }
        """);

    [Fact]
    public Task Offers_no_fix_where_the_SDK_has_no_retries() => OffersNoFixAsync(Class("new OllamaSharp.[|OllamaApiClient|](\"https://ollama.example\")", "client.EmbedAsync(new())"));

    private static string Class(string construction, string call, string members = "") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Anthropic;
        using Azure.AI.OpenAI;
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        class Answers(OpenAIClientOptions options, Polly.ResiliencePipeline shared, Throttle throttle)
        {
            public async Task Ask(string text, List<string> texts)
            {
                var client = {{construction}};
                await {{call}};

                Task One(string t) => (object)client is ChatClient chat ? {{(call.Contains("One(t)", StringComparison.Ordinal) ? "client.CompleteChatAsync(t)" : "Task.CompletedTask")}} : Task.CompletedTask;
            }

            {{members}}

            public object Given => (options, shared, throttle);

            private static async Task Again(Func<Task> call) { while (true) { try { await call(); return; } catch (Exception) { await Task.Delay(1000); } } }

            private static async Task Each(List<string> texts, Func<string, Task> call) { foreach (var text in texts) await call(text); }

            private class Repeating : DelegatingHandler
            {
                protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
                {
                    while (true)
                    {
                        var response = await base.SendAsync(request, cancellationToken);
                        if ((int)response.StatusCode != 429)
                            return response;
                    }
                }
            }
        }

        class Throttle
        {
            public async Task ExecuteAsync(Func<Task> call) { for (var i = 0; ; i++) { try { await call(); return; } catch (Exception) when (i < 5) { } } }
        }

        static class Extensions
        {
            public static OpenAIClientOptions UseThrottle(this OpenAIClientOptions options) => options;
        }
        """;
}
