namespace AsyncLlmAnalyzers.Tests.Rules;

public class SyncCallInAsyncTests() : RuleTests("ALLM2002")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task<string> Summarize(string text, TextWriter log)
            {
                await log.WriteLineAsync(text);
                return client.[|CompleteChat|](text).Value.Content[0].Text;
            }
        }
        """;

    [Theory]
    [InlineData("client.[|CompleteChat|](text);", "await client.CompleteChatAsync(text);")]
    [InlineData("ChatCompletion answer = client.[|CompleteChat|](list);", "ChatCompletion answer = await client.CompleteChatAsync(list);")]
    [InlineData("var answer = client.[|CompleteChat|](list, options);", "var answer = await client.CompleteChatAsync(list, options);")]
    [InlineData("Console.WriteLine(client.[|CompleteChat|](text).Value.Content[0].Text);", "Console.WriteLine((await client.CompleteChatAsync(text)).Value.Content[0].Text);")]
    [InlineData("Console.WriteLine((client.[|CompleteChat|](text)).Value.Content[0].Text);", "Console.WriteLine((await client.CompleteChatAsync(text)).Value.Content[0].Text);")]
    [InlineData("var answer = (ChatCompletion)client.[|CompleteChat|](text);", "var answer = (ChatCompletion)await client.CompleteChatAsync(text);")]
    [InlineData("var answer = client!.[|CompleteChat|](text)!;", "var answer = (await client!.CompleteChatAsync(text))!;")]
    [InlineData("await log.WriteLineAsync(client.[|CompleteChat|](text).Value.Content[0].Text);", "await log.WriteLineAsync((await client.CompleteChatAsync(text)).Value.Content[0].Text);")]
    [InlineData("if (client.[|CompleteChat|](text).Value.FinishReason == ChatFinishReason.Stop) return;", "if ((await client.CompleteChatAsync(text)).Value.FinishReason == ChatFinishReason.Stop) return;")]
    [InlineData("using (log) log.Write(/* ask */ client.[|CompleteChat|](text) /* asked */);", "using (log) log.Write(/* ask */ await client.CompleteChatAsync(text) /* asked */);")]
    [InlineData("try { client.[|CompleteChat|](text); } catch (Exception) { client.[|CompleteChat|](text); } finally { client.[|CompleteChat|](text); }", "try { await client.CompleteChatAsync(text); } catch (Exception) { await client.CompleteChatAsync(text); } finally { await client.CompleteChatAsync(text); }")]
    [InlineData("client.[|CompleteChat|]($\"Translate: {client.[|CompleteChat|](text).Value.Content[0].Text}\");", "await client.CompleteChatAsync($\"Translate: {(await client.CompleteChatAsync(text)).Value.Content[0].Text}\");")]
    public Task Awaits_the_twin(string statement, string fixedStatement) => FixesAsync(InAsync(statement), InAsync(fixedStatement));

    [Fact]
    public Task Keeps_the_layout_of_a_chain() => FixesAsync(
        InAsync("""
            var answer = client
                // the slow part
                .[|CompleteChat|](
                    list, // history
                    options)
                .Value;
            """),
        InAsync("""
            var answer = (await client
                // the slow part
                .CompleteChatAsync(
                    list, // history
                    options))
                .Value;
            """));

    [Theory]
    [InlineData("client.[|CompleteChat|](text);", "await client.CompleteChatAsync([text], cancellationToken: ct);")]
    [InlineData("client.[|CompleteChat|](list, options);", "await client.CompleteChatAsync(list, options, ct);")]
    [InlineData("client.[|CompleteChat|](list, options, default);", "await client.CompleteChatAsync(list, options, ct);")]
    [InlineData("client.[|CompleteChat|](list, options, ct);", "await client.CompleteChatAsync(list, options, ct);")]
    [InlineData("client.[|CompleteChat|](body, new RequestOptions { CancellationToken = ct });", "await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct });")]
    [InlineData("client.[|CompleteChat|](body);", "await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct });")]
    [InlineData("try { } finally { client.[|CompleteChat|](text); }", "try { } finally { await client.CompleteChatAsync(text); }")]
    [InlineData("foreach (var u in client.[|CompleteChatStreaming|](text)) { }", "await foreach (var u in client.CompleteChatStreamingAsync([text], cancellationToken: ct)) { }")]
    [InlineData("await Parallel.ForEachAsync(list, async (m, token) => { client.[|CompleteChat|](m); });", "await Parallel.ForEachAsync(list, async (m, token) => { await client.CompleteChatAsync([m], cancellationToken: token); });")]
    public Task Passes_the_token_in_scope(string statement, string fixedStatement) => FixesAsync(InAsync(statement, ", CancellationToken ct"), InAsync(fixedStatement, ", CancellationToken ct"));

    [Fact]
    public Task Passes_no_token_when_two_compete() => FixesAsync(
        InAsync("client.[|CompleteChat|](text);", ", CancellationToken request, CancellationToken stopping"),
        InAsync("await client.CompleteChatAsync(text);", ", CancellationToken request, CancellationToken stopping"));

    [Fact]
    public Task Passes_no_token_where_no_overload_takes_one() => FixesAsync(
        """
        class Transcripts(OpenAI.Audio.AudioClient client)
        {
            async Task Transcribe(string path, CancellationToken ct) => client.[|TranscribeAudio|](path);
        }
        """,
        """
        class Transcripts(OpenAI.Audio.AudioClient client)
        {
            async Task Transcribe(string path, CancellationToken ct) => await client.TranscribeAudioAsync(path);
        }
        """);

    [Theory]
    [InlineData("foreach (var u in client.[|CompleteChatStreaming|](list)) { }", "await foreach (var u in client.CompleteChatStreamingAsync(list)) { }")]
    [InlineData("foreach (StreamingChatCompletionUpdate u in client.[|CompleteChatStreaming|](text)) log.Write(u.Role);", "await foreach (StreamingChatCompletionUpdate u in client.CompleteChatStreamingAsync(text)) log.Write(u.Role);")]
    [InlineData("// stream\n/* it */ foreach (var u in client.[|CompleteChatStreaming|](list)) { }", "// stream\n/* it */ await foreach (var u in client.CompleteChatStreamingAsync(list)) { }")]
    [InlineData("var updates = client.[|CompleteChatStreaming|](list); foreach (var u in updates) { }", "var updates = client.CompleteChatStreamingAsync(list); await foreach (var u in updates) { }")]
    [InlineData("CollectionResult<StreamingChatCompletionUpdate> updates = client.[|CompleteChatStreaming|](list); foreach (var u in updates) { }", "var updates = client.CompleteChatStreamingAsync(list); await foreach (var u in updates) { }")]
    [InlineData("var updates = client.[|CompleteChatStreaming|](list); foreach (var u in updates) { foreach (var v in updates) { } }", "var updates = client.CompleteChatStreamingAsync(list); await foreach (var u in updates) { await foreach (var v in updates) { } }")]
    public Task Enumerates_the_stream_of_the_twin(string statement, string fixedStatement) => FixesAsync(InAsync(statement), InAsync(fixedStatement));

    [Fact]
    public Task Copies_the_files_ConfigureAwait_style() => FixesAsync(
        """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(string text, CancellationToken ct)
            {
                await Task.Delay(1, ct).ConfigureAwait(false);
                await Task.Delay(2, ct).ConfigureAwait(false);
                Console.WriteLine(client.[|CompleteChat|](text).Value);
                foreach (var update in client.[|CompleteChatStreaming|](text))
                    Console.WriteLine(update.Role);
            }
        }
        """,
        """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(string text, CancellationToken ct)
            {
                await Task.Delay(1, ct).ConfigureAwait(false);
                await Task.Delay(2, ct).ConfigureAwait(false);
                Console.WriteLine((await client.CompleteChatAsync([text], cancellationToken: ct).ConfigureAwait(false)).Value);
                await foreach (var update in client.CompleteChatStreamingAsync([text], cancellationToken: ct).ConfigureAwait(false))
                    Console.WriteLine(update.Role);
            }
        }
        """);

    [Fact]
    public Task Works_in_every_async_function() => FixesAsync(
        """
        using OpenAI.Chat;
        using OpenAI.Embeddings;

        partial class Summaries<T>
        {
            private partial ValueTask<ChatCompletion> Ask(T text);
        }

        partial class Summaries<T>(ChatClient client, EmbeddingClient embeddings) where T : notnull
        {
            private partial async ValueTask<ChatCompletion> Ask(T text) => client.[|CompleteChat|](text.ToString());

            async void OnClick(object sender, EventArgs e) => Console.WriteLine(client.[|CompleteChat|]("x"));

            async IAsyncEnumerable<string> Stream(string question)
            {
                await Task.Yield();
                foreach (var update in client.[|CompleteChatStreaming|](question))
                    yield return update.ToString()!;
            }

            void Lambdas(IEnumerable<string> texts)
            {
                Func<string, Task> ask = async text => client.[|CompleteChat|](text);
                Func<string, Task<float>> embed = async delegate (string text) { return embeddings.[|GenerateEmbedding|](text).Value.ToFloats().Span[0]; };
                var all = texts.Select(async text => client.[|CompleteChat|](text).Value);
                Task.Run(async () => { client.[|CompleteChat|]("x"); });
                Ask("x");

                async Task Ask(string text) => client.[|CompleteChat|](text);
            }
        }
        """,
        """
        using OpenAI.Chat;
        using OpenAI.Embeddings;

        partial class Summaries<T>
        {
            private partial ValueTask<ChatCompletion> Ask(T text);
        }

        partial class Summaries<T>(ChatClient client, EmbeddingClient embeddings) where T : notnull
        {
            private partial async ValueTask<ChatCompletion> Ask(T text) => await client.CompleteChatAsync(text.ToString());

            async void OnClick(object sender, EventArgs e) => Console.WriteLine(await client.CompleteChatAsync("x"));

            async IAsyncEnumerable<string> Stream(string question)
            {
                await Task.Yield();
                await foreach (var update in client.CompleteChatStreamingAsync(question))
                    yield return update.ToString()!;
            }

            void Lambdas(IEnumerable<string> texts)
            {
                Func<string, Task> ask = async text => await client.CompleteChatAsync(text);
                Func<string, Task<float>> embed = async delegate (string text) { return (await embeddings.GenerateEmbeddingAsync(text)).Value.ToFloats().Span[0]; };
                var all = texts.Select(async text => (await client.CompleteChatAsync(text)).Value);
                Task.Run(async () => { await client.CompleteChatAsync("x"); });
                Ask("x");

                async Task Ask(string text) => await client.CompleteChatAsync(text);
            }
        }
        """);

    [Fact]
    public Task Works_in_top_level_statements() => FixesAsync(
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", args[0]);
        await Task.Delay(1);
        Console.WriteLine(client.[|CompleteChat|]("Hello").Value.Content[0].Text);
        """,
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", args[0]);
        await Task.Delay(1);
        Console.WriteLine((await client.CompleteChatAsync("Hello")).Value.Content[0].Text);
        """);

    [Fact]
    public Task Works_with_Azure_AI_Inference() => FixesAsync(
        """
        using Azure.AI.Inference;

        class Answers(ChatCompletionsClient client)
        {
            async Task<string> Ask(ChatCompletionsOptions options, CancellationToken ct) => client.[|Complete|](options).Value.Content;
        }
        """,
        """
        using Azure.AI.Inference;

        class Answers(ChatCompletionsClient client)
        {
            async Task<string> Ask(ChatCompletionsOptions options, CancellationToken ct) => (await client.CompleteAsync(options, ct)).Value.Content;
        }
        """);

    [Fact]
    public async Task Works_with_declared_calls()
    {
        await ReportsAsync(Code("models.[|Load|](\"x\") + models.[|Say|]<int>(\"y\")"), Calls);
        await SilentAsync(Code("models.Cached(\"x\")"), Calls);
    }

    [Theory]
    [InlineData("lock (client) { client.[|CompleteChat|](text); }")]
    [InlineData("try { } catch (Exception) when (client.[|CompleteChat|](text) != null) { }")]
    [InlineData("unsafe { client.[|CompleteChat|](text); }")]
    [InlineData("_ = (from x in list select client.[|CompleteChat|](x)).ToList();")]
    [InlineData("client?.[|CompleteChat|](text);")]
    [InlineData("Span<char> span = stackalloc char[3]; client.[|CompleteChat|](text); span.Clear();")]
    [InlineData("Print(client.[|CompleteChatStreaming|](list));")]
    [InlineData("var all = client.[|CompleteChatStreaming|](list).ToList();")]
    [InlineData("var updates = client.[|CompleteChatStreaming|](list); foreach (var u in updates) { } Print(updates);")]
    [InlineData("var updates = client.[|CompleteChatStreaming|](list); Action print = () => { foreach (var u in updates) { } };")]
    [InlineData("lock (client) { foreach (var u in client.[|CompleteChatStreaming|](list)) { } }")]
    public Task Reports_without_a_fix_where_await_cannot_stand(string statement) => OffersNoFixAsync(InAsync(statement));

    [Theory]
    [InlineData("await client.CompleteChatAsync(text);")]
    [InlineData("await Task.Run(() => client.CompleteChat(text));")]
    [InlineData("await Task.Run(() => { return client.CompleteChat(text); });")]
    [InlineData("Sync(); void Sync() => client.CompleteChat(text);")]
    [InlineData("_ = list.Select(x => client.CompleteChat(x)).ToList();")]
    [InlineData("System.Linq.Expressions.Expression<Func<object>> e = () => client.CompleteChat(list, options, default);")]
    [InlineData("_ = from x in list.AsQueryable() select client.CompleteChat(list, options, default);")]
    [InlineData("_ = nameof(client.CompleteChat);")]
    [InlineData("if (list.Count > 0) await client.CompleteChatAsync(text); else client.CompleteChat(text);")]
    [InlineData("_ = list.Count > 0 ? client.CompleteChat(text) : await client.CompleteChatAsync(text);")]
    [InlineData("Func<string, object> ask = x => client.CompleteChat(x);")]
    public Task Is_silent_where_no_async_function_blocks(string statement) => SilentAsync(InAsync(statement));

    [Theory]
    [InlineData("string Ask(ChatClient client) => client.CompleteChat(\"x\").Value.Content[0].Text;")]
    [InlineData("Task Ask(ChatClient client) { client.CompleteChat(\"x\"); return Task.CompletedTask; }")]
    [InlineData("Summaries(ChatClient client) { client.CompleteChat(\"x\"); }")]
    [InlineData("object Ask => new ChatClient(\"m\", \"k\").CompleteChat(\"x\");")]
    [InlineData("IEnumerable<string> Ask(ChatClient client) { foreach (var u in client.CompleteChatStreaming(\"x\")) yield return u.ToString()!; }")]
    public Task Is_silent_in_sync_members(string member) => SilentAsync($"using OpenAI.Chat;\nclass Summaries\n{{\n    {member}\n}}");

    private static string InAsync(string statement, string token = "") => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            void Print(object updates) => Console.WriteLine(client);

            async Task Summarize(string text, List<ChatMessage> list, ChatCompletionOptions options, BinaryContent body, TextWriter log{{token}})
            {
                {{statement.Replace("\n", "\n        ", StringComparison.Ordinal)}}
            }
        }
        """;

    private static (string, string) Calls => ("async_llm.call_methods", "M:Models.Load(System.String), M:Models.Cached(System.String), M:ModelExtensions.Say``1(Models,System.String)");

    private static string Code(string expression) => $$"""
        class Answers(OpenAI.Chat.ChatClient client, Models models)
        {
            async Task<string> Ask(CancellationToken ct) => {{expression}} + client;
        }

        class Models
        {
            public string Cached(string text) => text;

            public string Load(string path) => path;

            public Task<string> LoadAsync(string path, CancellationToken stop = default) => Task.FromResult(path);
        }

        static class ModelExtensions
        {
            public static string Say<T>(this Models models, string text) => text + models;

            public static Task<string> SayAsync<T>(this Models models, string text, CancellationToken stop = default) => Task.FromResult(text + models + stop);
        }
        """;
}
