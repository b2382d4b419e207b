using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnlinkedTimeoutTests() : RuleTests("ALLM3006")
{
    protected override string Example => WithBody("""
        using var cts = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.[|CompleteChatAsync|](messages, options, cts.Token);
        """);

    [Fact]
    public async Task Says_what_happens_to_the_request()
    {
        var test = new RuleTest(Id)
        {
            TestCode = """
                class Answers(OpenAI.Chat.ChatClient client)
                {
                    async Task Ask(CancellationToken request, CancellationToken stopping)
                    {
                        using var cts = new CancellationTokenSource(1000);
                        await client.{|#0:CompleteChatAsync|}(["x"], null, cts.Token);
                    }
                }
                """,
        };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(
            "'CompleteChatAsync' ends after a timeout but not with 'request' or 'stopping': its token comes from a new source that is not linked to it, so the request runs on and is billed after the caller has given up"));
        await test.RunAsync();
    }

    [Theory]
    [InlineData(
        "using var cts = new CancellationTokenSource(TimeSpan.FromSeconds(30)); // half a minute",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); // half a minute\n        cts.CancelAfter(TimeSpan.FromSeconds(30));")]
    [InlineData(
        "using CancellationTokenSource cts = new(30_000);",
        "using CancellationTokenSource cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n        cts.CancelAfter(30_000);")]
    [InlineData(
        "var cts = new System.Threading.CancellationTokenSource(delay: Limit);",
        "var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n        cts.CancelAfter(Limit);")]
    [InlineData(
        "using var cts = new CancellationTokenSource();\n        cts.CancelAfter(Limit);",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n        cts.CancelAfter(Limit);")]
    [InlineData(
        "CancellationTokenSource cts;\n        cts = new CancellationTokenSource(Limit);",
        "CancellationTokenSource cts;\n        cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n        cts.CancelAfter(Limit);")]
    public Task Links_the_source(string source, string linked) => FixesAsync(
        WithBody($"{source}\n        await client.[|CompleteChatAsync|](messages, options, cts.Token);"),
        WithBody($"{linked}\n        await client.CompleteChatAsync(messages, options, cts.Token);"));

    [Fact]
    public Task Links_the_source_that_a_try_makes_and_its_finally_disposes_of() => FixesAsync(
        WithBody("""
            CancellationTokenSource? cts = null;
            try
            {
                cts = new CancellationTokenSource(Limit);
                await client.[|CompleteChatAsync|](messages, options, cts.Token);
            }
            finally
            {
                cts?.Dispose();
            }
            """),
        WithBody("""
            CancellationTokenSource? cts = null;
            try
            {
                cts = CancellationTokenSource.CreateLinkedTokenSource(ct);
                cts.CancelAfter(Limit);
                await client.CompleteChatAsync(messages, options, cts.Token);
            }
            finally
            {
                cts?.Dispose();
            }
            """));

    [Theory]
    [InlineData("CancellationTokenSource? cts = null; try { cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, options, cts.Token); } finally { cts?.Cancel(); }")]
    [InlineData("CancellationTokenSource? cts = null; try { if (ct.CanBeCanceled) cts = CancellationTokenSource.CreateLinkedTokenSource(ct); cts ??= new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, options, cts.Token); } finally { cts?.Dispose(); }")]
    public Task Is_silent_when_such_a_source_is_cancelled_or_may_be_another(string statements) => SilentAsync(WithBody(statements));

    [Fact]
    public Task Links_the_source_of_a_using_statement() => FixesAsync(
        WithBody("""
            using (var cts = new CancellationTokenSource(Limit))
            {
                // asks
                await client.[|CompleteChatAsync|](messages, options, cts.Token).ConfigureAwait(false);
            }

            using (var cts = new CancellationTokenSource(Limit))
                await client.[|CompleteChatAsync|](messages, cancellationToken: cts.Token);
            """),
        WithBody("""
            using (var cts = CancellationTokenSource.CreateLinkedTokenSource(ct))
            {
                cts.CancelAfter(Limit);
                // asks
                await client.CompleteChatAsync(messages, options, cts.Token).ConfigureAwait(false);
            }

            using (var cts = CancellationTokenSource.CreateLinkedTokenSource(ct))
            {
                cts.CancelAfter(Limit);
                await client.CompleteChatAsync(messages, cancellationToken: cts.Token);
            }
            """));

    [Fact]
    public Task Links_once_for_all_the_calls() => FixesAsync(
        WithBody("""
            using var cts = new CancellationTokenSource(Limit);
            await client.[|CompleteChatAsync|](messages, options, cts.Token);
            var token = cts.Token;
            await client.[|CompleteChatAsync|](messages, options, token);
            await foreach (var update in client.[|CompleteChatStreamingAsync|](messages).WithCancellation(token)) { }
            """),
        WithBody("""
            using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);
            cts.CancelAfter(Limit);
            await client.CompleteChatAsync(messages, options, cts.Token);
            var token = cts.Token;
            await client.CompleteChatAsync(messages, options, token);
            await foreach (var update in client.CompleteChatStreamingAsync(messages).WithCancellation(token)) { }
            """));

    [Fact]
    public Task Keeps_the_clock_of_the_source() => FixesAsync(
        WithBody("""
            using var cts = new CancellationTokenSource(Limit, TimeProvider.System);
            await client.[|CompleteChatAsync|](messages, options, cts.Token);
            """),
        WithBody("""
            using var cts = new CancellationTokenSource(Limit, TimeProvider.System);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, cts.Token);
            await client.CompleteChatAsync(messages, options, linked.Token);
            """));

    [Fact]
    public Task Keeps_the_source_that_is_asked_whether_the_time_has_passed() => FixesAsync(
        WithBody("""
            using var cts = new CancellationTokenSource(Limit);
            try
            {
                await client.[|CompleteChatAsync|](body, new RequestOptions { CancellationToken = cts.Token });
            }
            catch (OperationCanceledException) when (cts.IsCancellationRequested)
            {
                throw new TimeoutException();
            }
            """),
        WithBody("""
            using var cts = new CancellationTokenSource(Limit);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(ct, cts.Token);
            try
            {
                await client.CompleteChatAsync(body, new RequestOptions { CancellationToken = linked.Token });
            }
            catch (OperationCanceledException) when (cts.IsCancellationRequested)
            {
                throw new TimeoutException();
            }
            """));

    [Theory]
    [InlineData(
        "await client.[|CompleteChatAsync|](messages, options, new CancellationTokenSource(Limit).Token);",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n        cts.CancelAfter(Limit);\n        await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData(
        "await client.[|CompleteChatAsync|](messages, options, new CancellationTokenSource(Limit, TimeProvider.System).Token);",
        "using var timeout = new CancellationTokenSource(Limit, TimeProvider.System);\n        using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);\n        await client.CompleteChatAsync(messages, options, cts.Token);")]
    public Task Links_a_source_made_in_the_argument(string call, string linked) => FixesAsync(WithBody(call), WithBody(linked));

    [Fact]
    public Task Links_to_the_token_of_the_nearest_function() => FixesAsync(
        WithBody("""
            await Parallel.ForEachAsync(xs, ct, async (x, token) =>
            {
                using var cts = new CancellationTokenSource(Limit);
                await client.[|CompleteChatAsync|]([x], options, cts.Token);
            });
            await Task.WhenAll(xs.Select(async x => await client.[|CompleteChatAsync|]([x], options, new CancellationTokenSource(Limit).Token)));
            """),
        WithBody("""
            await Parallel.ForEachAsync(xs, ct, async (x, token) =>
            {
                using var cts = CancellationTokenSource.CreateLinkedTokenSource(token);
                cts.CancelAfter(Limit);
                await client.CompleteChatAsync([x], options, cts.Token);
            });
            await Task.WhenAll(xs.Select(async x =>
            {
                using var cts1 = CancellationTokenSource.CreateLinkedTokenSource(ct);
                cts1.CancelAfter(Limit);
                return await client.CompleteChatAsync([x], options, cts1.Token);
            }));
            """));

    [Fact]
    public Task Fixes_the_expression_body() => FixesAsync(
        """
        class Answers(OpenAI.Chat.ChatClient client)
        {
            async Task Ask(CancellationToken ct) => await client.[|CompleteChatAsync|](["x"], null, new CancellationTokenSource(1000).Token);
        }
        """,
        """
        class Answers(OpenAI.Chat.ChatClient client)
        {
            async Task Ask(CancellationToken ct)
            {
                using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);
                cts.CancelAfter(1000);
                await client.CompleteChatAsync(["x"], null, cts.Token);
            }
        }
        """);

    [Theory]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); cts.CancelAfter(Limit); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, cts.Token); await client.CompleteChatAsync(messages, options, both.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); using var registration = ct.Register(cts.Cancel); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); ct.Register(() => cts.Cancel()); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); ct.UnsafeRegister(s => ((CancellationTokenSource)s!).Cancel(), cts); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); Track(cts); await client.CompleteChatAsync(messages, options, cts.Token);")]
    public Task Is_silent_when_the_source_is_linked(string statements) => SilentAsync(WithBody(statements));

    [Fact]
    public Task Is_silent_when_the_stream_is_read_with_the_callers_token() => SilentAsync(WithBody(
        "using var cts = new CancellationTokenSource(Limit); await foreach (var update in client.CompleteChatStreamingAsync(messages, options, cts.Token).WithCancellation(ct)) { }"));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Timeout.InfiniteTimeSpan); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Timeout.Infinite); await client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("await client.CompleteChatAsync(messages, options, stopping.Token);")]
    public Task Is_silent_when_the_source_has_no_timeout_or_is_a_services_own(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(Limit); var call = client.CompleteChatAsync(messages, options, cts.Token); while (!call.IsCompleted) { if (ct.IsCancellationRequested) cts.Cancel(); await Task.Yield(); }")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); cts?.Cancel(); await client.CompleteChatAsync(messages, options, cts!.Token);")]
    public Task Is_silent_when_the_code_cancels_by_hand(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("try { await Task.Yield(); } catch { using var cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, options, cts.Token); }")]
    [InlineData("if (ct.IsCancellationRequested) { using var cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, options, cts.Token); }")]
    [InlineData("var cts = new CancellationTokenSource(Limit); _ = client.CompleteChatAsync(messages, options, cts.Token);")]
    [InlineData("_ = Task.Run(async () => { using var cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, options, cts.Token); });")]
    public Task Is_silent_when_the_callers_token_is_not_wanted(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Parallel.ForEachAsync(xs, cts.Token, async (x, token) => await client.CompleteChatAsync([x], options, cts.Token));")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); Func<CancellationToken, Task> ask = token => client.CompleteChatAsync(messages, options, cts.Token); await ask(cts.Token);")]
    public Task Is_silent_when_the_source_was_made_before_the_token_was_there(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("await Ask(); async Task Ask() { using var cts = new CancellationTokenSource(1000); await client.CompleteChatAsync([\"x\"], null, cts.Token); }")]
    [InlineData("using var cts = new CancellationTokenSource(1000); var token = cts.Token; await client.CompleteChatAsync([\"x\"], null, token);")]
    [InlineData("using var cts = new CancellationTokenSource(1000); await Parallel.ForEachAsync(new[] { 1 }, cts.Token, async (x, token) => await client.CompleteChatAsync([\"x\"], null, token));")]
    public Task Is_silent_when_no_other_token_is_in_scope(string statements) => SilentAsync($$"""
        class Answers(OpenAI.Chat.ChatClient client)
        {
            async Task Run() { {{statements}} }
        }
        """);

    [Fact]
    public Task Offers_no_fix_when_two_tokens_compete() => OffersNoFixAsync("""
        class Answers(OpenAI.Chat.ChatClient client)
        {
            async Task Ask(CancellationToken request, CancellationToken stopping)
            {
                using var cts = new CancellationTokenSource(1000);
                await client.[|CompleteChatAsync|](["x"], null, cts.Token);
            }
        }
        """);

    [Fact]
    public Task Reports_at_top_level() => FixesAsync(
        """
        /* top-level */
        var client = new OpenAI.Chat.ChatClient("m", "key");
        using var stop = new CancellationTokenSource();
        var ct = stop.Token;
        using var cts = new CancellationTokenSource(1000);
        await client.[|CompleteChatAsync|](["x"], null, cts.Token);
        """,
        """
        /* top-level */
        var client = new OpenAI.Chat.ChatClient("m", "key");
        using var stop = new CancellationTokenSource();
        var ct = stop.Token;
        using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);
        cts.CancelAfter(1000);
        await client.CompleteChatAsync(["x"], null, cts.Token);
        """);

    private static string WithBody(string statements) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
            readonly CancellationTokenSource stopping = new(Limit);

            async Task Run(List<ChatMessage> messages, ChatCompletionOptions options, BinaryContent body, List<string> xs, CancellationToken ct)
            {
        {{Indent(statements.Replace("\n        ", "\n", StringComparison.Ordinal), 8)}}
            }

            void Track(CancellationTokenSource source) => source.Token.Register(() => { });
        }
        """;
}
