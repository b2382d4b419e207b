using AsyncLlmAnalyzers.Facts;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case is a call through a client with the SDK's defaults, unless it says otherwise.</summary>
public class DeadlineTests
{
    [Theory]
    [InlineData("/*call*/client.CompleteChatAsync([text], cancellationToken: ct)", "ct")]
    [InlineData("/*call*/client.CompleteChatAsync([text], cancellationToken: new CancellationTokenSource(1000).Token)", "new CancellationTokenSource(1000).Token")]
    [InlineData("/*call*/client.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9))", "client.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9))")]
    [InlineData("Task.WhenAny(/*call*/client.CompleteChatAsync(text), Task.Delay(1000))", "Task.WhenAny(client.CompleteChatAsync(text), Task.Delay(1000))")]
    [InlineData("AsyncLlm.LlmTask.WhenAll([text], (t, token) => /*call*/client.CompleteChatAsync([t], cancellationToken: token))", "token")]
    [InlineData("new AsyncLlm.LlmThrottle().ExecuteAsync(token => /*call*/client.CompleteChatAsync(text))", "new AsyncLlm.LlmThrottle().ExecuteAsync(token => client.CompleteChatAsync(text))")]
    [InlineData("new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromSeconds(5)).Build().ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text))", "new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromSeconds(5))")]
    [InlineData("Limited(() => /*call*/client.CompleteChatAsync(text))", "Limited(() => client.CompleteChatAsync(text))")]
    [InlineData("OneAsync(text).WaitAsync(TimeSpan.FromSeconds(9))", "OneAsync(text).WaitAsync(TimeSpan.FromSeconds(9))")]
    public void Yes_names_what_ends_the_call(string statement, string proof)
    {
        var fact = Ask(statement);
        Assert.Equal(Verdict.Yes, fact.Verdict);
        Assert.Equal(proof, FactSubject.TextOf(fact.Proof)!.Replace("/*call*/", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient { Timeout = TimeSpan.FromSeconds(30) }) })")]
    public void Yes_when_the_client_has_a_timeout_of_its_own(string client) => Assert.Equal(Verdict.Yes, Ask("/*call*/client.CompleteChatAsync(text)", client).Verdict);

    [Theory]
    [InlineData("/*call*/client.CompleteChatAsync(text)")]
    [InlineData("/*call*/client.CompleteChatAsync([text], cancellationToken: CancellationToken.None)")]
    [InlineData("/*call*/client.CompleteChatAsync([text], cancellationToken: new CancellationTokenSource().Token)")]
    [InlineData("/*call*/client.CompleteChatAsync([text], cancellationToken: never.Token)")]
    [InlineData("Task.Run(() => /*call*/client.CompleteChatAsync(text))")]
    [InlineData("Repeated(() => /*call*/client.CompleteChatAsync(text))")]
    [InlineData("new ResiliencePipelineBuilder().AddConcurrencyLimiterStandIn().Build().ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text))", Verdict.Unknown)]
    public void No_when_only_the_sdks_default_ends_it(string statement, object? verdict = null) => Assert.Equal(verdict ?? Verdict.No, Ask(statement).Verdict);

    [Theory]
    [InlineData("/*call*/client.CompleteChatAsync(text)", "injected")]
    [InlineData("/*call*/client.CompleteChatAsync(text)", "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), options)")]
    [InlineData("pipeline.ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text))", "new ChatClient(\"m\", \"k\")")]
    public void Unknown_when_part_of_it_comes_from_elsewhere(string statement, string client) => Assert.Equal(Verdict.Unknown, Ask(statement, client).Verdict);

    [Theory]
    [InlineData("var source = new CancellationTokenSource();", Verdict.No)]
    [InlineData("using var source = new CancellationTokenSource();", Verdict.No)]
    [InlineData("var source = new CancellationTokenSource(); source.CancelAfter(1000);", Verdict.Yes)]
    [InlineData("var source = new CancellationTokenSource(); Console.CancelKeyPress += (_, _) => source.Cancel();", Verdict.Yes)]
    [InlineData("var source = new CancellationTokenSource(1000);", Verdict.Yes)]
    [InlineData("var source = new CancellationTokenSource(); Keep(source);", Verdict.Yes)]
    [InlineData("var source = CancellationTokenSource.CreateLinkedTokenSource(ct);", Verdict.Yes)]
    public void A_token_that_nobody_can_fire_is_none(string setup, object verdict) =>
        Assert.Equal(verdict, Ask("/*call*/client.CompleteChatAsync([text], cancellationToken: source.Token)", setup: setup).Verdict);

    private static Fact Ask(string statement, string client = "new ChatClient(\"m\", \"k\")", string setup = "")
    {
        var subject = new FactSubject($$"""
            class Subject(ChatClient injected, OpenAIClientOptions options, ResiliencePipeline pipeline)
            {
                readonly ChatClient client = {{client}};

                public (ChatClient, OpenAIClientOptions) Given => (injected, options);

                public async Task Run(string text, CancellationToken ct)
                {
                    await pipeline.ExecuteAsync(_ => default, ct);
                    var never = new CancellationTokenSource();
                    {{setup}}
                    await {{statement}};
                }

                async Task<T> Limited<T>(Func<Task<T>> call) => await call().WaitAsync(TimeSpan.FromSeconds(5));

                async Task<T> Repeated<T>(Func<Task<T>> call) { while (true) { try { return await call(); } catch { } } }

                void Keep(object source) { }

                Task OneAsync(string text) => {{(statement.Contains("/*call*/", StringComparison.Ordinal) ? "Task.CompletedTask" : "/*call*/client.CompleteChatAsync(text)")}};
            }

            static class Extensions { public static ResiliencePipelineBuilder AddConcurrencyLimiterStandIn(this ResiliencePipelineBuilder builder) => builder; }
            """);
        return Deadline.Of(subject.Call, subject.Context, default);
    }
}
