namespace AsyncLlmAnalyzers.Tests.Rules;

public class CallWithoutRetryTests() : RuleTests("ALLM4010")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question, CancellationToken ct) => client.[|CompleteChatAsync|]([question], cancellationToken: ct);
        }
        """;

    [Theory]
    [InlineData("await injected.[|CompleteChatAsync|](text);")]
    [InlineData("await chat.[|GetResponseAsync|](text);")]
    [InlineData("await ollama.[|EmbedAsync|](new());")]
    [InlineData("try { await injected.[|CompleteChatAsync|](text); } catch (Exception) { }")]
    public Task Reports_a_call_through_a_client_from_elsewhere(string statements) => ReportsAsync(Method(statements));

    [Theory]
    [InlineData("while (true) { try { await injected.CompleteChatAsync(text); break; } catch (Exception) { await Task.Delay(1000); } }")]
    [InlineData("await Again(() => injected.CompleteChatAsync(text));")]
    [InlineData("var tries = 0; again: try { await injected.CompleteChatAsync(text); } catch (Exception) when (++tries < 3) { await Task.Delay(1000); goto again; }")]
    [InlineData("await pipeline.ExecuteAsync(async _ => await injected.CompleteChatAsync(text));")]
    public Task Silent_when_the_code_around_repeats_it_or_may(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await new Repeating(chat).GetResponseAsync(text);")]
    [InlineData("IChatClient own = new Repeating(chat); await own.AsBuilder().UseLogging().Build().GetResponseAsync(text);")]
    [InlineData("await chat.WithThrottle().GetResponseAsync(text);")]
    [InlineData("await chat.AsBuilder().UseRateLimiting().UseLogging().Build().GetResponseAsync(text);")]
    [InlineData("await repeated.GetResponseAsync(text);")]
    public Task Silent_when_a_layer_of_the_client_repeats_it_or_may(string statements) => SilentAsync(Method(statements));

    [Theory]
    [InlineData("await new Plain(chat).[|GetResponseAsync|](text);")]
    [InlineData("await chat.AsBuilder().UseLogging().Build().[|GetResponseAsync|](text);")]
    public Task Reports_where_no_layer_of_the_client_repeats_it(string statements) => ReportsAsync(Method(statements));

    [Fact]
    public Task Silent_when_the_client_is_a_class_of_this_code() => SilentAsync(ClientCode.Own);

    [Theory]
    [MemberData(nameof(LocalModelCode.Calls), MemberType = typeof(LocalModelCode))]
    public Task Silent_when_the_model_runs_in_the_process(string statements) => SilentAsync(LocalModelCode.In(statements));

    /// <summary>A conversation is no client of its own: what it is given makes its requests.</summary>
    [Theory]
    [InlineData("new OllamaApiClient(\"http://localhost:11434\")", "SendAsync")]
    [InlineData("new OllamaApiClient(new Uri(\"http://localhost:11434\"))", "SendAsync")]
    [InlineData("client", "[|SendAsync|]")]
    public Task Looks_through_a_conversation_at_its_client(string client, string call) => ReportsAsync($$"""
        using OllamaSharp;

        class Answers(IOllamaApiClient client)
        {
            object Given => client;

            async Task Ask(string question)
            {
                var chat = new Chat({{client}});
                await foreach (var token in chat.{{call}}(question))
                    Console.Write(token);
            }
        }
        """);

    [Fact]
    public Task Silent_in_a_function_that_the_builder_of_a_client_is_given() => SilentAsync("""
        using Microsoft.Extensions.AI;

        class Clients
        {
            public static IChatClient Logged(IChatClient client) => client.AsBuilder()
                .Use(
                    async (messages, options, inner, ct) => { Console.WriteLine("asked"); return await inner.GetResponseAsync(messages, options, ct); },
                    (messages, options, inner, ct) => inner.GetStreamingResponseAsync(messages, options, ct))
                .Build();
        }
        """);

    [Theory]
    [InlineData("client.AsBuilder().Use(Guarded, null).Build()", "GetResponseAsync")]
    [InlineData("client.AsBuilder().Use(Guards.Guarded, null).Build()", "GetResponseAsync")]
    [InlineData("client", "[|GetResponseAsync|]")]
    public Task Silent_in_a_method_that_the_builder_of_a_client_is_given(string made, string call) => ReportsAsync($$"""
        using Microsoft.Extensions.AI;

        static class Guards
        {
            public static IChatClient Of(IChatClient client) => {{made}};

            public static async Task<ChatResponse> Guarded(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient inner, CancellationToken ct) =>
                await inner.{{call}}(messages.Where(message => message.Text.Length < 1000), options, ct);
        }
        """);

    [Fact]
    public Task Reports_in_a_function_that_others_hand_a_client_to() => ReportsAsync("""
        using Microsoft.AspNetCore.Builder;
        using Microsoft.Extensions.AI;

        class Endpoints
        {
            public static void Map(WebApplication app, List<IChatClient> clients)
            {
                app.MapPost("/ask", (string question, IChatClient client, CancellationToken ct) => client.[|GetResponseAsync|](question, cancellationToken: ct));
                app.MapPost("/ask-all", (string question, CancellationToken ct) => Task.WhenAll(clients.Select(client => client.[|GetResponseAsync|](question, cancellationToken: ct))));
            }
        }
        """);

    [Theory]
    [InlineData("class Logged(IChatClient inner) : IChatClient { public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ct) { Console.WriteLine(messages); return inner.GetResponseAsync([.. messages], options, ct); } public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct) { await foreach (var u in inner.GetStreamingResponseAsync(messages, options, ct)) yield return u; } public object? GetService(Type type, object? key) => null; public void Dispose() { } }")]
    [InlineData("static class Extensions { public static async Task<string> AskAsync(this IChatClient client, string question) => (await client.GetResponseAsync(question)).Text; }")]
    [InlineData("class Middleware { delegate Task<ChatResponse> Handler(IEnumerable<ChatMessage> messages, ChatOptions? options, IChatClient inner, CancellationToken ct); void Use(Handler handler) { } void Add() => Use(async (messages, options, inner, ct) => await inner.GetResponseAsync(messages, options, ct)); }")]
    [InlineData("abstract class Agent(IChatClient chat) { protected Task<ChatResponse> CompleteAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ct) => chat.GetResponseAsync(messages, options, ct); }")]
    [InlineData("class Adapter(IChatClient chat) : Microsoft.SemanticKernel.ChatCompletion.IChatCompletionService { public IReadOnlyDictionary<string, object?> Attributes => new Dictionary<string, object?>(); public async Task<IReadOnlyList<Microsoft.SemanticKernel.ChatMessageContent>> GetChatMessageContentsAsync(Microsoft.SemanticKernel.ChatCompletion.ChatHistory history, Microsoft.SemanticKernel.PromptExecutionSettings? settings, Microsoft.SemanticKernel.Kernel? kernel, CancellationToken ct) => [new(Microsoft.SemanticKernel.ChatCompletion.AuthorRole.Assistant, (await chat.GetResponseAsync(history.ToString()!, cancellationToken: ct)).Text)]; public IAsyncEnumerable<Microsoft.SemanticKernel.StreamingChatMessageContent> GetStreamingChatMessageContentsAsync(Microsoft.SemanticKernel.ChatCompletion.ChatHistory history, Microsoft.SemanticKernel.PromptExecutionSettings? settings, Microsoft.SemanticKernel.Kernel? kernel, CancellationToken ct) => throw new NotSupportedException(); }")]
    public Task Silent_where_the_call_is_only_handed_on(string type) => SilentAsync($"using Microsoft.Extensions.AI;\n{type}");

    [Theory]
    [InlineData("class Answers(IChatClient chat) { public Task<ChatResponse> AskAsync(string question) => chat.[|GetResponseAsync|](question); }")]
    [InlineData("class Answers(IChatClient chat) { public Task<ChatResponse> AskAsync(string question, ChatOptions options) => chat.[|GetResponseAsync|](question + \"?\", options); }")]
    [InlineData("static class Answers { public static Task<ChatResponse> AskAsync(IChatClient chat, string question) => chat.[|GetResponseAsync|](question); }")]
    [InlineData("class Answers { Task All(List<IChatClient> clients, string question) => Parallel.ForEachAsync(clients, async (client, ct) => await client.[|GetResponseAsync|](question, cancellationToken: ct)); }")]
    [InlineData("class Own(OpenAI.Chat.ChatClient chat) : IChatClient { public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ct) => new(new ChatMessage(ChatRole.Assistant, (await chat.[|CompleteChatAsync|]([messages.Last().Text], cancellationToken: ct)).Value.Content[0].Text)); public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, CancellationToken ct) => throw new NotSupportedException(); public object? GetService(Type type, object? key) => null; public void Dispose() { } }")]
    public Task Reports_where_the_call_begins(string type) => ReportsAsync($"using Microsoft.Extensions.AI;\n{type}");

    [Fact]
    public Task Silent_when_a_caller_repeats_the_wrapper() => SilentAsync("""
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            private Task Once(string question) => client.CompleteChatAsync(question);

            public async Task Ask(string question)
            {
                for (var i = 0; i < 3; i++)
                {
                    try
                    {
                        await Once(question);
                        return;
                    }
                    catch (Exception)
                    {
                        await Task.Delay(1000);
                    }
                }
            }
        }
        """);

    [Theory]
    [InlineData("await anthropic.Messages.Create(null!);")]
    [InlineData("await own.CompleteChatAsync(text);")]
    public Task Silent_where_the_default_is_sound_or_the_construction_speaks(string statements) => SilentAsync(Method(statements));

    [Fact]
    public Task Fix_repeats_a_single_call() => FixesAsync(
        Example,
        """
        using AsyncLlm;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question, CancellationToken ct) => LlmRetry.RunAsync(token => client.CompleteChatAsync([question], cancellationToken: token), cancellationToken: ct);
        }
        """,
        withRuntime: true);

    [Fact]
    public Task Fix_makes_the_call_through_the_clients_throttle() => FixesAsync(
        Example,
        """
        using AsyncLlm;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(string question, CancellationToken ct) => LlmThrottle.For(client).ExecuteAsync(token => client.CompleteChatAsync([question], cancellationToken: token), ct);
        }
        """,
        withRuntime: true,
        kind: "Throttle");

    [Fact]
    public Task Fix_makes_one_of_many_calls_through_the_clients_throttle() => FixesAsync(
        """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(List<string> questions) => Task.WhenAll(questions.Select(question => client.[|CompleteChatAsync|](question)));
        }
        """,
        """
        using AsyncLlm;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public Task Ask(List<string> questions) => Task.WhenAll(questions.Select(question => LlmThrottle.For(client).ExecuteAsync(ct => client.CompleteChatAsync([question], cancellationToken: ct))));
        }
        """,
        withRuntime: true);

    [Theory]
    [InlineData("ollama.[|EmbedAsync|](new())", "LlmRetry.RunAsync(_ => ollama.EmbedAsync(new()))")]
    [InlineData("Made().[|CompleteChatAsync|](text)", "LlmRetry.RunAsync(_ => Made().CompleteChatAsync(text))")]
    [InlineData("injected.[|CompleteChatAsync|]([text], cancellationToken: CancellationToken.None)", "LlmRetry.RunAsync(_ => injected.CompleteChatAsync([text], cancellationToken: CancellationToken.None))")]
    public Task Fix_leaves_the_call_as_it_is_where_there_is_no_token(string call, string fixedCall) => FixesAsync(
        "using AsyncLlm;\n" + Method($"await {call};"), "using AsyncLlm;\n" + Method($"await {fixedCall};"), withRuntime: true);

    [Fact]
    public Task Offers_no_fix_without_the_runtime() => OffersNoFixAsync(Example);

    private static string Method(string statements) => $$"""
        using Anthropic;
        using Microsoft.Extensions.AI;
        using OpenAI.Chat;
        using Polly;

        class Answers(ChatClient injected, IChatClient chat, AnthropicClient anthropic, OllamaSharp.IOllamaApiClient ollama, ResiliencePipeline pipeline)
        {
            private readonly ChatClient own = new("m", "k");

            private readonly IChatClient repeated = new Repeating(chat);

            public object Given => (injected, chat, anthropic, ollama, pipeline, own, repeated);

            public async Task Ask(string text)
            {
                {{statements}}
            }

            private static ChatClient Made() => throw new NotSupportedException();

            private static async Task Again(Func<Task> call) { while (true) { try { await call(); return; } catch (Exception) { await Task.Delay(1000); } } }
        }

        class Plain(IChatClient inner) : DelegatingChatClient(inner);

        class Repeating(IChatClient inner) : DelegatingChatClient(inner)
        {
            public override async Task<ChatResponse> GetResponseAsync(IEnumerable<Microsoft.Extensions.AI.ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        return await base.GetResponseAsync(messages, options, cancellationToken);
                    }
                    catch (Exception) when (attempt < 5)
                    {
                        await Task.Delay(1000 << attempt, cancellationToken);
                    }
                }
            }
        }

        static class Extensions
        {
            public static IChatClient WithThrottle(this IChatClient client) => client;
            public static ChatClientBuilder UseRateLimiting(this ChatClientBuilder builder) => builder;
        }
        """;
}
