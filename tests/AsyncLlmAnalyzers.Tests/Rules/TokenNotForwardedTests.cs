using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class TokenNotForwardedTests() : RuleTests("ALLM3002")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task<string> Summarize(string text, CancellationToken cancellationToken)
            {
                ChatCompletion completion = await client.[|CompleteChatAsync|](text);
                return completion.Content[0].Text;
            }
        }
        """;

    [Fact]
    public Task Says_what_happens_to_the_request() => SaysAsync(
        """
        class Answers(OpenAI.Chat.ChatClient client)
        {
            async Task Ask(CancellationToken request, CancellationToken stopping) => await client.{|#0:CompleteChatAsync|}("x");
        }
        """,
        "'CompleteChatAsync' cannot be cancelled: 'request' or 'stopping' is in scope but not passed, so the request runs on and is billed after the caller has given up");

    [Fact]
    public Task Says_what_else_a_stream_needs_whose_stall_ignores_the_token() => SaysAsync(
        """
        class Answers(OllamaSharp.IOllamaApiClient ollama)
        {
            async Task Ask(CancellationToken ct) { await foreach (var part in ollama.{|#0:GenerateAsync|}(new())) { } }
        }
        """,
        "'GenerateAsync' cannot be cancelled: 'ct' is in scope but not passed, so the request runs on and is billed after the caller has given up; and as this stream looks at no token while it stalls, bound the wait for each piece, too");

    [Theory]
    [InlineData("await foreach (var part in ollama.[|GenerateAsync|](new())) { }", "await foreach (var part in ollama.GenerateAsync(new(), ct).WithTimeout(TimeSpan.FromMinutes(2))) { }")]
    [InlineData("await foreach (var part in ollama.[|GenerateAsync|](new()).ConfigureAwait(false)) { }", "await foreach (var part in ollama.GenerateAsync(new(), ct).WithTimeout(TimeSpan.FromMinutes(2)).ConfigureAwait(false)) { }")]
    [InlineData("await foreach (var part in [|given|]) { }", "await foreach (var part in given.WithTimeout(TimeSpan.FromMinutes(2)).WithCancellation(ct)) { }")]
    [InlineData("await foreach (var part in [|given|].ConfigureAwait(false)) { }", "await foreach (var part in given.WithTimeout(TimeSpan.FromMinutes(2)).WithCancellation(ct).ConfigureAwait(false)) { }")]
    public Task Fix_bounds_a_stream_whose_stall_ignores_the_token(string statement, string fixedStatement) => FixesAsync(
        OllamaStream(statement), OllamaStream(fixedStatement, "using AsyncLlm;\n"), withRuntime: true);

    private static string OllamaStream(string statement, string usings = "") => $$"""
        {{usings}}using OllamaSharp;
        using OllamaSharp.Models;

        class Answers(IOllamaApiClient ollama)
        {
            public async Task Ask(IAsyncEnumerable<GenerateResponseStream?> given, CancellationToken ct)
            {
                await Task.Yield();
                {{statement}}
            }

            public object Given => ollama;
        }
        """;

    [Fact]
    public Task Says_what_happens_to_a_model_in_the_process() => SaysAsync(
        """
        class Answers(LLama.LLamaEmbedder embedder)
        {
            async Task Embed(CancellationToken ct) => await embedder.{|#0:GetEmbeddings|}("x");
        }

        namespace LLama
        {
            class LLamaEmbedder
            {
                public Task<float[]> GetEmbeddings(string input, CancellationToken cancellationToken = default) => Task.FromResult<float[]>([]);
            }
        }
        """,
        "'GetEmbeddings' cannot be cancelled: 'ct' is in scope but not passed, so the model computes on after the caller has given up");

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](text)", "client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|]()", "client.CompleteChatAsync([], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](new SystemChatMessage(\"Be brief.\"), text)", "client.CompleteChatAsync([new SystemChatMessage(\"Be brief.\"), text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](array)", "client.CompleteChatAsync(array, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list)", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|]([text])", "client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options: options)", "client.CompleteChatAsync(list, options: options, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](messages: list)", "client.CompleteChatAsync(messages: list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](options: options, messages: list)", "client.CompleteChatAsync(options: options, messages: list, cancellationToken: ct)")]
    [InlineData("client?.[|CompleteChatAsync|](text)!", "client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("this?.client?.[|CompleteChatAsync|](text)!", "this?.client?.CompleteChatAsync([text], cancellationToken: ct)!")]
    [InlineData("this.client!.[|CompleteChatAsync|](text).ConfigureAwait(false)", "this.client!.CompleteChatAsync([text], cancellationToken: ct).ConfigureAwait(false)")]
    [InlineData("client.[|CompleteChatAsync|](text).WaitAsync(ct)", "client.CompleteChatAsync([text], cancellationToken: ct).WaitAsync(ct)")]
    [InlineData("client.[|CompleteChatAsync|](text).ContinueWith(t => t.Status)", "client.CompleteChatAsync([text], cancellationToken: ct).ContinueWith(t => t.Status)")]
    [InlineData("(client.[|CompleteChatAsync|](text))", "(client.CompleteChatAsync([text], cancellationToken: ct))")]
    public Task Passes_the_token_to_the_overload_that_takes_it(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](list, options, CancellationToken.None)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, options, default)", "client.CompleteChatAsync(list, options, ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: new CancellationToken())", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: new(false))", "client.CompleteChatAsync(list, cancellationToken: ct)")]
    [InlineData("client.[|CompleteChatAsync|](list, cancellationToken: /* why */ default(CancellationToken) /* here */)", "client.CompleteChatAsync(list, cancellationToken: /* why */ ct /* here */)")]
    public Task Replaces_a_token_that_never_fires(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Theory]
    [InlineData("client.[|CompleteChatAsync|](body)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, null)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, default)", "client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](content: body)", "client.CompleteChatAsync(content: body, options: new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, options: new RequestOptions())", "client.CompleteChatAsync(body, options: new RequestOptions { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new())", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { BufferResponse = false })", "client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { BufferResponse = false, })", "client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct, })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { CancellationToken = default })", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    [InlineData("client.[|CompleteChatAsync|](body, new() { })", "client.CompleteChatAsync(body, new() { CancellationToken = ct })")]
    public Task Passes_the_token_inside_the_options(string call, string fixedCall) =>
        FixesAsync(WithCall(call), WithCall(fixedCall));

    [Fact]
    public Task Imports_the_options_type() => FixesAsync(
        """
        using System.ClientModel;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(BinaryContent body, CancellationToken ct) => await client.[|CompleteChatAsync|](body);
        }
        """,
        """
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Summarize(BinaryContent body, CancellationToken ct) => await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct });
        }
        """);

    [Fact]
    public Task Sets_the_token_where_the_options_are_created() => FixesAsync(
        WithBody("""
            var request = new RequestOptions
            {
                BufferResponse = false, // streamed
            };
            await client.[|CompleteChatAsync|](body, request);
            """),
        WithBody("""
            var request = new RequestOptions
            {
                BufferResponse = false, // streamed
                CancellationToken = ct,
            };
            await client.CompleteChatAsync(body, request);
            """));

    [Fact]
    public Task Keeps_layout_and_comments() => FixesAsync(
        WithBody("""
            await client.[|CompleteChatAsync|](
                new SystemChatMessage("Be brief."), // system
                // the prompt
                new UserChatMessage(text)); // user
            await client.[|CompleteChatAsync|](
                list, // history
                options /* as configured */
            );
            """),
        WithBody("""
            await client.CompleteChatAsync(
                [new SystemChatMessage("Be brief."), // system
                // the prompt
                new UserChatMessage(text)],
                cancellationToken: ct); // user
            await client.CompleteChatAsync(
                list, // history
                options, /* as configured */
                ct
            );
            """));

    [Theory]
    [InlineData("(await client.[|CompleteChatAsync|](text)).Value.Content[0].Text", "(await client.CompleteChatAsync([text], cancellationToken: ct)).Value.Content[0].Text")]
    [InlineData("client.[|CompleteChat|](text).Value.Content[0].Text", "client.CompleteChat([text], cancellationToken: ct).Value.Content[0].Text")]
    [InlineData("client.[|CompleteChat|](list).Value.Content[0].Text", "client.CompleteChat(list, cancellationToken: ct).Value.Content[0].Text")]
    [InlineData("string.Concat(client.[|CompleteChatStreaming|](text).Select(update => update.Role))", "string.Concat(client.CompleteChatStreaming([text], cancellationToken: ct).Select(update => update.Role))")]
    public Task Reports_within_expressions_and_blocking_calls(string expression, string fixedExpression) =>
        FixesAsync(WithBody($"Console.WriteLine({expression});"), WithBody($"Console.WriteLine({fixedExpression});"));

    [Theory]
    [InlineData("xs.Select(async x => await client.[|CompleteChatAsync|](x))", "xs.Select(async x => await client.CompleteChatAsync([x], cancellationToken: ct))")]
    [InlineData("xs.Select(x => client.[|CompleteChatAsync|](x)).ToList()", "xs.Select(x => client.CompleteChatAsync([x], cancellationToken: ct)).ToList()")]
    [InlineData("from x in xs select client.[|CompleteChatAsync|](x)", "from x in xs select client.CompleteChatAsync([x], cancellationToken: ct)")]
    [InlineData("from x in xs let answer = client.[|CompleteChatAsync|](x) select answer", "from x in xs let answer = client.CompleteChatAsync([x], cancellationToken: ct) select answer")]
    [InlineData("xs.Select(x => new { x, Answer = client.[|CompleteChatAsync|](x) }).Select(pair => pair.Answer)", "xs.Select(x => new { x, Answer = client.CompleteChatAsync([x], cancellationToken: ct) }).Select(pair => pair.Answer)")]
    [InlineData("xs.Select(delegate (string x) { return client.[|CompleteChatAsync|](x); })", "xs.Select(delegate (string x) { return client.CompleteChatAsync([x], cancellationToken: ct); })")]
    public Task Reports_in_projections(string projection, string fixedProjection) =>
        FixesAsync(WithBody($"await Task.WhenAll({projection});"), WithBody($"await Task.WhenAll({fixedProjection});"));

    [Fact]
    public Task Reports_once_in_an_extension_block() => ReportsAsync("""
        using OpenAI.Chat;

        static class Extensions
        {
            extension(ChatClient client)
            {
                public async Task<string> AskAsync(string text, CancellationToken ct) => (await client.[|CompleteChatAsync|](text)).Value.Content[0].Text;
            }
        }
        """);

    [Theory]
    [InlineData("await Parallel.ForEachAsync(xs, async (x, token) => await client.[|CompleteChatAsync|](x));", "await Parallel.ForEachAsync(xs, async (x, token) => await client.CompleteChatAsync([x], cancellationToken: token));")]
    [InlineData("await Parallel.ForEachAsync(xs, ct, async (x, _) => await client.[|CompleteChatAsync|](x));", "await Parallel.ForEachAsync(xs, ct, async (x, _) => await client.CompleteChatAsync([x], cancellationToken: ct));")]
    [InlineData("await Parallel.ForEachAsync(xs, ct, static async (x, token) => await new ChatClient(\"m\", x).[|CompleteChatAsync|](x));", "await Parallel.ForEachAsync(xs, ct, static async (x, token) => await new ChatClient(\"m\", x).CompleteChatAsync([x], cancellationToken: token));")]
    [InlineData("await Task.Run(() => client.[|CompleteChatAsync|](text));", "await Task.Run(() => client.CompleteChatAsync([text], cancellationToken: ct));")]
    [InlineData("var task = Task.Run(() => client.[|CompleteChatAsync|](text)); await task;", "var task = Task.Run(() => client.CompleteChatAsync([text], cancellationToken: ct)); await task;")]
    [InlineData("Parallel.ForEach(xs, x => client.[|CompleteChat|](x));", "Parallel.ForEach(xs, x => client.CompleteChat([x], cancellationToken: ct));")]
    [InlineData("Func<string, Task> ask = x => client.[|CompleteChatAsync|](x); await ask(text);", "Func<string, Task> ask = x => client.CompleteChatAsync([x], cancellationToken: ct); await ask(text);")]
    [InlineData("await Ask(); Task Ask() => client.[|CompleteChatAsync|](text);", "await Ask(); Task Ask() => client.CompleteChatAsync([text], cancellationToken: ct);")]
    [InlineData("await Ask(ct); async Task Ask(CancellationToken token) => await client.[|CompleteChatAsync|](text);", "await Ask(ct); async Task Ask(CancellationToken token) => await client.CompleteChatAsync([text], cancellationToken: token);")]
    [InlineData("await Ask(ct); Task Ask(CancellationToken @event) => client.[|CompleteChatAsync|](text);", "await Ask(ct); Task Ask(CancellationToken @event) => client.CompleteChatAsync([text], cancellationToken: @event);")]
    [InlineData("await Ask(client, ct); static async Task Ask(ChatClient c, CancellationToken token) => await c.[|CompleteChatAsync|](\"x\");", "await Ask(client, ct); static async Task Ask(ChatClient c, CancellationToken token) => await c.CompleteChatAsync([\"x\"], cancellationToken: token);")]
    public Task Takes_the_token_of_the_nearest_function(string body, string fixedBody) =>
        FixesAsync(WithBody(body), WithBody(fixedBody));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(100); var token = cts.Token; await client.[|CompleteChatAsync|](\"x\");", "[\"x\"], cancellationToken: token")]
    [InlineData("foreach (var token in Tokens()) await client.[|CompleteChatAsync|](\"x\");", "[\"x\"], cancellationToken: token")]
    [InlineData("if (!TryGet(out var token)) return; await client.[|CompleteChatAsync|](\"x\");", "[\"x\"], cancellationToken: token")]
    [InlineData("if (Tokens() is [var token, ..]) await client.[|CompleteChatAsync|](\"x\");", "[\"x\"], cancellationToken: token")]
    [InlineData("CancellationToken token; token = new CancellationTokenSource(100).Token; await client.[|CompleteChatAsync|](\"x\");", "[\"x\"], cancellationToken: token")]
    public Task Takes_the_token_of_a_local(string body, string fixedArguments) => FixesAsync(
        WithoutToken(body),
        WithoutToken(body.Replace("[|CompleteChatAsync|](\"x\")", $"CompleteChatAsync({fixedArguments})", StringComparison.Ordinal)));

    [Theory]
    [InlineData("CancellationToken token = default; await client.CompleteChatAsync(\"x\");")]
    [InlineData("var token = CancellationToken.None; await client.CompleteChatAsync(\"x\");")]
    [InlineData("await client.CompleteChatAsync(\"x\"); var token = new CancellationTokenSource(100).Token;")]
    [InlineData("{ var token = new CancellationTokenSource(100).Token; } await client.CompleteChatAsync(\"x\");")]
    [InlineData("CancellationToken token; if (Tokens().Length > 0) token = Tokens()[0]; await client.CompleteChatAsync(\"x\");")]
    [InlineData("if (Tokens() is [var token, ..] || (await client.CompleteChatAsync(\"x\")) != null) { }")]
    [InlineData("using var cts = new CancellationTokenSource(100); await client.CompleteChatAsync(\"x\");")]
    [InlineData("await Ask(null); async Task Ask(CancellationToken? maybe) => await client.CompleteChatAsync(\"x\");")]
    [InlineData("await Ask(default); async Task Ask(CancellationToken _) => await client.CompleteChatAsync(\"x\");")]
    [InlineData("Func<CancellationToken, CancellationToken, Task> ask = (_, _) => client.CompleteChatAsync(\"x\"); await ask(default, default);")]
    public Task Is_silent_when_no_token_is_in_scope(string body) => SilentAsync(WithoutToken(body));

    [Theory]
    [InlineData("class Summaries(ChatClient client, CancellationToken ct) { async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Summaries(ChatClient client) { readonly CancellationToken stopping; async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Summaries { Task Ask(ChatClient client, CancellationToken ct) { return Inner(client); static async Task Inner(ChatClient client) => await client.CompleteChatAsync(\"x\"); } }")]
    [InlineData("class Summaries { Task Ask(ChatClient client, CancellationToken ct) { Func<ChatClient, Task> ask = static c => c.CompleteChatAsync(\"x\"); return ask(client); } }")]
    [InlineData("class Summaries { object Ask(ChatClient client, CancellationToken ct) => nameof(client.CompleteChatAsync); }")]
    [InlineData("class Summaries { System.Linq.Expressions.Expression<Func<Task>> Ask(ChatClient client, CancellationToken ct) => () => client.CompleteChatAsync(new ChatMessage[0]); }")]
    public Task Is_silent_where_a_token_cannot_be_named_or_nothing_runs(string type) => SilentAsync($"using OpenAI.Chat;\n{type}");

    [Theory]
    [InlineData("await client.CompleteChatAsync(list, options, ct);")]
    [InlineData("await client.CompleteChatAsync([text], cancellationToken: ct);")]
    [InlineData("await client.CompleteChatAsync(cancellationToken: ct, messages: list);")]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); await client.CompleteChatAsync(list, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(100); await client.CompleteChatAsync(list, options, cts.Token);")]
    [InlineData("await client.CompleteChatAsync(list, options, text.Length > 3 ? ct : default);")]
    [InlineData("await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = ct });")]
    [InlineData("await client.CompleteChatAsync(body, new() { BufferResponse = false, CancellationToken = ct });")]
    [InlineData("var request = new RequestOptions { CancellationToken = ct }; await client.CompleteChatAsync(body, request);")]
    [InlineData("var request = new RequestOptions(); request.CancellationToken = ct; await client.CompleteChatAsync(body, request);")]
    [InlineData("var request = new RequestOptions(); Configure(request); await client.CompleteChatAsync(body, request);")]
    [InlineData("RequestOptions request = Request; await client.CompleteChatAsync(body, request);")]
    [InlineData("await client.CompleteChatAsync(body, Request);")]
    [InlineData("await client.CompleteChatAsync(body, text.Length > 3 ? Request : null);")]
    [InlineData("await Parallel.ForEachAsync(xs, async (x, token) => await client.CompleteChatAsync([x], cancellationToken: ct));")]
    public Task Is_silent_when_a_token_is_passed(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("try { await Task.Yield(); } catch (Exception) { await client.CompleteChatAsync(text); }")]
    [InlineData("try { await Task.Yield(); } finally { await client.CompleteChatAsync(text); }")]
    [InlineData("if (ct.IsCancellationRequested) await client.CompleteChatAsync(text);")]
    [InlineData("if (text.Length > 3 && ct.IsCancellationRequested) { await client.CompleteChatAsync(text); }")]
    [InlineData("if (!ct.IsCancellationRequested) { } else await client.CompleteChatAsync(text);")]
    [InlineData("if (!ct.IsCancellationRequested) return; await client.CompleteChatAsync(text);")]
    [InlineData("if (!ct.IsCancellationRequested) { Console.WriteLine(); return; } await client.CompleteChatAsync(text);")]
    [InlineData("while (!ct.IsCancellationRequested) { await Task.Yield(); } await client.CompleteChatAsync(text);")]
    [InlineData("ct.Register(() => client.CompleteChat(text));")]
    [InlineData("await using var registration = ct.Register(() => client.CompleteChat(text));")]
    public Task Is_silent_after_cancellation_or_failure(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("if (!ct.IsCancellationRequested) await client.[|CompleteChatAsync|](text);")]
    [InlineData("while (!ct.IsCancellationRequested) { await client.[|CompleteChatAsync|](text); }")]
    [InlineData("if (ct.IsCancellationRequested) return; await client.[|CompleteChatAsync|](text);")]
    [InlineData("while (!ct.IsCancellationRequested) { if (text.Length > 3) break; } await client.[|CompleteChatAsync|](text);")]
    [InlineData("try { await client.[|CompleteChatAsync|](text); } catch (OperationCanceledException) { } finally { await Task.Yield(); }")]
    [InlineData("try { } catch (Exception) { await Parallel.ForEachAsync(xs, async (x, token) => await client.[|CompleteChatAsync|](x)); }")]
    public Task Reports_while_the_work_goes_on(string statements) => ReportsAsync(WithBody(statements));

    [Theory]
    [InlineData("_ = client.CompleteChatAsync(text);")]
    [InlineData("client.CompleteChatAsync(text);")]
    [InlineData("var started = client.CompleteChatAsync(text);")]
    [InlineData("Running = client.CompleteChatAsync(text);")]
    [InlineData("client.CompleteChatAsync(text).ContinueWith(t => Console.WriteLine(t.Status));")]
    [InlineData("Started.Add(client.CompleteChatAsync(text));")]
    [InlineData("Started.Add(Task.Run(() => client.CompleteChatAsync(text)));")]
    [InlineData("_ = Task.Run(() => client.CompleteChatAsync(text));")]
    [InlineData("Task.Run(async () => await client.CompleteChatAsync(text));")]
    [InlineData("Running = Task.Run(async () => await client.CompleteChatAsync(text));")]
    [InlineData("Task.Factory.StartNew(() => client.CompleteChat(text));")]
    [InlineData("ThreadPool.QueueUserWorkItem(_ => client.CompleteChat(text));")]
    [InlineData("new Thread(() => client.CompleteChat(text)).Start();")]
    [InlineData("Queue.TryWrite(() => client.CompleteChatAsync(text));")]
    [InlineData("await Queue.WriteAsync(() => client.CompleteChatAsync(text));")]
    [InlineData("Later.Add(() => client.CompleteChatAsync(text));")]
    [InlineData("Changed += async (_, _) => await client.CompleteChatAsync(text);")]
    [InlineData("xs.ToList().ForEach(async x => await client.CompleteChatAsync(x));")]
    public Task Is_silent_when_nobody_waits_for_the_call(string statements) => SilentAsync(WithBody(statements));

    /// <summary>With the token it would call itself.</summary>
    [Fact]
    public Task Is_silent_when_the_overload_with_a_token_is_the_method_around() => SilentAsync("""
        class LlmCallAttribute : Attribute;

        class Asker
        {
            [LlmCall]
            public Task<string> Ask(string text) => Task.FromResult(text);

            [LlmCall]
            public Task<string> Ask(string text, CancellationToken ct) => Ask(text);

            [LlmCall]
            public async Task<string> AskAsync(string text, int times, CancellationToken ct = default)
            {
                string answer = text;
                while (times-- > 0 && !ct.IsCancellationRequested)
                    answer = await Ask(answer, ct);
                return answer;
            }
        }
        """);

    [Fact]
    public Task Reports_without_a_fix_when_two_tokens_compete() => OffersNoFixAsync("""
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task Ask(CancellationToken request, CancellationToken stopping) => await client.[|CompleteChatAsync|]("x");

            async Task AskWithin(CancellationToken request)
            {
                using var cts = CancellationTokenSource.CreateLinkedTokenSource(request);
                var limited = cts.Token;
                await client.[|CompleteChatAsync|]("x");
            }
        }
        """);

    [Fact]
    public Task Reports_without_a_fix_when_the_overloads_for_these_arguments_take_none() => OffersNoFixAsync("""
        using OpenAI.Audio;

        class Transcripts(AudioClient client)
        {
            async Task Transcribe(string path, CancellationToken ct) => await client.[|TranscribeAudioAsync|](path);
        }
        """);

    [Fact]
    public async Task Looks_at_declared_calls_where_an_overload_takes_a_token()
    {
        await ReportsAsync(Declared("[|Ask|](\"x\")"), ("async_llm.call_methods", "M:Summaries.Ask(System.String)"));
        await SilentAsync(Declared("Cached(\"x\")"), ("async_llm.call_methods", "M:Summaries.Cached(System.String)"));

        static string Declared(string call) => $$"""
            class Summaries(OpenAI.Chat.ChatClient client)
            {
                Task<string> Ask(string text) => Task.FromResult(text + client);

                Task<string> Ask(string text, CancellationToken ct) => Ask(text);

                Task<string> Cached(string text) => Ask(text);

                async Task Use(CancellationToken ct) => await {{call}};
            }
            """;
    }

    [Fact]
    public Task Writes_an_array_before_collection_expressions_existed() => new RuleTest("ALLM3002")
    {
        SolutionTransforms = { (solution, id) => solution.WithProjectParseOptions(id, new CSharpParseOptions(LanguageVersion.CSharp11)) },
        TestCode = """
            using OpenAI.Chat;
            using System.Threading;
            using System.Threading.Tasks;

            class Summaries
            {
                async Task Ask(ChatClient client, string text, CancellationToken ct) => await client.[|CompleteChatAsync|](new SystemChatMessage("Be brief."), text);
            }
            """,
        FixedCode = """
            using OpenAI.Chat;
            using System.Threading;
            using System.Threading.Tasks;

            class Summaries
            {
                async Task Ask(ChatClient client, string text, CancellationToken ct) => await client.CompleteChatAsync(new ChatMessage[] { new SystemChatMessage("Be brief."), text }, cancellationToken: ct);
            }
            """,
    }.RunAsync();

    [Fact]
    public Task Works_in_top_level_statements() => FixesAsync(
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", args[0]);
        using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await client.CompleteChatAsync(args[0]);
        var token = cts.Token;
        await client.[|CompleteChatAsync|]("Hello");
        await Ask();

        async Task Ask() => await client.[|CompleteChatAsync|]("Hello");
        """,
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", args[0]);
        using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await client.CompleteChatAsync(args[0]);
        var token = cts.Token;
        await client.CompleteChatAsync(["Hello"], cancellationToken: token);
        await Ask();

        async Task Ask() => await client.CompleteChatAsync(["Hello"], cancellationToken: token);
        """);

    [Fact]
    public Task Works_in_every_kind_of_function() => FixesAsync(
        """
        using OpenAI.Chat;
        using OpenAI.Embeddings;

        partial class Summaries<T>
        {
            private partial ValueTask<ChatCompletion?> Ask(T text, CancellationToken ct);
        }

        partial class Summaries<T>(ChatClient client, EmbeddingClient embeddings) where T : notnull
        {
            private partial async ValueTask<ChatCompletion?> Ask(T text, CancellationToken ct) => await client.[|CompleteChatAsync|](text.ToString()).ConfigureAwait(false);

            public Summaries(ChatClient client, CancellationToken ct) : this(client, (EmbeddingClient)null!) => client.[|CompleteChat|]("x");

            public async Task<float> Embed<TText>(TText text, CancellationToken ct) where TText : class
            {
                return (await embeddings.[|GenerateEmbeddingAsync|](text.ToString())).Value.ToFloats().Span[0];
            }

            public string this[CancellationToken ct] => client.[|CompleteChat|]("x").Value.Content[0].Text;

            public static Summaries<T> operator +(Summaries<T> x, CancellationToken ct)
            {
                x.Client.[|CompleteChat|]("x");
                return x;
            }

            ChatClient Client => client;
        }
        """,
        """
        using OpenAI.Chat;
        using OpenAI.Embeddings;

        partial class Summaries<T>
        {
            private partial ValueTask<ChatCompletion?> Ask(T text, CancellationToken ct);
        }

        partial class Summaries<T>(ChatClient client, EmbeddingClient embeddings) where T : notnull
        {
            private partial async ValueTask<ChatCompletion?> Ask(T text, CancellationToken ct) => await client.CompleteChatAsync([text.ToString()], cancellationToken: ct).ConfigureAwait(false);

            public Summaries(ChatClient client, CancellationToken ct) : this(client, (EmbeddingClient)null!) => client.CompleteChat(["x"], cancellationToken: ct);

            public async Task<float> Embed<TText>(TText text, CancellationToken ct) where TText : class
            {
                return (await embeddings.GenerateEmbeddingAsync(text.ToString(), cancellationToken: ct)).Value.ToFloats().Span[0];
            }

            public string this[CancellationToken ct] => client.CompleteChat(["x"], cancellationToken: ct).Value.Content[0].Text;

            public static Summaries<T> operator +(Summaries<T> x, CancellationToken ct)
            {
                x.Client.CompleteChat(["x"], cancellationToken: ct);
                return x;
            }

            ChatClient Client => client;
        }
        """);

    [Theory]
    [InlineData("await foreach (var u in client.[|CompleteChatStreamingAsync|](text)) { }", "await foreach (var u in client.CompleteChatStreamingAsync([text], cancellationToken: ct)) { }")]
    [InlineData("await foreach (var u in client.[|CompleteChatStreamingAsync|](list).ConfigureAwait(false)) { }", "await foreach (var u in client.CompleteChatStreamingAsync(list, cancellationToken: ct).ConfigureAwait(false)) { }")]
    [InlineData("await foreach (var u in client.[|CompleteChatStreamingAsync|](list).WithCancellation(default)) { }", "await foreach (var u in client.CompleteChatStreamingAsync(list, cancellationToken: ct).WithCancellation(default)) { }")]
    [InlineData("var made = client.[|CompleteChatStreamingAsync|](list); await foreach (var u in made) { }", "var made = client.CompleteChatStreamingAsync(list, cancellationToken: ct); await foreach (var u in made) { }")]
    [InlineData("await using var made = client.[|CompleteChatStreamingAsync|](list).GetAsyncEnumerator();", "await using var made = client.CompleteChatStreamingAsync(list, cancellationToken: ct).GetAsyncEnumerator();")]
    [InlineData("foreach (var u in client.[|CompleteChatStreaming|](list)) { }", "foreach (var u in client.CompleteChatStreaming(list, cancellationToken: ct)) { }")]
    [InlineData("await Print(client.[|CompleteChatStreamingAsync|](list));", "await Print(client.CompleteChatStreamingAsync(list, cancellationToken: ct));")]
    [InlineData("await foreach (var u in [|updates|]) { }", "await foreach (var u in updates.WithCancellation(ct)) { }")]
    [InlineData("await foreach (StreamingChatCompletionUpdate u in this.[|Updates|].ConfigureAwait(false)) { }", "await foreach (StreamingChatCompletionUpdate u in this.Updates.WithCancellation(ct).ConfigureAwait(false)) { }")]
    [InlineData("await foreach (var u in [|updates|].WithCancellation(CancellationToken.None)) { }", "await foreach (var u in updates.WithCancellation(ct)) { }")]
    [InlineData("await foreach (var u in [|Open|](text)) { }", "await foreach (var u in Open(text, ct)) { }")]
    [InlineData("await foreach (var u in this.[|OpenTokenless|](text)) { }", "await foreach (var u in this.OpenTokenless(text).WithCancellation(ct)) { }")]
    [InlineData("await foreach (var u in [|Make|]()) { } IAsyncEnumerable<StreamingChatCompletionUpdate> Make() => updates;", "await foreach (var u in Make().WithCancellation(ct)) { } IAsyncEnumerable<StreamingChatCompletionUpdate> Make() => updates;")]
    [InlineData("await foreach (var u in await [|OpenLater|](text)) { }", "await foreach (var u in (await OpenLater(text)).WithCancellation(ct)) { }")]
    public Task Reports_streams(string statement, string fixedStatement) =>
        FixesAsync(WithStreams(statement), WithStreams(fixedStatement));

    [Theory]
    [InlineData("await foreach (var u in client.CompleteChatStreamingAsync(list, options, ct)) { }")]
    [InlineData("await foreach (var u in client.CompleteChatStreamingAsync(text).WithCancellation(ct)) { }")]
    [InlineData("await foreach (var u in client.CompleteChatStreamingAsync(text).WithCancellation(ct).ConfigureAwait(false)) { }")]
    [InlineData("await foreach (var u in client.CompleteChatStreamingAsync(text).ConfigureAwait(false).WithCancellation(ct)) { }")]
    [InlineData("var made = client.CompleteChatStreamingAsync(text); await foreach (var u in made.WithCancellation(ct)) { }")]
    [InlineData("var made = client.CompleteChatStreamingAsync(list, options, ct); await foreach (var u in made) { }")]
    [InlineData("await using var made = client.CompleteChatStreamingAsync(text).GetAsyncEnumerator(ct);")]
    [InlineData("await using var made = client?.CompleteChatStreamingAsync(text).GetAsyncEnumerator(ct);")]
    [InlineData("await foreach (var u in client.CompleteChatStreamingAsync(text).Select(u => u.Role).WithCancellation(ct)) { }")]
    [InlineData("await Print(client.CompleteChatStreamingAsync(text).WithCancellation(ct));")]
    [InlineData("await foreach (var u in updates.WithCancellation(ct)) { }")]
    [InlineData("await foreach (var u in updates.WithCancellation(ct).ConfigureAwait(false)) { }")]
    [InlineData("await foreach (var u in Open(text, ct)) { }")]
    [InlineData("await foreach (var u in await OpenLater(text, ct)) { }")]
    [InlineData("var made = Open(text, ct); await foreach (var u in made) { }")]
    [InlineData("var made = await OpenLater(text, ct); await foreach (var u in made) { }")]
    [InlineData("await foreach (var u in Make()) { } IAsyncEnumerable<StreamingChatCompletionUpdate> Make() => Open(text, ct);")]
    [InlineData("Func<IAsyncEnumerable<StreamingChatCompletionUpdate>> make = () => Open(text, ct); await foreach (var u in make()) { }")]
    [InlineData("await foreach (var x in Strings()) { }")]
    [InlineData("await foreach (var (u, _) in updates.Select(u => (u, 1))) { }")]
    [InlineData("foreach (var x in text) { }")]
    public Task Is_silent_on_streams_that_get_the_token(string statement) => SilentAsync(WithStreams(statement));

    [Fact]
    public Task Tells_a_derived_clients_own_overloads_from_its_base() => FixesAsync(
        """
        using System.ClientModel;
        using OpenAI.Chat;

        class Logged(string model, string key) : ChatClient(model, key)
        {
            public override async Task<ClientResult<ChatCompletion>> CompleteChatAsync(IEnumerable<ChatMessage> messages, ChatCompletionOptions? options = null, CancellationToken cancellationToken = default) =>
                options is null ? await base.[|CompleteChatAsync|](messages) : await CompleteChatAsync(messages.ToArray());

            async Task Ask(string text, CancellationToken ct) => await [|CompleteChatAsync|](text);
        }
        """,
        """
        using System.ClientModel;
        using OpenAI.Chat;

        class Logged(string model, string key) : ChatClient(model, key)
        {
            public override async Task<ClientResult<ChatCompletion>> CompleteChatAsync(IEnumerable<ChatMessage> messages, ChatCompletionOptions? options = null, CancellationToken cancellationToken = default) =>
                options is null ? await base.CompleteChatAsync(messages, cancellationToken: cancellationToken) : await CompleteChatAsync(messages.ToArray());

            async Task Ask(string text, CancellationToken ct) => await CompleteChatAsync([text], cancellationToken: ct);
        }
        """);

    [Fact]
    public Task Works_in_iterators() => FixesAsync(
        """
        using System.Runtime.CompilerServices;
        using Microsoft.Extensions.AI;

        class Answers(IChatClient client)
        {
            async IAsyncEnumerable<string> Stream(string question, [EnumeratorCancellation] CancellationToken cancellationToken = default)
            {
                await foreach (var update in client.[|GetStreamingResponseAsync|](question))
                    yield return update.Text;
            }

            IAsyncEnumerable<ChatResponseUpdate> Open(string question, CancellationToken cancellationToken) => client.[|GetStreamingResponseAsync|](question);
        }
        """,
        """
        using System.Runtime.CompilerServices;
        using Microsoft.Extensions.AI;

        class Answers(IChatClient client)
        {
            async IAsyncEnumerable<string> Stream(string question, [EnumeratorCancellation] CancellationToken cancellationToken = default)
            {
                await foreach (var update in client.GetStreamingResponseAsync(question, cancellationToken: cancellationToken))
                    yield return update.Text;
            }

            IAsyncEnumerable<ChatResponseUpdate> Open(string question, CancellationToken cancellationToken) => client.GetStreamingResponseAsync(question, cancellationToken: cancellationToken);
        }
        """);

    [Theory]
    [InlineData("await client.[|GetResponseAsync|](\"x\")", "await client.GetResponseAsync(\"x\", cancellationToken: ct)")]
    [InlineData("await client.[|GetResponseAsync|](messages, options)", "await client.GetResponseAsync(messages, options, ct)")]
    [InlineData("await client.[|GetResponseAsync|](new ChatMessage(ChatRole.User, \"x\"), new() { Temperature = 0 })", "await client.GetResponseAsync(new ChatMessage(ChatRole.User, \"x\"), new() { Temperature = 0 }, ct)")]
    [InlineData("await client.[|GetResponseAsync|]<string[]>(messages)", "await client.GetResponseAsync<string[]>(messages, cancellationToken: ct)")]
    [InlineData("await client.[|GetResponseAsync|]<string[]>(\"x\", options, true)", "await client.GetResponseAsync<string[]>(\"x\", options, true, ct)")]
    [InlineData("await EmbeddingGeneratorExtensions.[|GenerateVectorAsync|](generator, \"x\", null)", "await EmbeddingGeneratorExtensions.GenerateVectorAsync(generator, \"x\", null, ct)")]
    [InlineData("await (maybe?.[|GetResponseAsync|](\"x\") ?? Task.FromResult<ChatResponse>(null!))", "await (maybe?.GetResponseAsync(\"x\", cancellationToken: ct) ?? Task.FromResult<ChatResponse>(null!))")]
    [InlineData("await generator.[|GenerateAsync|]([\"x\"])", "await generator.GenerateAsync([\"x\"], cancellationToken: ct)")]
    [InlineData("await generator.[|GenerateVectorAsync|](\"x\")", "await generator.GenerateVectorAsync(\"x\", cancellationToken: ct)")]
    [InlineData("await client.[|GetStreamingResponseAsync|](messages).ToChatResponseAsync()", "await client.GetStreamingResponseAsync(messages, cancellationToken: ct).ToChatResponseAsync()")]
    public Task Works_with_Microsoft_Extensions_AI(string expression, string fixedExpression)
    {
        return FixesAsync(Code(expression), Code(fixedExpression));

        static string Code(string expression) => $$"""
            using Microsoft.Extensions.AI;

            class Answers(IChatClient client, IChatClient? maybe, IEmbeddingGenerator<string, Embedding<float>> generator)
            {
                async Task Ask(List<ChatMessage> messages, ChatOptions options, CancellationToken ct) => {{expression}};

                IChatClient? Maybe => maybe;
            }
            """;
    }

    [Fact]
    public Task Is_silent_on_Microsoft_Extensions_AI_calls_with_a_token_and_inside_middleware() => SilentAsync("""
        using System.Runtime.CompilerServices;
        using Microsoft.Extensions.AI;

        class Answers(IChatClient client)
        {
            async Task Ask(List<ChatMessage> messages, CancellationToken ct)
            {
                await client.GetResponseAsync(messages, null, ct);
                await client.GetStreamingResponseAsync(messages).ToChatResponseAsync(ct);
            }
        }

        class Logged(IChatClient inner) : DelegatingChatClient(inner)
        {
            public override async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
                await InnerClient.GetResponseAsync(messages, options);

            public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
            {
                await foreach (var update in base.GetStreamingResponseAsync(messages, options))
                    yield return update;
            }
        }
        """);

    [Fact]
    public Task Works_with_Anthropic() => FixesAsync(
        """
        using Anthropic;
        using Anthropic.Models.Messages;

        class Answers(AnthropicClient client)
        {
            async Task Ask(MessageCreateParams parameters, CancellationToken ct)
            {
                await client.Messages.[|Create|](parameters);
                await client.Messages.[|Create|](parameters, default);
                await client.Beta.Messages.Create(null!, ct);
                await foreach (var e in client.Messages.[|CreateStreaming|](parameters))
                    Console.WriteLine(e);
            }
        }
        """,
        """
        using Anthropic;
        using Anthropic.Models.Messages;

        class Answers(AnthropicClient client)
        {
            async Task Ask(MessageCreateParams parameters, CancellationToken ct)
            {
                await client.Messages.Create(parameters, ct);
                await client.Messages.Create(parameters, ct);
                await client.Beta.Messages.Create(null!, ct);
                await foreach (var e in client.Messages.CreateStreaming(parameters, ct))
                    Console.WriteLine(e);
            }
        }
        """);

    [Fact]
    public Task Works_with_Semantic_Kernel() => FixesAsync(
        """
        using Microsoft.SemanticKernel;
        using Microsoft.SemanticKernel.ChatCompletion;

        class Answers(IChatCompletionService chat, Kernel kernel)
        {
            async Task Ask(ChatHistory history, PromptExecutionSettings settings, CancellationToken ct)
            {
                await chat.[|GetChatMessageContentAsync|](history);
                await chat.[|GetChatMessageContentsAsync|](history, settings, kernel);
                await chat.GetChatMessageContentsAsync(history, settings, kernel, ct);
                await kernel.[|InvokePromptAsync|]<string>("Say hello");
                await foreach (var part in chat.[|GetStreamingChatMessageContentsAsync|](history, kernel: kernel))
                    Console.WriteLine(part);
            }
        }
        """,
        """
        using Microsoft.SemanticKernel;
        using Microsoft.SemanticKernel.ChatCompletion;

        class Answers(IChatCompletionService chat, Kernel kernel)
        {
            async Task Ask(ChatHistory history, PromptExecutionSettings settings, CancellationToken ct)
            {
                await chat.GetChatMessageContentAsync(history, cancellationToken: ct);
                await chat.GetChatMessageContentsAsync(history, settings, kernel, ct);
                await chat.GetChatMessageContentsAsync(history, settings, kernel, ct);
                await kernel.InvokePromptAsync<string>("Say hello", cancellationToken: ct);
                await foreach (var part in chat.GetStreamingChatMessageContentsAsync(history, kernel: kernel, cancellationToken: ct))
                    Console.WriteLine(part);
            }
        }
        """);

    [Fact]
    public Task Works_with_OllamaSharp() => FixesAsync(
        """
        using OllamaSharp;
        using OllamaSharp.Models;

        class Answers(IOllamaApiClient client)
        {
            async Task Ask(Chat chat, GenerateRequest request, CancellationToken ct)
            {
                await foreach (var token in chat.[|SendAsync|]("x"))
                    Console.Write(token);
                await foreach (var part in client.[|GenerateAsync|](request))
                    Console.Write(part?.Response);
                await client.[|EmbedAsync|](new EmbedRequest());
            }
        }
        """,
        """
        using OllamaSharp;
        using OllamaSharp.Models;

        class Answers(IOllamaApiClient client)
        {
            async Task Ask(Chat chat, GenerateRequest request, CancellationToken ct)
            {
                await foreach (var token in chat.SendAsync("x", ct))
                    Console.Write(token);
                await foreach (var part in client.GenerateAsync(request, ct))
                    Console.Write(part?.Response);
                await client.EmbedAsync(new EmbedRequest(), ct);
            }
        }
        """);

    [Fact]
    public Task Works_with_the_agent_framework() => FixesAsync(
        """
        using Microsoft.Agents.AI;

        class Answers(AIAgent agent)
        {
            async Task Ask(AgentSession session, CancellationToken ct)
            {
                Console.WriteLine(await agent.[|RunAsync|]("x", session));
                await foreach (var update in agent.[|RunStreamingAsync|]("x"))
                    Console.Write(update);
            }
        }
        """,
        """
        using Microsoft.Agents.AI;

        class Answers(AIAgent agent)
        {
            async Task Ask(AgentSession session, CancellationToken ct)
            {
                Console.WriteLine(await agent.RunAsync("x", session, cancellationToken: ct));
                await foreach (var update in agent.RunStreamingAsync("x", cancellationToken: ct))
                    Console.Write(update);
            }
        }
        """);

    [Fact]
    public Task Uses_the_name_the_library_gives_its_token() => FixesAsync(
        """
        using Anthropic.SDK.Messaging;

        class Answers(MessagesEndpoint messages)
        {
            async Task Ask(CancellationToken cancellationToken) => await messages.[|GetClaudeMessageAsync|]("x");
        }

        namespace Anthropic.SDK.Messaging
        {
            class MessagesEndpoint
            {
                public Task<string> GetClaudeMessageAsync(string text, Dictionary<string, string>? headers = null, CancellationToken ctx = default) => Task.FromResult(text);
            }
        }
        """,
        """
        using Anthropic.SDK.Messaging;

        class Answers(MessagesEndpoint messages)
        {
            async Task Ask(CancellationToken cancellationToken) => await messages.GetClaudeMessageAsync("x", ctx: cancellationToken);
        }

        namespace Anthropic.SDK.Messaging
        {
            class MessagesEndpoint
            {
                public Task<string> GetClaudeMessageAsync(string text, Dictionary<string, string>? headers = null, CancellationToken ctx = default) => Task.FromResult(text);
            }
        }
        """);

    [Fact]
    public Task Is_silent_where_a_token_aborts_the_process() => AzureBeta.SilentAsync(
        "ALLM3002", "public async Task Ask(ChatCompletionsOptions options, CancellationToken ct) => await beta.GetChatCompletionsStreamingAsync(\"m\", options);");

    [Fact]
    public Task Reports_the_other_calls_of_that_version() => AzureBeta.ReportsAsync(
        "ALLM3002", "public async Task Ask(ChatCompletionsOptions options, CancellationToken ct) => await beta.[|GetChatCompletionsAsync|](\"m\", options);");

    private static Task SaysAsync(string code, string message)
    {
        var test = new RuleTest("ALLM3002") { TestCode = code };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult("ALLM3002", DiagnosticSeverity.Warning).WithLocation(0).WithMessage(message));
        return test.RunAsync();
    }

    private static string WithCall(string call) => WithBody($"await {call};");

    private static string WithBody(string body) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            private readonly ChatClient client = client;

            Task? Running { get; set; }

            RequestOptions Request { get; } = new();

            List<Task> Started { get; } = [];

            List<Func<Task>> Later { get; } = [];

            System.Threading.Channels.ChannelWriter<Func<Task>> Queue { get; } = System.Threading.Channels.Channel.CreateUnbounded<Func<Task>>();

            event EventHandler? Changed;

            void Configure(RequestOptions request) => Changed?.Invoke(request, EventArgs.Empty);

            async Task Summarize(string text, List<ChatMessage> list, ChatMessage[] array, string[] xs, ChatCompletionOptions options, BinaryContent body, CancellationToken ct)
            {
                {{body.Replace("\n", "\n        ", StringComparison.Ordinal)}}
            }
        }
        """;

    private static string WithStreams(string statement) => $$"""
        using System.Runtime.CompilerServices;
        using OpenAI.Chat;

        class Streams(ChatClient client)
        {
            IAsyncEnumerable<StreamingChatCompletionUpdate> Updates { get; } = client.CompleteChatStreamingAsync("x");

            async IAsyncEnumerable<StreamingChatCompletionUpdate> Open(string text, [EnumeratorCancellation] CancellationToken token = default)
            {
                await foreach (var update in client.CompleteChatStreamingAsync([text], cancellationToken: token))
                    yield return update;
            }

            IAsyncEnumerable<StreamingChatCompletionUpdate> OpenTokenless(string text) => Open(text);

            Task<IAsyncEnumerable<StreamingChatCompletionUpdate>> OpenLater(string text, CancellationToken? token = default) => Task.FromResult(Open(text, token ?? default));

            Task Print(object updates) => Task.CompletedTask;

            async IAsyncEnumerable<string> Strings()
            {
                await Task.Yield();
                yield break;
            }

            async Task Print(string text, List<ChatMessage> list, ChatCompletionOptions options, IAsyncEnumerable<StreamingChatCompletionUpdate> updates, CancellationToken ct)
            {
                {{statement}}
            }
        }
        """;

    private static string WithoutToken(string body) => $$"""
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            static CancellationToken[] Tokens() => [];

            static bool TryGet(out CancellationToken token)
            {
                token = new CancellationTokenSource(100).Token;
                return true;
            }

            async Task Summarize()
            {
                {{body}}
            }
        }
        """;

    [Fact]
    public Task Silent_when_the_stream_comes_from_a_local_function_that_captures_the_token() => SilentAsync("""
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            public async Task PrintAsync(string question, CancellationToken cancellationToken)
            {
                await foreach (var update in OpenAsync().ConfigureAwait(false))
                    Console.Write(update.FinishReason);

                var later = Open();
                await foreach (var update in later)
                    Console.Write(update.FinishReason);

                Func<IAsyncEnumerable<StreamingChatCompletionUpdate>> given = OpenAsync;
                await foreach (var update in given())
                    Console.Write(update.FinishReason);

                async IAsyncEnumerable<StreamingChatCompletionUpdate> OpenAsync()
                {
                    await foreach (var update in client.CompleteChatStreamingAsync([question], cancellationToken: cancellationToken))
                        yield return update;
                }

                IAsyncEnumerable<StreamingChatCompletionUpdate> Open() => client.CompleteChatStreamingAsync([question], cancellationToken: cancellationToken);
            }
        }
        """);
}
