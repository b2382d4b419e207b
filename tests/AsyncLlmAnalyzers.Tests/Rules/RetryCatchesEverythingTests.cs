using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class RetryCatchesEverythingTests() : RuleTests("ALLM4005")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            async Task<ChatCompletion> AskAsync(string text)
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        return await client.CompleteChatAsync(text);
                    }
                    catch ([|Exception|]) when (attempt < 5)
                    {
                        await Task.Delay(1000 * attempt);
                    }
                }
            }
        }
        """;

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } [|catch|] { await Task.Delay(1000); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|] e) { log.Write(e); if (i == 2) throw; } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (InvalidOperationException) { throw; } catch ([|System.Exception|]) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return client.CompleteChat(text); } catch ([|Exception|]) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { await other.GetResponseAsync(text); return null!; } catch ([|Exception|]) { } } return null!;")]
    [InlineData("var asked = text; for (var i = 0; i < 3; i++) { try { asked = text + i; return await client.CompleteChatAsync(asked); } catch ([|Exception|]) { asked = text; } } return null!;")]
    [InlineData("return await Again(() => client.CompleteChatAsync(text)); async Task<T> Again<T>(Func<Task<T>> call) { for (var i = 0; ; i++) { try { return await call(); } catch ([|Exception|]) when (i < 3) { } } }")]
    public Task Reports_a_retry_of_whatever_fails(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception e) when (IsTransient(e)) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception e) when (e is not OperationCanceledException) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception) when (!ct.IsCancellationRequested) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception e) { if (!IsTransient(e)) throw; } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception e) { switch (e) { case ClientResultException: break; default: throw; } } } return null!;")]
    public Task Silent_when_it_asks_what_failed(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (OperationCanceledException) { throw; } catch (Exception) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception) { ct.ThrowIfCancellationRequested(); } } return null!;")]
    public Task Silent_when_cancellation_gets_through(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("foreach (var one in clients) { try { return await one.CompleteChatAsync(text); } catch (Exception) { } } return null!;")]
    [InlineData("for (var i = 0; i < clients.Count; i++) { var one = clients.ElementAt(i); try { return await one.CompleteChatAsync(text); } catch (Exception) { continue; } } return null!;")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch (Exception) { return null!; }")]
    [InlineData("foreach (var line in text.Split(' ')) { try { await client.CompleteChatAsync(line); } catch (Exception) { } } return null!;")]
    [InlineData("var next = text; while (next is not null) { try { await client.CompleteChatAsync(next); } catch (Exception e) { log.Write(e); } log.Flush(); next = Console.ReadLine(); } return null!;")]
    [InlineData("List<ChatMessage>? next = [text]; while (next is not null) { try { await foreach (var update in client.CompleteChatStreamingAsync(next)) log.Write(update); } catch (Exception e) { log.Write(e); } next = budget > 0 ? [new UserChatMessage(text)] : null; } return null!;")]
    [InlineData("while (true) { try { await client.CompleteChatAsync(text); } catch (Exception e) { log.Write(e); } if (Console.ReadLine() != \"again\") break; } return null!;")]
    [InlineData("while (true) { var question = await Console.In.ReadLineAsync(); try { await client.CompleteChatAsync(question); } catch (Exception e) { log.Write(e); } if (budget > 9) break; } return null!;")]
    [InlineData("do { try { return await client.CompleteChatAsync(text); } catch (Exception e) { log.Write(e); } } while (Console.ReadKey().Key == ConsoleKey.Y); return null!;")]
    public Task Silent_when_it_is_no_retry_of_the_call(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData(
        "for (var i = 0; i < 3; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    [|catch|] { }\n}\n\nreturn null!;",
        "for (var i = 0; i < 3; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch (Exception e) when (e is ClientResultException { Status: 0 or 408 or 429 or >= 500 }) { }\n}\n\nreturn null!;")]
    [InlineData(
        "for (var i = 0; ; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch ([|Exception|] error) when (i < 3) // again\n    {\n        log.Write(error);\n    }\n}",
        "for (var i = 0; ; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch (Exception error) when (i < 3 && error is ClientResultException { Status: 0 or 408 or 429 or >= 500 }) // again\n    {\n        log.Write(error);\n    }\n}")]
    [InlineData(
        "for (var i = 0; i < 3; i++)\n{\n    try { await other.GetResponseAsync(text); break; }\n    catch ([|Exception|])\n    {\n    }\n}\n\nreturn null!;",
        "for (var i = 0; i < 3; i++)\n{\n    try { await other.GetResponseAsync(text); break; }\n    catch (Exception) when (!ct.IsCancellationRequested)\n    {\n    }\n}\n\nreturn null!;")]
    public Task Retries_only_what_may_pass(string statements, string fixedStatements) => FixesAsync(RetryCode.In(statements), RetryCode.In(fixedStatements));

    [Fact]
    public Task Lets_cancellation_through_where_the_call_is_given_a_token() => FixesAsync(
        RetryCode.In("for (var i = 0; ; i++) { try { await other.GetResponseAsync(text, cancellationToken: stopping.Token); return null!; } catch ([|Exception|]) when (i < 3) { } }", "string text"),
        RetryCode.In("for (var i = 0; ; i++) { try { await other.GetResponseAsync(text, cancellationToken: stopping.Token); return null!; } catch (Exception) when (i < 3 && !stopping.Token.IsCancellationRequested) { } }", "string text"));

    [Fact]
    public Task Lets_cancellation_through_where_the_token_has_no_name() => FixesAsync(
        RetryCode.In("for (var i = 0; ; i++) { try { await other.GetResponseAsync(text, cancellationToken: new CancellationTokenSource(1000).Token); return null!; } catch ([|Exception|]) when (i < 3) { } }", "string text"),
        RetryCode.In("for (var i = 0; ; i++) { try { await other.GetResponseAsync(text, cancellationToken: new CancellationTokenSource(1000).Token); return null!; } catch (Exception e) when (i < 3 && e is not OperationCanceledException) { } }", "string text"));

    /// <summary>What is caught as a cancellation is a timeout then, and that may pass.</summary>
    [Theory]
    [InlineData("await other.GetResponseAsync(text);")]
    [InlineData("await other.GetResponseAsync(text, cancellationToken: CancellationToken.None);")]
    [InlineData("await Ask(); Task<ChatResponse> Ask() => other.GetResponseAsync(text);")]
    public Task Offers_no_fix_where_nothing_can_be_cancelled(string call) => OffersNoFixAsync(
        RetryCode.In($"for (var i = 0; ; i++) {{ try {{ {call} return null!; }} catch ([|Exception|]) when (i < 3) {{ }} }}", "string text"));

    [Theory]
    [InlineData("string text, CancellationToken ct", "text", true)]
    [InlineData("string text", "text, cancellationToken: stopping.Token", true)]
    [InlineData("string text", "text", false)]
    [InlineData("string text, CancellationToken ct", "text", false, "await Task.Delay(1000, ct);")]
    [InlineData("string text, CancellationToken ct", "text", true, "await Task.Delay(1000);")]
    [InlineData("string text, CancellationToken ct", "text", true, "await Task.Delay(1000, CancellationToken.None);")]
    public async Task Speaks_of_a_caller_who_cancels_where_one_can_and_the_attempts_go_on(string parameters, string arguments, bool isCancelled, string handler = "")
    {
        var found = Assert.Single(await Compile(RetryCode.In($"for (var i = 0; ; i++) {{ try {{ await other.GetResponseAsync({arguments}); return null!; }} catch (Exception) when (i < 3) {{ {handler} }} }}", parameters))
            .WithAnalyzers([RuleTest.Host(Id)]).GetAnalyzerDiagnosticsAsync());
        Assert.Equal(
            "Whatever fails, 'GetResponseAsync' is sent again: a refused key, a wrong request and a filtered prompt fail each time" + (isCancelled ? ", and a caller who cancels only starts the next attempt" : ""),
            found.GetMessage());
    }
}
