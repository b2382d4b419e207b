namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnboundedRetryTests() : RuleTests("ALLM4004")
{
    protected override string Example => """
        using System.ClientModel;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            async Task<ChatCompletion> AskAsync(string text)
            {
                while (true)
                {
                    try
                    {
                        return await client.CompleteChatAsync(text);
                    }
                    catch ([|ClientResultException|] e) when (e.Status == 429)
                    {
                        await Task.Delay(1000);
                    }
                }
            }
        }
        """;

    [Theory]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } [|catch|] { await Task.Delay(1000); } }")]
    [InlineData("for (;;) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { await Task.Delay(1000); } }")]
    [InlineData("do { try { return await client.CompleteChatAsync(text); } catch ([|Exception|] e) { log.Write(e); } } while (true);")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text).ConfigureAwait(false); } catch ([|Exception|]) { continue; } }")]
    [InlineData("ChatCompletion? answer = null; while (answer is null) { try { answer = await client.CompleteChatAsync(text); } catch ([|Exception|]) { } } return answer;")]
    [InlineData("ChatCompletion answer = null!; var done = false; while (!done) { try { answer = await client.CompleteChatAsync(text); done = true; } catch ([|Exception|]) { } } return answer;")]
    [InlineData("while (true) { ChatCompletion answer; try { answer = await client.CompleteChatAsync(text); } catch ([|Exception|]) { continue; } return answer; }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|] e) when (e.Message.Contains(\"429\")) { } }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|] e) when (IsTransient(e)) { } }")]
    [InlineData("while (true) { try { return client.CompleteChat(text); } catch ([|Exception|]) { Thread.Sleep(1000); } }")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { return await AskAsync(text, ct); }")]
    [InlineData("async Task<ChatCompletion> Once() => await client.CompleteChatAsync(text); while (true) { try { return await Once(); } catch ([|Exception|]) { } }")]
    [InlineData("return await Again(() => client.CompleteChatAsync(text)); async Task<T> Again<T>(Func<Task<T>> call) { while (true) { try { return await call(); } catch ([|Exception|]) { } } }")]
    [InlineData("Func<Task<ChatCompletion>> ask = async () => { while (true) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { } } }; return await ask();")]
    public Task Reports_a_retry_that_only_a_success_ends(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("while (!ct.IsCancellationRequested) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { await Task.Delay(1000, ct); } } return null!;")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync([text], cancellationToken: ct); } catch ([|Exception|]) { await Task.Delay(1000); } }")]
    [InlineData("var wait = 1; while (true) { try { return await client.CompleteChatAsync([text], cancellationToken: ct); } catch ([|Exception|]) { await Task.Delay(wait *= 2); } }")]
    public Task Reports_a_retry_that_cancelling_does_not_end_or_that_never_slows_down(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception) { } } return null!;")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync(text); } catch (Exception) when (i < Max) { } }")]
    [InlineData("var tries = 0; while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { if (++tries > 3) throw; } }")]
    [InlineData("var tries = 0; while (tries++ < 3) { try { return await client.CompleteChatAsync(text); } catch (Exception) { } } return null!;")]
    [InlineData("var tries = 0; while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { tries++; } if (tries > 3) break; } return null!;")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) when (budget-- > 0) { } }")]
    [InlineData("var tries = 0; while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { Count(++tries); } }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception e) { if (!IsTransient(e)) throw; } }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { Console.ReadKey(); } }")]
    [InlineData("var end = DateTime.UtcNow.AddMinutes(1); while (DateTime.UtcNow < end) { try { return await client.CompleteChatAsync(text); } catch (Exception) { } } return null!;")]
    public Task Silent_when_attempts_are_counted_or_timed_or_a_person_starts_them(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("var wait = 1; while (true) { try { return await client.CompleteChatAsync([text], cancellationToken: ct); } catch (ClientResultException) { await Task.Delay(wait *= 2); } }")]
    [InlineData("var wait = 1; while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { await Task.Delay(wait *= 2, ct); } }")]
    [InlineData("var wait = 1; while (!ct.IsCancellationRequested) { try { return await client.CompleteChatAsync(text); } catch (Exception) { await Task.Delay(wait++ * 1000); } } return null!;")]
    [InlineData("var wait = 1; while (true) { ct.ThrowIfCancellationRequested(); try { return await client.CompleteChatAsync(text); } catch (Exception) { await BackOffAsync(wait); } }")]
    [InlineData("using var cts = new CancellationTokenSource(TimeSpan.FromMinutes(1)); while (true) { try { return await client.CompleteChatAsync([text], cancellationToken: cts.Token); } catch (ClientResultException) { } }")]
    public Task Silent_when_cancelling_ends_it_and_the_delay_grows(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("foreach (var one in clients) { try { return await one.CompleteChatAsync(text); } catch (Exception) { } } return null!;")]
    [InlineData("for (var i = 0; ; i++) { try { return await clients[i].CompleteChatAsync(text); } catch (Exception) { continue; } }")]
    [InlineData("while (true) { try { await client.CompleteChatAsync(text); } catch (Exception) { } await Task.Delay(1000); }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { throw; } }")]
    [InlineData("while (true) { try { await log.FlushAsync(); break; } catch (Exception) { } } return await client.CompleteChatAsync(text);")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch (Exception) { return await AskAsync(text.Trim(), ct); }")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (Exception) { text = text[1..]; } }")]
    [InlineData("var messages = new List<ChatMessage> { text }; while (true) { try { return await client.CompleteChatAsync(messages); } catch (Exception) { messages.RemoveAt(0); } }")]
    [InlineData("var other = client; while (true) { try { return await other.CompleteChatAsync(text); } catch (Exception) { other = clients[budget--]; } }")]
    public Task Silent_when_it_is_no_retry_of_the_call(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData(
        """
        // until it works
        while (true) // for ever
        {
            try
            {
                return await client.CompleteChatAsync(text);
            }
            catch ([|ClientResultException|] e) when (e.Status == 429) // busy
            {
                await Task.Delay(1000);
            }
        }
        """,
        """
        // until it works
        for (var attempt = 1; ; attempt++) // for ever
        {
            try
            {
                return await client.CompleteChatAsync(text);
            }
            catch (ClientResultException e) when (e.Status == 429 && attempt < 5) // busy
            {
                await Task.Delay(1000);
            }
        }
        """)]
    [InlineData(
        """
        ChatCompletion? answer = null;
        while (answer is null)
        {
            try { answer = await client.CompleteChatAsync(text); }
            [|catch|] { }
        }

        return answer;
        """,
        """
        ChatCompletion? answer = null;
        for (var attempt = 1; answer is null; attempt++)
        {
            try { answer = await client.CompleteChatAsync(text); }
            catch when (attempt < 5) { }
        }

        return answer;
        """)]
    [InlineData(
        """
        for (; ; )
        {
            try { return await client.CompleteChatAsync(text); }
            catch ([|ClientResultException|] e) when (e.Status == 429 || e.Status == 503) { }
            catch ([|TimeoutException|]) { }
        }
        """,
        """
        for (var attempt = 1; ; attempt++)
        {
            try { return await client.CompleteChatAsync(text); }
            catch (ClientResultException e) when ((e.Status == 429 || e.Status == 503) && attempt < 5) { }
            catch (TimeoutException) when (attempt < 5) { }
        }
        """)]
    public Task Counts_the_attempts_and_lets_the_last_failure_through(string statements, string fixedStatements) => FixesAsync(RetryCode.In(statements), RetryCode.In(fixedStatements));

    [Theory]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), cancellationToken: ct);")]
    [InlineData("do { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|] e) when (e.Status is 429 or >= 500) { log.Write(e); await Task.Delay(1000, ct); } } while (true);", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), new LlmRetryOptions\n{\n    BaseDelay = TimeSpan.FromSeconds(1),\n    OnRetry = retry => log.Write(retry.Exception),\n    Classify = error => error is ClientResultException e && e.Status is 429 or >= 500 ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent)\n}, ct);")]
    [InlineData("while (true) { try { return await client.CompleteChatAsync(text); } catch (OperationCanceledException) { throw; } catch ([|Exception|]) { await Task.Delay(1000); } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), new LlmRetryOptions { BaseDelay = TimeSpan.FromSeconds(1), Classify = error => error is not OperationCanceledException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    public Task Leaves_the_retry_to_the_runtime(string statements, string fixedStatements) => FixesAsync(
        RetryCode.In(statements), RetryCode.In(fixedStatements).Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal), withRuntime: true);

    [Theory]
    [InlineData("do { try { return await client.CompleteChatAsync(text); } catch ([|Exception|] e) { log.Write(e); } } while (true);")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch ([|Exception|]) { return await AskAsync(text, ct); }")]
    public Task Offers_no_fix_where_nothing_can_count(string statements) => OffersNoFixAsync(RetryCode.In(statements));
}
