namespace AsyncLlmAnalyzers.Tests.Rules;

public class CallWithoutDeadlineTests() : RuleTests("ALLM3004")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => client.[|CompleteChatAsync|](question);
        }
        """;

    [Theory]
    [InlineData("await injected.[|CompleteChatAsync|](text);")]
    [InlineData("await own.[|CompleteChatAsync|](text);")]
    [InlineData("await chat.[|GetResponseAsync|](text);")]
    [InlineData("await anthropic.Messages.[|Create|](null!);")]
    [InlineData("injected.[|CompleteChat|](text);")]
    public Task Reports_a_call_that_may_take_long(string statements) => ReportsAsync(Method(statements));

    [Fact]
    public Task Reports_in_a_program() => ReportsAsync("""
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        ChatCompletion answer = await client.[|CompleteChatAsync|]("Hello");
        """);

    [Theory]
    [InlineData("await injected.CompleteChatAsync([text], cancellationToken: ct);")]
    [InlineData("await chat.GetResponseAsync(text, null, ct);")]
    [InlineData("await injected.CompleteChatAsync(body, requestOptions);")]
    public Task Silent_when_a_token_is_or_may_be_passed(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await limited.CompleteChatAsync(text);")]
    [InlineData("await configured.CompleteChatAsync(text);")]
    [InlineData("await quick.CompleteChatAsync(text);")]
    [InlineData("await timed.CompleteChatAsync(text);")]
    [InlineData("await timedLater.CompleteChatAsync(text);")]
    [InlineData("await given.CompleteChatAsync(text);")]
    [InlineData("await ending.CompleteChatAsync(text);")]
    [InlineData("await ended.GetResponseAsync(text);")]
    [InlineData("await new OpenAIChatCompletionService(\"m\", \"k\", httpClient: new HttpClient { Timeout = TimeSpan.FromMinutes(9) }).GetChatMessageContentsAsync(text);")]
    public Task Silent_when_the_client_has_a_timeout_or_may_have(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await injected.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9));")]
    [InlineData("await Limited(() => injected.CompleteChatAsync(text));")]
    [InlineData("var call = injected.CompleteChatAsync(text); await call.WaitAsync(TimeSpan.FromSeconds(9));")]
    [InlineData("var call = injected.CompleteChatAsync(text); if (!call.Wait(9000)) return;")]
    [InlineData("await pipeline.ExecuteAsync(async _ => await injected.CompleteChatAsync(text));")]
    [InlineData("await new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromSeconds(30)).Build().ExecuteAsync(async _ => await injected.CompleteChatAsync(text));")]
    [InlineData("await Task.WhenAny(injected.CompleteChatAsync(text), Task.Delay(1000));")]
    [InlineData("await Inner().WaitAsync(TimeSpan.FromSeconds(9)); async Task Inner() => await injected.CompleteChatAsync(text);")]
    public Task Silent_when_a_time_limit_is_or_may_be_around_it(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await AsyncLlm.LlmTimeout.RunAsync(_ => injected.CompleteChatAsync(text), TimeSpan.FromSeconds(30));")]
    [InlineData("await AsyncLlm.LlmThrottle.For(injected).ExecuteAsync(_ => injected.CompleteChatAsync(text));")]
    public Task Silent_when_the_runtime_ends_it(string statements) => OffersNoFixAsync(Method(statements), withRuntime: true);

    [Fact]
    public Task Silent_when_the_client_is_a_class_of_this_code() => SilentAsync(ClientCode.Own);

    [Theory]
    [MemberData(nameof(LocalModelCode.Calls), MemberType = typeof(LocalModelCode))]
    public Task Silent_when_the_model_runs_in_the_process(string statements) => SilentAsync(LocalModelCode.In(statements));

    [Fact]
    public Task Silent_where_the_default_ends_it_soon_enough() => SilentAsync("""
        class Answers(OllamaSharp.IOllamaApiClient ollama)
        {
            public Task Ask() => ollama.EmbedAsync(new());
        }
        """);

    [Fact]
    public Task Fix_puts_a_source_in_front() => FixesAsync(
        Method("var answer = await injected.[|CompleteChatAsync|](text);", token: ""),
        Method("using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(5));\nvar answer = await injected.CompleteChatAsync([text], cancellationToken: cts.Token);", token: ""));

    [Fact]
    public Task Fix_uses_the_runtime() => FixesAsync(
        """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => client.[|CompleteChatAsync|](question);
        }
        """,
        """
        using AsyncLlm;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => LlmTimeout.RunAsync(ct => client.CompleteChatAsync([question], cancellationToken: ct), TimeSpan.FromMinutes(5));
        }
        """,
        withRuntime: true);

    [Fact]
    public Task Offers_no_fix_where_nothing_waits_for_the_call() => OffersNoFixAsync("""
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question) => client.[|CompleteChatAsync|](question);
        }
        """);

    private static string Method(string statements, string token = ", CancellationToken ct") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;
        using Anthropic;
        using Microsoft.Extensions.AI;
        using Microsoft.SemanticKernel.ChatCompletion;
        using Microsoft.SemanticKernel.Connectors.OpenAI;
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        class Answers(ChatClient injected, IChatClient chat, AnthropicClient anthropic, OpenAIClientOptions options, ResiliencePipeline pipeline, HttpClient http)
        {
            private readonly ChatClient own = new("m", "k");

            private readonly ChatClient limited = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) });

            private readonly ChatClient quick = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(1) });

            private readonly ChatClient configured = new("m", new ApiKeyCredential("k"), options);
            private readonly ChatClient timed = Over(new HttpClient { Timeout = TimeSpan.FromSeconds(30) });
            private readonly ChatClient timedLater = Over(Timed());
            private readonly ChatClient given = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) });
            private readonly ChatClient ending = Over(new HttpClient(new Ending()));
            private readonly IChatClient ended = new EndingClient(chat);

            public object Given => (injected, chat, anthropic, options, pipeline, own, limited, quick, configured, timed, timedLater, given, ending, ended);

            public async Task Ask(string text, BinaryContent body, RequestOptions requestOptions{{token}})
            {
                await Task.Yield();
                {{statements.Replace("\n", "\n        ", StringComparison.Ordinal)}}
            }

            private static Task Limited(Func<Task> call) => call().WaitAsync(TimeSpan.FromSeconds(9));

            private static ChatClient Over(HttpClient http) => new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) });

            private static HttpClient Timed() { var http = new HttpClient(); http.Timeout = TimeSpan.FromSeconds(30); return http; }
        }

        class Ending : DelegatingHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                source.CancelAfter(20_000);
                return await base.SendAsync(request, source.Token);
            }
        }

        class EndingClient(IChatClient inner) : DelegatingChatClient(inner)
        {
            public override Task<ChatResponse> GetResponseAsync(IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
                base.GetResponseAsync(messages, options, cancellationToken).WaitAsync(TimeSpan.FromSeconds(20), cancellationToken);
        }
        """;
}
