using static AsyncLlmAnalyzers.Tests.Rules.AssistantCode;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Waits in functions that are async already; <see cref="Editing.MakeAsyncTests"/> has the others.</summary>
public class BlockingWaitFixTests() : FixTests("ALLM2001")
{
    [Theory]
    [InlineData("var x = AskText(prompt).[|Result|];", "var x = await AskText(prompt);")]
    [InlineData("var x = AskText(prompt).[|Result|].Length;", "var x = (await AskText(prompt)).Length;")]
    [InlineData("var x = AskText(prompt).[|Result|][0];", "var x = (await AskText(prompt))[0];")]
    [InlineData("var x = AskText(prompt).[|Result|]!.Length;", "var x = (await AskText(prompt))!.Length;")]
    [InlineData("var x = AskText(prompt).[|Result|]?.Length;", "var x = (await AskText(prompt))?.Length;")]
    [InlineData("var x = (object)AskText(prompt).[|Result|];", "var x = (object)await AskText(prompt);")]
    [InlineData("var x = AskText(prompt).[|Result|] + \"!\";", "var x = await AskText(prompt) + \"!\";")]
    [InlineData("var x = $\"{AskText(prompt).[|Result|],3}\";", "var x = $\"{await AskText(prompt),3}\";")]
    [InlineData("var x = AskText(prompt).[|Result|] switch { _ => 1 };", "var x = await AskText(prompt) switch { _ => 1 };")]
    [InlineData("var x = (AskText(prompt)).[|Result|];", "var x = await AskText(prompt);")]
    [InlineData("var x = (prompt == \"\" ? AskText(prompt) : Local(prompt)).[|Result|];", "var x = await (prompt == \"\" ? AskText(prompt) : Local(prompt));")]
    [InlineData("var x = AskText(prompt).GetAwaiter().[|GetResult|]();", "var x = await AskText(prompt);")]
    [InlineData("var x = AskText(prompt).GetAwaiter().[|GetResult|]().Length;", "var x = (await AskText(prompt)).Length;")]
    [InlineData("var x = AskText(prompt).ConfigureAwait(true).GetAwaiter().[|GetResult|]();", "var x = await AskText(prompt).ConfigureAwait(true);")]
    [InlineData("AskText(prompt).[|Wait|]();", "await AskText(prompt);")]
    [InlineData("AskText(prompt).[|Wait|](cancellationToken);", "await AskText(prompt).WaitAsync(cancellationToken);")]
    [InlineData("var x = AskValue(prompt).[|Result|];", "var x = await AskValue(prompt);")]
    [InlineData("var x = AskValue(prompt).AsTask().[|Result|];", "var x = await AskValue(prompt);")]
    [InlineData("var task = AskText(prompt); task.[|Wait|](); var x = task.Result;", "var task = AskText(prompt); await task; var x = task.Result;")]
    [InlineData("Task.[|WaitAll|](Ask(prompt), AskText(prompt));", "await Task.WhenAll(Ask(prompt), AskText(prompt));")]
    [InlineData("Task.[|WaitAll|](prompts.Select(AskText).ToArray());", "await Task.WhenAll(prompts.Select(AskText).ToArray());")]
    [InlineData("Task.[|WaitAll|]([AskText(prompt)], cancellationToken);", "await Task.WhenAll([AskText(prompt)]).WaitAsync(cancellationToken);")]
    [InlineData("Task.[|WaitAny|](Ask(prompt), AskText(prompt));", "await Task.WhenAny(Ask(prompt), AskText(prompt));")]
    [InlineData("Task.WhenAll(Ask(prompt), AskText(prompt)).[|Wait|]();", "await Task.WhenAll(Ask(prompt), AskText(prompt));")]
    [InlineData("var x = Nested(prompt).[|Result|].[|Result|];", "var x = await await Nested(prompt);")]
    [InlineData("var x = AskText(AskText(prompt).[|Result|]).[|Result|].Length;", "var x = (await AskText(await AskText(prompt))).Length;")]
    [InlineData("var x = Task.Run(() => AskText(prompt)).[|Result|];", "var x = await Task.Run(() => AskText(prompt));")]
    [InlineData("foreach (var c in AskText(prompt).[|Result|]) { }", "foreach (var c in await AskText(prompt)) { }")]
    [InlineData("var xs = from p in AskText(prompt).[|Result|] select p;", "var xs = from p in await AskText(prompt) select p;")]
    [InlineData("Func<Task> f = async () => AskText(prompt).[|Wait|]();", "Func<Task> f = async () => await AskText(prompt);")]
    [InlineData("lock (AskText(prompt).[|Result|]) { }", "lock (await AskText(prompt)) { }")]
    [InlineData("try { AskText(prompt).[|Wait|](); } catch (IOException) { }", "try { await AskText(prompt); } catch (IOException) { }")]
    public async Task Awaits_in_an_async_function(string statements, string awaited) => await FixesAsync(Async(statements + Nested), Async(awaited + Nested));

    private const string Nested = """


        async Task<Task<string>> Nested(string p) { await Task.Yield(); return AskText(p); }
        """;

    [Fact]
    public async Task Keeps_comments_and_lines() => await FixesAsync(
        Async("""
            await Task.Yield();
            // the answer
            var x = /* ask */ client // the client
                .CompleteChatAsync([prompt]) // the call
                .[|Result|] // the wait
                .Value; // the value
            var y = chat
                .GetResponseAsync(prompt)
                .[|Result|];
            """),
        Async("""
            await Task.Yield();
            // the answer
            var x = /* ask */ (await client // the client
                .CompleteChatAsync([prompt]) // the call
                ) // the wait
                .Value; // the value
            var y = await chat
                .GetResponseAsync(prompt);
            """));

    [Fact]
    public async Task Configures_awaits_as_the_file_does() => await FixesAsync(
        Async("""
            await Task.Yield();
            await Task.Delay(1).ConfigureAwait(false);
            await Task.Delay(2).ConfigureAwait(false);
            await Task.Delay(3).ConfigureAwait(false);
            await Task.Delay(4).ConfigureAwait(false);
            var x = AskText(prompt).[|Result|].Length;
            var y = AskText(prompt).ConfigureAwait(true).GetAwaiter().[|GetResult|]();
            """),
        Async("""
            await Task.Yield();
            await Task.Delay(1).ConfigureAwait(false);
            await Task.Delay(2).ConfigureAwait(false);
            await Task.Delay(3).ConfigureAwait(false);
            await Task.Delay(4).ConfigureAwait(false);
            var x = (await AskText(prompt).ConfigureAwait(false)).Length;
            var y = await AskText(prompt).ConfigureAwait(true);
            """));

    [Theory]
    [InlineData("Ask(prompt).[|Wait|](1000);")]
    [InlineData("var x = client?.CompleteChatAsync([prompt]).[|Result|];")]
    [InlineData("var x = client?.CompleteChatAsync([prompt])?.[|Result|];")]
    [InlineData("var first = Task.[|WaitAny|](Ask(prompt), AskText(prompt));")]
    [InlineData("var all = Task.[|WaitAll|]([AskText(prompt)], 1000);")]
    [InlineData("var awaiter = AskText(prompt).GetAwaiter(); var x = awaiter.[|GetResult|]();")]
    [InlineData("lock (client) { var x = AskText(prompt).[|Result|]; }")]
    [InlineData("try { } catch (Exception) when (AskText(prompt).[|Result|] == \"\") { }")]
    [InlineData("var xs = from p in prompts where AskText(p).[|Result|] == \"\" select p;")]
    [InlineData("var xs = from p in prompts from c in AskText(p).[|Result|] select c;")]
    [InlineData("unsafe { var x = AskText(prompt).[|Result|]; }")]
    [InlineData("ReadOnlySpan<char> span = prompt; var x = AskText(prompt).[|Result|] + span.ToString();")]
    [InlineData("Span<char> span = stackalloc char[2]; while (span.Length > 0) { span[0] = 'a'; var x = AskText(prompt).[|Result|]; }")]
    [InlineData("var xs = new int[1]; ref var first = ref xs[0]; var x = AskText(prompt).[|Result|]; first = 2;")]
    [InlineData("foreach (var c in prompt.AsSpan()) { var x = AskText(prompt).[|Result|]; }")]
    [InlineData("var x = prompt.AsSpan().Slice(AskText(prompt).[|Result|].Length).Length;")]
    [InlineData("try { AskText(prompt).[|Wait|](); } catch (AggregateException) { }")]
    [InlineData("prompts.ForEach(p => AskText(p).[|Wait|]());")]
    [InlineData("var texts = prompts.Select(p => AskText(p).[|Result|]).ToList();")]
    [InlineData("Func<string> ask = () => AskText(prompt).[|Result|];")]
    public async Task Offers_no_await_where_none_says_the_same(string statements) => await OffersNoFixAsync(Async(statements));

    [Fact]
    public async Task Awaits_where_a_span_is_no_longer_needed() => await FixesAsync(
        Async("ReadOnlySpan<char> span = prompt; var n = span.Length; var x = AskText(prompt).[|Result|].AsSpan(); n = x.Length;"),
        Async("ReadOnlySpan<char> span = prompt; var n = span.Length; var x = (await AskText(prompt)).AsSpan(); n = x.Length;"));

    [Fact]
    public async Task Awaits_in_top_level_statements() => await FixesAsync(
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        Console.WriteLine(client.CompleteChatAsync(["Hi"]).[|Result|].Value);
        """,
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        Console.WriteLine((await client.CompleteChatAsync(["Hi"])).Value);
        """);
}
