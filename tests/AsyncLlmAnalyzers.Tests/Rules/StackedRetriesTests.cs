namespace AsyncLlmAnalyzers.Tests.Rules;

public class StackedRetriesTests() : RuleTests("ALLM4006")
{
    private const string Off = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) })";

    protected override string Example => """
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient _client = new("gpt-5-mini", "key");

            async Task<ChatCompletion> AskAsync(string text)
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        return await _client.[|CompleteChatAsync|](text);
                    }
                    catch (Exception) when (attempt < 5)
                    {
                        await Task.Delay(1000 * attempt);
                    }
                }
            }
        }
        """;

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { await client.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { client.[|CompleteChat|](text); return; } catch (Exception) when (i < 3) { } }")]
    [InlineData("await Again(() => client.[|CompleteChatAsync|](text));")]
    [InlineData("await new ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build().ExecuteAsync(async token => await client.[|CompleteChatAsync|](text));")]
    public Task Reports_a_retry_around_a_client_that_retries(string statements) => ReportsAsync(In(statements));

    [Fact]
    public Task Reports_a_throttle_around_a_client_that_retries() => FixesAsync(
        In("await new AsyncLlm.LlmThrottle().ExecuteAsync(_ => client.[|CompleteChatAsync|](text));"),
        In("await new AsyncLlm.LlmThrottle().ExecuteAsync(_ => client.CompleteChatAsync(text));", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })"),
        withRuntime: true);

    [Theory]
    [InlineData("await AsyncLlm.LlmThrottle.For(client).ExecuteAsync(_ => client.CompleteChatAsync(text));")]
    [InlineData("for (var i = 0; ; i++) { try { await client.CompleteChatAsync(text); return; } catch (Exception) when (i < 3) { } }")]
    public Task Silent_when_the_clients_retries_are_left_to_the_throttle(string statements) => OffersNoFixAsync(
        In(statements, "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), AsyncLlm.LlmThrottleOpenAIExtensions.UseThrottle(new OpenAIClientOptions(), new AsyncLlm.LlmThrottle()))"), withRuntime: true);

    [Fact]
    public Task Reports_two_retries_of_the_codes_own() => ReportsAsync(In("await Again(async () => { for (var i = 0; ; i++) { try { await client.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } } });", "injected"));

    /// <summary>One around the call, or around the call of a wrapper, and one further out.</summary>
    [Theory]
    [InlineData("return await Again(() => client.[|CompleteChatAsync|](text));", "for (var i = 0; ; i++) { try { return await AskAsync(text); } catch (Exception) when (i < 3) { } }", "return await OnceAsync(text);")]
    [InlineData("return await client.[|CompleteChatAsync|](text);", "for (var i = 0; ; i++) { try { return await AskAsync(text); } catch (Exception) when (i < 3) { } }", "return await Again(() => OnceAsync(text));")]
    public Task Reports_two_retries_on_one_way_to_the_call(string ask, string once, string twice) => ReportsAsync(WithCallers(ask, once, twice));

    /// <summary>Each of the callers repeats it, but none the attempts of the other.</summary>
    [Theory]
    [InlineData("return await client.CompleteChatAsync(text);", "for (var i = 0; ; i++) { try { return await AskAsync(text); } catch (Exception) when (i < 3) { } }", "for (var i = 0; ; i++) { try { return await AskAsync(text); } catch (Exception) when (i < 3) { } }")]
    [InlineData("return await client.CompleteChatAsync(text);", "for (var i = 0; ; i++) { try { return await AskAsync(text); } catch (Exception) when (i < 3) { } }", "return await Again(() => AskAsync(text));")]
    public Task Silent_when_the_retries_are_of_different_callers(string ask, string once, string twice) => SilentAsync(WithCallers(ask, once, twice));

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { await client.CompleteChatAsync(text); return; } catch (Exception) when (i < 3) { } }")]
    [InlineData("await Again(() => client.CompleteChatAsync(text));")]
    public Task Silent_when_the_clients_retries_are_off(string statements) => SilentAsync(In(statements, Off));

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { await client.CompleteChatAsync(text); return; } catch (Exception) when (i < 3) { } }")]
    [InlineData("await Again(() => client.CompleteChatAsync(text));")]
    public Task Silent_when_the_construction_cannot_be_seen(string statements) => SilentAsync(In(statements, "injected"));

    [Theory]
    [InlineData("await client.CompleteChatAsync(text);")]
    [InlineData("foreach (var line in text.Split(' ')) { try { await client.CompleteChatAsync(line); return; } catch (Exception) { } }")]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(text.Split(' ')[i]); return; } catch (Exception) { } }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (Exception) { }")]
    [InlineData("await pipeline.ExecuteAsync(async token => await client.CompleteChatAsync(text));")]
    public Task Silent_when_nothing_certainly_repeats_it(string statements) => SilentAsync(In(statements));

    /// <summary>A method that calls itself after a failure is a retry; with something else in place of what it was given it tries another.</summary>
    [Theory]
    [InlineData("[|CompleteChatAsync|]", "when (attempt < 3) { return await AskAsync(text, model, attempt + 1); }")]
    [InlineData("[|CompleteChatAsync|]", "when (attempt < 3) { await Task.Delay(1000); return await AskAsync(text, model, attempt: attempt + 1); }")]
    [InlineData("CompleteChatAsync", "when (attempt < 3) { return await AskAsync(text, \"other\", attempt + 1); }")]
    [InlineData("CompleteChatAsync", "when (attempt < 3) { return await AskAsync(text[1..], model, attempt + 1); }")]
    [InlineData("CompleteChatAsync", "when (attempt < 3) { return null!; }")]
    public Task Reports_a_method_that_calls_itself_after_a_failure(string call, string handler) => ReportsAsync($$"""
        using OpenAI.Chat;

        class Answers
        {
            private readonly ChatClient _client = new("gpt-5-mini", "key");

            async Task<ChatCompletion> AskAsync(string text, string model, int attempt = 0)
            {
                try { return await _client.{{call}}(text); } catch (Exception) {{handler}}
            }
        }
        """);

    [Theory]
    [InlineData("new ChatClient(\"m\", \"k\")", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) })", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30), RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })")]
    public Task Switches_the_clients_own_retries_off(string client, string fixedClient)
    {
        const string statements = "for (var i = 0; ; i++) { try { await client.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } }";
        return FixesAsync(In(statements, client), In(statements.Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal), fixedClient));
    }

    /// <summary>The other call has no retries but those of the client: without them ALLM4001 would be reported.</summary>
    [Fact]
    public Task Offers_no_fix_where_another_call_relies_on_them() => OffersNoFixAsync(
        In("await client.CompleteChatAsync(text); for (var i = 0; ; i++) { try { await client.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } }"));

    [Fact]
    public Task Offers_no_fix_where_a_call_of_another_file_relies_on_them() => OffersNoFixBecauseOfAsync(
        """
        using OpenAI.Chat;

        public class Holder
        {
            public Lazy<ChatClient> Client { get; } = new(Make);

            private static ChatClient Make() => new("m", "k");

            async Task AskAsync(string text) { for (var i = 0; ; i++) { try { await Client.Value.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } } }
        }
        """,
        "class Other { static Task AskAsync(Holder holder, string text) => holder.Client.Value.CompleteChatAsync(text); }");

    /// <summary>What is created in the code is not created by the container as well, unless its type is named to it.</summary>
    [Theory]
    [InlineData("", true)]
    [InlineData("services.AddSingleton<Answers>();", false)]
    [InlineData("services.AddSingleton(typeof(Answers));", false)]
    [InlineData("services.Scan(scan => scan.FromAssemblyOf<ChatClient>());", false)]
    [InlineData("foreach (var type in typeof(ChatClient).Assembly.GetTypes()) services.AddTransient(type);", false)]
    public Task Offers_a_fix_where_the_container_gives_no_other_client(string registration, bool offers)
    {
        var code = Given("await client.[|CompleteChatAsync|](text)", "new ChatClient(\"m\", \"k\")");
        return offers
            ? FixesAsync(code, Given("await client.CompleteChatAsync(text)", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })"))
            : OffersNoFixAsync(code);

        string Given(string call, string client) => $$"""
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using Microsoft.Extensions.DependencyInjection;
            using OpenAI;
            using OpenAI.Chat;

            class Answers(ChatClient client)
            {
                static Task RunAsync(string text) => new Answers({{client}}).AskAsync(text);

                static void Register(IServiceCollection services)
                {
                    services.AddSingleton(new ChatClient("other", "k"));
                    {{registration}}
                }

                async Task AskAsync(string text) { for (var i = 0; ; i++) { try { {{call}}; return; } catch (Exception) when (i < 3) { } } }
            }

            interface IScan { void FromAssemblyOf<T>(); }

            static class Scrutor { public static void Scan(this IServiceCollection services, Action<IScan> action) { } }
            """;
    }

    [Fact]
    public Task Offers_no_fix_where_the_client_is_handed_in() => OffersNoFixAsync(
        In("await Again(async () => { for (var i = 0; ; i++) { try { await client.[|CompleteChatAsync|](text); return; } catch (Exception) when (i < 3) { } } });", "injected"));

    private static string WithCallers(string ask, string once, string twice) => $$"""
        using OpenAI.Chat;

        public class Answers(ChatClient client)
        {
            private async Task<ChatCompletion> AskAsync(string text) { {{ask}} }
            public async Task<ChatCompletion> OnceAsync(string text) { {{once}} }
            public async Task<ChatCompletion> TwiceAsync(string text) { {{twice}} }
            static async Task<T> Again<T>(Func<Task<T>> call) { for (var i = 0; ; i++) { try { return await call(); } catch (Exception) when (i < 3) { } } }
        }
        """;

    private static string In(string statements, string client = "new ChatClient(\"m\", \"k\")") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        class Answers(ChatClient injected, ResiliencePipeline pipeline)
        {
            readonly ChatClient client = {{client}};
            public ChatClient Given => injected;

            async Task AskAsync(string text)
            {
                await pipeline.ExecuteAsync(_ => default);
                {{statements}}
            }

            static async Task Again(Func<Task> call) { for (var i = 0; ; i++) { try { await call(); return; } catch (Exception) when (i < 3) { } } }
        }
        """;
}
