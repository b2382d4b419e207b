namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnboundedCallTests() : RuleTests("ALLM3001")
{
    protected override string Example => """
        using Anthropic;
        using Anthropic.Models.Messages;

        class Answers(AnthropicClient client)
        {
            public async Task Print(MessageCreateParams question)
            {
                await foreach (var part in client.Messages.[|CreateStreaming|](question))
                    Console.Write(part);
            }
        }
        """;

    [Theory]
    [InlineData("await infinite.[|CompleteChatAsync|](text);")]
    [InlineData("await infinite.[|CompleteChatAsync|]([text], cancellationToken: CancellationToken.None);")]
    [InlineData("infinite.[|CompleteChat|](text);")]
    [InlineData("var source = new CancellationTokenSource(); await client.[|CompleteChatAsync|]([text], cancellationToken: source.Token);")]
    [InlineData("using var source = new CancellationTokenSource(); var token = source.Token; await client.[|CompleteChatAsync|]([text], cancellationToken: token);")]
    [InlineData("await client.[|CompleteChatAsync|]([text], cancellationToken: new CancellationTokenSource().Token);")]
    [InlineData("await infinite.[|CompleteChatAsync|](BinaryContent.Create(BinaryData.FromString(text)), new RequestOptions { CancellationToken = CancellationToken.None });")]
    [InlineData("var source = new CancellationTokenSource(); await client.[|CompleteChatAsync|](BinaryContent.Create(BinaryData.FromString(text)), new RequestOptions { CancellationToken = source.Token });")]
    [InlineData("var source = new CancellationTokenSource(); var options = new RequestOptions(); options.CancellationToken = source.Token; await client.[|CompleteChatAsync|](BinaryContent.Create(BinaryData.FromString(text)), options);")]
    [InlineData("using var source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None); await client.[|CompleteChatAsync|]([text], cancellationToken: source.Token);")]
    [InlineData("using var source = CancellationTokenSource.CreateLinkedTokenSource(default, CancellationToken.None); await client.[|CompleteChatAsync|]([text], cancellationToken: source.Token);")]
    [InlineData("await foreach (var part in ollama.[|GenerateAsync|](new())) { }")]
    [InlineData("var stream = ollama.[|GenerateAsync|](new()); await foreach (var part in stream) { }")]
    public Task Reports_what_nothing_ends(string statements) => ReportsAsync(Method(statements));

    [Theory]
    [InlineData("await client.CompleteChatAsync(text);")]
    [InlineData("await foreach (var part in client.CompleteChatStreamingAsync(text)) { }")]
    [InlineData("var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; await new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(http) }).CompleteChatAsync(text);")]
    public Task Silent_where_the_SDKs_default_ends_it(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await foreach (var part in ollama.GenerateAsync(new() { Stream = false })) { }")]
    [InlineData("await foreach (var part in ollama.ChatAsync(new OllamaSharp.Models.Chat.ChatRequest { Model = text, Stream = false })) { }")]
    [InlineData("var request = new OllamaSharp.Models.GenerateRequest { Prompt = text, Stream = false }; await foreach (var part in ollama.GenerateAsync(request)) { }")]
    [InlineData("var request = new OllamaSharp.Models.GenerateRequest(); request.Stream = text.Length > 99; await foreach (var part in ollama.GenerateAsync(request)) { }")]
    [InlineData("await foreach (var part in ollama.GenerateAsync(Ask())) { } OllamaSharp.Models.GenerateRequest Ask() => new() { Stream = false };")]
    public Task Silent_when_the_whole_answer_is_asked_for_at_once_or_may_be(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await foreach (var part in ollama.[|GenerateAsync|](new() { Prompt = text, Stream = true })) { }")]
    [InlineData("var request = new OllamaSharp.Models.GenerateRequest { Prompt = text }; await foreach (var part in ollama.[|GenerateAsync|](request)) { }")]
    [InlineData("var request = new OllamaSharp.Models.GenerateRequest { Prompt = text }; request.Stream = true; var other = new OllamaSharp.Models.GenerateRequest { Stream = false }; await foreach (var part in ollama.[|GenerateAsync|](request)) { }")]
    public Task Reports_a_request_that_streams(string statements) => ReportsAsync(Method(statements));

    [Theory]
    [InlineData("await infinite.CompleteChatAsync([text], cancellationToken: ct);")]
    [InlineData("await foreach (var part in ollama.GenerateAsync(new(), ct)) { }")]
    [InlineData("await foreach (var part in ollama.GenerateAsync(new()).WithCancellation(ct)) { }")]
    [InlineData("var source = new CancellationTokenSource(); source.CancelAfter(1000); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = new CancellationTokenSource(); Console.CancelKeyPress += (_, _) => source.Cancel(); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = CancellationTokenSource.CreateLinkedTokenSource(ct); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None, ct); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None); source.CancelAfter(1000); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = new CancellationTokenSource(1000); await client.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString(text)), new RequestOptions { CancellationToken = source.Token });")]
    public Task Silent_when_a_token_flows_in(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("var call = infinite.[|CompleteChatAsync|](text); while (await Task.WhenAny(call, Task.Delay(1000)) != call) Console.Write('.'); await call;")]
    [InlineData("var call = infinite.[|CompleteChatAsync|](text); await Task.WhenAny(call, Task.Delay(1000)); Console.Write('.'); await call;")]
    public Task Reports_a_call_that_is_awaited_after_the_time_has_passed(string statements) => ReportsAsync(Method(statements));

    /// <summary>Who reads a stream may give it a token.</summary>
    [Theory]
    [InlineData("await foreach (var part in Open().WithCancellation(ct)) { } IAsyncEnumerable<object?> Open() => ollama.GenerateAsync(new());")]
    [InlineData("await using var parts = Open().GetAsyncEnumerator(ct); IAsyncEnumerable<object?> Open() { return ollama.GenerateAsync(new()); }")]
    [InlineData("Func<IAsyncEnumerable<object?>> open = () => ollama.GenerateAsync(new()); await foreach (var part in open().WithCancellation(ct)) { }")]
    [InlineData("await foreach (var part in Open()) { } IAsyncEnumerable<object?> Open() => ollama.[|GenerateAsync|](new());")]
    public Task Silent_when_the_reader_of_the_stream_passes_a_token(string statements) => ReportsAsync(Method(statements));

    [Theory]
    [InlineData("public", "GenerateAsync")]
    [InlineData("private", "[|GenerateAsync|]")]
    public Task Silent_when_others_may_read_the_stream(string accessibility, string call) => ReportsAsync($$"""
        class Answers(OllamaSharp.IOllamaApiClient ollama)
        {
            {{accessibility}} IAsyncEnumerable<object?> Open() => ollama.{{call}}(new());

            public async Task Print() { await foreach (var part in Open()) Console.Write(part); }
        }
        """);

    [Theory]
    [InlineData("await infinite.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9));")]
    [InlineData("await Task.WhenAny(infinite.CompleteChatAsync(text), Task.Delay(9000));")]
    [InlineData("await Limited(() => infinite.CompleteChatAsync(text));")]
    [InlineData("var call = infinite.CompleteChatAsync(text); await call.WaitAsync(TimeSpan.FromSeconds(9));")]
    [InlineData("var call = infinite.CompleteChatAsync(text); var late = Task.Delay(9000); if (await Task.WhenAny(call, late) == late) return;")]
    [InlineData("await pipeline.ExecuteAsync(async _ => await infinite.CompleteChatAsync(text));")]
    public Task Silent_when_a_time_limit_is_or_may_be_around_it(string statements) => SilentAsync(Method(statements));

    [Fact]
    public Task Silent_when_a_handler_of_the_client_ends_it() => SilentAsync(Method(
        "await new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { NetworkTimeout = Timeout.InfiniteTimeSpan, Transport = new HttpClientPipelineTransport(new HttpClient(new Ending())) }).CompleteChatAsync(text);")
        + Ending);

    [Fact]
    public Task Silent_when_the_runtime_ends_the_stream() => OffersNoFixAsync(
        Method("await foreach (var part in ollama.GenerateAsync(new()).WithTimeout(TimeSpan.FromSeconds(9))) { } await LlmTimeout.RunAsync(_ => infinite.CompleteChatAsync(text), TimeSpan.FromSeconds(9));", usings: "\nusing AsyncLlm;"),
        withRuntime: true);

    [Fact]
    public Task Never_where_a_token_aborts_the_process() => AzureBeta.SilentAsync("ALLM3001", "public Task Ask() => beta.GetChatCompletionsStreamingAsync(\"m\", new ChatCompletionsOptions());");

    [Theory]
    [InlineData("await infinite.[|CompleteChatAsync|](text);", "using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(5));\nawait infinite.CompleteChatAsync([text], cancellationToken: cts.Token);")]
    [InlineData("infinite.[|CompleteChat|](text);", "using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(5));\ninfinite.CompleteChat([text], cancellationToken: cts.Token);")]
    [InlineData("var source = new CancellationTokenSource(); await client.[|CompleteChatAsync|]([text], cancellationToken: source.Token);", "var source = new CancellationTokenSource(TimeSpan.FromMinutes(5)); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("using var source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None); await client.[|CompleteChatAsync|]([text], cancellationToken: source.Token);", "using var source = new CancellationTokenSource(TimeSpan.FromMinutes(5)); await client.CompleteChatAsync([text], cancellationToken: source.Token);")]
    [InlineData("var source = new CancellationTokenSource(); await client.[|CompleteChatAsync|](BinaryContent.Create(BinaryData.FromString(text)), new RequestOptions { CancellationToken = source.Token });", "var source = new CancellationTokenSource(TimeSpan.FromMinutes(5)); await client.CompleteChatAsync(BinaryContent.Create(BinaryData.FromString(text)), new RequestOptions { CancellationToken = source.Token });")]
    public Task Fix_gives_it_an_end(string statement, string fixedStatement) => FixesAsync(Method(statement, token: ""), Method(fixedStatement, token: ""));

    [Fact]
    public Task Offers_no_token_where_a_stall_ignores_it() => OffersNoFixAsync(Method("await foreach (var part in ollama.[|GenerateAsync|](new())) { }", token: ""));

    [Fact]
    public Task Fix_ends_with_the_callers_token_too() => FixesAsync(
        Method("await infinite.[|CompleteChatAsync|](text);"),
        Method("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(TimeSpan.FromMinutes(5));\nawait infinite.CompleteChatAsync([text], cancellationToken: cts.Token);"));

    [Theory]
    [InlineData("await infinite.[|CompleteChatAsync|](text);", "await LlmTimeout.RunAsync(ct => infinite.CompleteChatAsync([text], cancellationToken: ct), TimeSpan.FromMinutes(5));")]
    [InlineData("await foreach (var part in ollama.[|GenerateAsync|](new())) { }", "await foreach (var part in ollama.GenerateAsync(new()).WithTimeout(TimeSpan.FromMinutes(2))) { }")]
    public Task Fix_uses_the_runtime(string statement, string fixedStatement) => FixesAsync(
        Method(statement, token: ""),
        Method(fixedStatement, token: "", usings: "\nusing AsyncLlm;"),
        withRuntime: true);

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

    private static string Method(string statements, string token = ", CancellationToken ct", string usings = "") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using System.Net.Http;{{usings}}
        using OpenAI;
        using OpenAI.Chat;
        using Polly;

        class Answers(ChatClient client, OllamaSharp.IOllamaApiClient ollama, ResiliencePipeline pipeline)
        {
            private readonly ChatClient infinite = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = Timeout.InfiniteTimeSpan });

            public object Given => (client, ollama, pipeline);

            public async Task Ask(string text{{token}})
            {
                await Task.Yield();
                {{statements.Replace("\n", "\n        ", StringComparison.Ordinal)}}
            }

            private static Task Limited(Func<Task> call) => call().WaitAsync(TimeSpan.FromSeconds(9));
        }
        """;
}
