namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Hand-written retries that become <c>LlmRetry.RunAsync</c>, and those that do not; on ALLM4005, whose handlers catch <c>Exception</c>.</summary>
public class RetryReplacementTests() : FixTests("ALLM4005")
{
    private const string Call = "client.CompleteChatAsync([text], cancellationToken: ct)";
    private const string Run = "LlmRetry.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token)";

    [Theory]
    // counted in the loop's head, the filter, the handler or behind it; before or after the test
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { } }", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 2) { } } throw new InvalidOperationException();", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|]) { if (i == 2) throw; } } return null!;", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("var tries = 0; while (true) { try { return await CALL; } catch ([|Exception|]) { if (++tries >= 4) throw; } }", "return await RUN, maxRetries: 3, ct);")]
    [InlineData("var tries = 0; while (true) { try { return await CALL; } catch ([|Exception|]) { tries++; if (tries > 4) { throw; } } }", "return await RUN, maxRetries: 4, ct);")]
    [InlineData("int tries = 0; while (true) { tries += 1; try { return await CALL; } catch ([|Exception|]) when (tries < 5) { } }", "return await RUN, maxRetries: 4, ct);")]
    [InlineData("var left = 3; while (true) { try { return await CALL; } catch ([|Exception|]) when (left-- > 0) { } }", "return await RUN, maxRetries: 3, ct);")]
    [InlineData("var tries = 0; do { try { return await CALL; } catch ([|Exception|]) { if (tries == 2) throw; } } while (++tries < 3); return null!;", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("var tries = 0; while (true) { try { tries++; return await CALL; } catch ([|Exception|]) { if (tries < 3) { await Task.Delay(500, ct); } else { throw; } } }", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("Exception? last = null; for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|] e) { last = e; } } throw last!;", "return await RUN, maxRetries: 2, ct);")]
    [InlineData("var max = 3; for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < max--) { } }", "return await RUN, maxRetries: 2, ct);")]
    // by a constant, or a value of the caller
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < Max) { } }", "return await RUN, maxRetries: Max - 1, ct);")]
    [InlineData("for (var i = 1; i <= Max; i++) { try { return await CALL; } catch ([|Exception|]) when (i < Max) { } } return null!;", "return await RUN, maxRetries: Max - 1, ct);")]
    [InlineData("var retries = text.Length; for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < retries) { } }", "var retries = text.Length; return await RUN, maxRetries: retries, ct);")]
    public Task Keeps_the_number_of_attempts(string loop, string call) => ReplacesAsync(loop, call);

    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { await CALL; return null!; } catch ([|Exception|]) when (i < 3) { } }", "await RUN, maxRetries: 2, ct); return null!;")]
    [InlineData("for (var i = 1; ; i++) { try { await CALL; break; } catch ([|Exception|]) when (i < 3) { } } return null!;", "await RUN, maxRetries: 2, ct); return null!;")]
    [InlineData("ChatCompletion answer; for (var i = 1; ; i++) { try { answer = await CALL; break; } catch ([|Exception|]) when (i < 3) { } } return answer;", "ChatCompletion answer; answer = await RUN, maxRetries: 2, ct); return answer;")]
    [InlineData("for (var i = 1; ; i++) { try { ChatCompletion answer = await CALL; log.Write(\"ok\"); return answer; } catch ([|Exception|]) when (i < 3) { } }", "ChatCompletion answer = await RUN, maxRetries: 2, ct); log.Write(\"ok\"); return answer;")]
    [InlineData("for (var i = 1; ; i++) { ChatCompletion answer; try { answer = await CALL; } catch ([|Exception|]) when (i < 3) { continue; } return answer; }", "ChatCompletion answer; answer = await RUN, maxRetries: 2, ct); return answer;")]
    [InlineData("ChatCompletion? answer = null; var i = 0; while (answer is null) { try { answer = await CALL; } catch ([|Exception|]) when (i++ < 3) { } } return answer;", "ChatCompletion? answer = null; answer = await RUN, maxRetries: 3, ct); return answer;")]
    [InlineData("ChatCompletion answer = null!; var done = false; var i = 0; while (!done) { try { answer = await CALL; done = true; } catch ([|Exception|]) when (i++ < 3) { } } return answer;", "ChatCompletion answer = null!; answer = await RUN, maxRetries: 3, ct); return answer;")]
    [InlineData("for (var i = 1; ; i++) { try { Console.WriteLine((await CALL).Value.Content[0].Text.Trim()); return null!; } catch ([|Exception|]) when (i < 3) { } }", null)]
    [InlineData("for (var i = 1; ; i++) { try { return (await CALL.ConfigureAwait(false)).Value; } catch ([|Exception|]) when (i < 3) { } }", "return (await RUN, maxRetries: 2, ct).ConfigureAwait(false)).Value;")]
    public Task Does_with_the_answer_what_was_done(string loop, string? call) => call is null ? KeepsAsync(loop) : ReplacesAsync(loop, call);

    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await Task.Delay(2000, ct); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(2) }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await Task.Delay(pause); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = pause }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, i)), ct).ConfigureAwait(false); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(2) }, ct);")]
    [InlineData("var wait = 250; for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await Task.Delay(wait, ct); wait *= 2; } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromMilliseconds(250) }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { var wait = TimeSpan.FromMinutes(i); await Task.Delay(wait + TimeSpan.FromMilliseconds(Random.Shared.Next(0, 2000)), ct); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(61), MaxDelay = TimeSpan.FromSeconds(61) }, ct);")]
    [InlineData("for (var i = 1; ; i++) { if (i > 1) await Task.Delay(1000, ct); try { return await CALL; } catch ([|Exception|]) when (i < 3) { } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(1) }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { } await Task.Delay(1000, ct); }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(1) }, ct);")]
    public Task Keeps_the_first_wait(string loop, string call) => ReplacesAsync(loop, call);

    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|] e) when (i < 3) { log.WriteLine($\"{i}: {e.Message}\"); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, OnRetry = retry => log.WriteLine($\"{retry.Attempt}: {retry.Exception.Message}\") }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { log.WriteLine($\"{i + 1} of {Max}, {i}\"); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 3, OnRetry = retry => log.WriteLine($\"{retry.Attempt} of {Max}, {retry.Attempt - 1}\") }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|] e) when (i < 3) { log.Write(e); log.Write('!'); await Task.Delay(pause, ct); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = pause, OnRetry = retry => { log.Write(retry.Exception); log.Write('!'); } }, ct);")]
    [InlineData("for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { var wait = TimeSpan.FromSeconds(i); log.WriteLine(\"again in {0}\", wait); await Task.Delay(wait, ct); } }", "return await RUN, new LlmRetryOptions { MaxRetries = 2, BaseDelay = TimeSpan.FromSeconds(1), OnRetry = retry => log.WriteLine(\"again in {0}\", retry.Delay) }, ct);")]
    public Task Keeps_the_logs(string loop, string call) => ReplacesAsync(loop, call);

    [Theory]
    [InlineData("string text", "for (var i = 1; ; i++) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) when (i < 3) { } }", "return await LlmRetry.RunAsync(_ => client.CompleteChatAsync(text), maxRetries: 2);")]
    [InlineData("string text, CancellationToken ct", "for (var i = 1; ; i++) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) when (i < 3) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), maxRetries: 2, ct);")]
    [InlineData("string text, CancellationToken stop", "for (var i = 1; ; i++) { stop.ThrowIfCancellationRequested(); try { return await client.CompleteChatAsync([text], null, stop); } catch ([|Exception|]) when (i < 3) { } }", "return await LlmRetry.RunAsync(ct => client.CompleteChatAsync([text], null, ct), maxRetries: 2, stop);")]
    [InlineData("string text, CancellationToken stop", "using var own = new CancellationTokenSource(); for (var i = 1; ; i++) { try { return await client.CompleteChatAsync([text], null, own.Token); } catch ([|Exception|]) when (i < 3) { } }", "using var own = new CancellationTokenSource(); return await LlmRetry.RunAsync(ct => client.CompleteChatAsync([text], null, ct), maxRetries: 2, own.Token);")]
    [InlineData("string text", "return await Once(() => client.CompleteChatAsync(\"\")); async Task<ClientResult<ChatCompletion>> Once(Func<Task<ClientResult<ChatCompletion>>> question) { for (var i = 1; ; i++) { try { return await question(); } catch ([|Exception|]) when (i < 3) { } } }", "return await Once(() => client.CompleteChatAsync(\"\")); async Task<ClientResult<ChatCompletion>> Once(Func<Task<ClientResult<ChatCompletion>>> question) { return await LlmRetry.RunAsync(_ => question(), maxRetries: 2); }")]
    [InlineData("string text", "Func<Task> ask = async () => { for (var i = 1; ; i++) { try { await client.CompleteChatAsync(text); return; } catch ([|Exception|]) when (i < 3) { } } }; await ask(); return null!;", "Func<Task> ask = async () => { await LlmRetry.RunAsync(_ => client.CompleteChatAsync(text), maxRetries: 2); return; }; await ask(); return null!;")]
    [InlineData("string text", "async ValueTask<ChatCompletion> One() => await client.CompleteChatAsync(text); for (var i = 1; ; i++) { try { return await One(); } catch ([|Exception|]) when (i < 3) { } }", "async ValueTask<ChatCompletion> One() => await client.CompleteChatAsync(text); return await LlmRetry.RunAsync(_ => One().AsTask(), maxRetries: 2);")]
    public Task Gives_the_helper_the_token_of_the_call(string parameters, string loop, string call) => FixesAsync(RetryCode.In(loop, parameters), WithImport(RetryCode.In(call, parameters)), withRuntime: true);

    [Theory]
    [InlineData("async Task<T> Again<T>(Func<Task<T>> call) { BODY }\nclass Uses(ChatClient client) { Task One() => Helper.Again(() => client.CompleteChatAsync(\"x\")); }")]
    [InlineData("Task One(ChatClient client) { return Again(() => client.CompleteChatAsync(\"x\")); async Task<T> Again<T>(Func<Task<T>> call) where T : class { while (true) { try { return await call(); } catch ([|Exception|]) { await Task.Delay(1000); } } } }")]
    [InlineData("Task One(ChatClient client) { return Again(() => client.CompleteChatAsync(\"x\")); async Task<T> Again<T>(Func<Task<T>> call) { BODY } }")]
    [InlineData("async Task<T> Again<T>(Func<Task<T>> call) { BODY }\nclass Uses<TAnswer>(Func<Task<TAnswer>> ask, ChatClient client) { Task One() => Helper.Again(async () => { await client.CompleteChatAsync(\"x\"); return await ask(); }); }")]
    public Task Imports_the_runtime_in_generic_functions(string members) => FixesAsync(
        Generic(members.Replace("BODY", "for (var i = 1; ; i++) { try { return await call(); } catch ([|Exception|]) when (i < 3) { } }", StringComparison.Ordinal)),
        Generic(
            members.Replace("BODY", "return await LlmRetry.RunAsync(_ => call(), maxRetries: 2);", StringComparison.Ordinal)
                .Replace("while (true) { try { return await call(); } catch ([|Exception|]) { await Task.Delay(1000); } }", "return await LlmRetry.RunAsync(_ => call(), new LlmRetryOptions { BaseDelay = TimeSpan.FromSeconds(1) });", StringComparison.Ordinal),
            "using AsyncLlm;\n"),
        withRuntime: true);

    [Fact]
    public Task Keeps_comments_and_layout() => ReplacesAsync(
        """
        log.WriteLine();

        // three times
        var tries = 0;
        while (true) // as long as it takes
        {
            try
            {
                // the question
                return await client.CompleteChatAsync([text /* theirs */], cancellationToken: ct); // ours
            }
            catch ([|Exception|] e)
            {
                if (++tries == 3)
                    throw; // no more

                // tell
                log.WriteLine(/* what */ e.Message);
                await Task.Delay(500, ct);
            }
        }
        """,
        """
        log.WriteLine();

        // three times
        // as long as it takes
        // no more
        // tell
        // the question
        return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text /* theirs */], cancellationToken: token), new LlmRetryOptions { MaxRetries = 2, OnRetry = retry => log.WriteLine(/* what */ retry.Exception.Message) }, ct); // ours
        """);

    [Fact]
    public Task Works_at_the_top_level() => FixesAsync(
        """
        /* top-level */
        using AsyncLlm;
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        var tries = 0;
        while (true)
        {
            try
            {
                await client.CompleteChatAsync("question");
                break;
            }
            catch ([|Exception|]) when (tries < 3)
            {
                tries++;
            }
        }

        Console.WriteLine("done");
        """,
        """
        /* top-level */
        using AsyncLlm;
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        await LlmRetry.RunAsync(_ => client.CompleteChatAsync("question"), maxRetries: 3);

        Console.WriteLine("done");
        """,
        withRuntime: true);

    [Fact]
    public Task Replaces_each_of_several() => ReplacesAsync(
        "for (var i = 1; ; i++) { try { await CALL; break; } catch ([|Exception|]) when (i < 3) { } } for (var i = 1; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 4) { } }",
        "await RUN, maxRetries: 2, ct); return await RUN, maxRetries: 3, ct);");

    [Theory]
    // what it ends with is another exception, or none
    [InlineData("for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|]) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|]) { } } throw new InvalidOperationException();")]
    [InlineData("Exception? last = null; for (var i = 0; i < 3; i++) { try { return await CALL; } catch ([|Exception|] e) { last = e; } } throw new InvalidOperationException(\"\", last);")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) { if (i > 3) throw new TimeoutException(); } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) { if (i > 3) return null!; } }")]
    [InlineData("var i = 0; while (true) { try { return await CALL; } catch ([|Exception|]) { if (i++ > 3) break; } } return null!;")]
    // something else is done
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { budget--; } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { Count(i); } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await log.WriteLineAsync(\"again\"); } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { await BackOffAsync(i); } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { text += '.'; } }")]
    [InlineData("for (var i = 0; ; i++) { try { log.WriteLine(i); return await CALL; } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) { log.WriteLine(i); if (i == 3) throw; } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < 3) { } finally { log.Flush(); } }")]
    [InlineData("for (var i = 0; ; i++) { try { await log.FlushAsync(); return await CALL; } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { var answer = await CALL; Count(int.Parse(answer.Value.Content[0].Text)); return answer; } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { using var source = new CancellationTokenSource(1000); try { return await client.CompleteChatAsync([text], null, source.Token); } catch ([|Exception|]) when (i < 3) { } }")]
    // its count is used elsewhere
    [InlineData("var i = 0; while (true) { try { await CALL; break; } catch ([|Exception|]) when (i < 3) { i++; } } Count(i); return null!;")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text + i], cancellationToken: ct); } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { return await CALL; } catch ([|Exception|]) when (i < Max && i < budget) { } }")]
    // no awaited call, or a stream
    [InlineData("for (var i = 0; ; i++) { try { return client.CompleteChat(text); } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { await foreach (var part in client.CompleteChatStreamingAsync(text)) { } return null!; } catch ([|Exception|]) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { return (await CALL).Value ?? (await CALL).Value; } catch ([|Exception|]) when (i < 3) { } }")]
    public Task Leaves_what_it_does_not_understand_to_the_last_statement(string loop) => KeepsAsync(loop);

    [Fact]
    public Task Leaves_an_answer_that_may_be_null() => KeepsAsync(
        "string? answer = null; while (answer is null) { try { answer = await AskNullable(text); } catch ([|Exception|] e) { log.Write(e); } } return null!; async Task<string?> AskNullable(string question) => (await client.CompleteChatAsync(question)).Value.Content[0]?.Text;",
        "Cancellation");

    private static string Generic(string members, string import = "")
    {
        var end = members.IndexOf('\n', StringComparison.Ordinal);
        var (method, more) = end < 0 ? (members, "") : (members[..end], members[(end + 1)..]);
        return $$"""
            {{import}}using OpenAI.Chat;

            static class Helper
            {
                public static {{method}}
            }

            {{more}}
            """;
    }

    private Task ReplacesAsync(string loop, string replaced) => FixesAsync(
        RetryCode.In(loop.Replace("CALL", Call, StringComparison.Ordinal)), WithImport(RetryCode.In(replaced.Replace("RUN", Run, StringComparison.Ordinal))), withRuntime: true);

    /// <summary>The helper is not offered: were it, it would be the default, and the other fix be known by its own key.</summary>
    private async Task KeepsAsync(string loop, string other = "Transient")
    {
        var code = RetryCode.In(loop.Replace("CALL", Call, StringComparison.Ordinal));
        await FixesAsync(code, code, withRuntime: true, kind: other);
    }

    private static string WithImport(string code) => code.Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal);
}
