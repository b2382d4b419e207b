namespace AsyncLlmAnalyzers.Tests.Rules;

public class RetryWithoutBackoffTests() : RuleTests("ALLM4003")
{
    protected override string Example => """
        using System.ClientModel;
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
                    catch ([|ClientResultException|] e) when (e.Status == 429 && attempt < 5)
                    {
                        await Task.Delay(10_000);
                    }
                }
            }
        }
        """;

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|] e) { log.Write(e); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { await Task.Yield(); } } return null!;")]
    public Task Reports_a_retry_without_a_delay(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { await Task.Delay(pause, ct); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } await Task.Delay(TimeSpan.FromSeconds(2)); } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { if (i > 0) await Task.Delay(1000 * Max); return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } } return null!;")]
    [InlineData("var wait = 1000; for (var i = 0; i < 3; i++) { try { return client.CompleteChat(text); } catch ([|ClientResultException|]) { Thread.Sleep(wait); } } return null!;")]
    [InlineData("foreach (var i in Enumerable.Range(0, 3)) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { await Task.Delay(1000); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { await Task.Delay(pause); } return null!;")]
    [InlineData("Exception? last = null; for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|] e) { last = e; } await Task.Delay(1000); } throw last!;")]
    [InlineData("ChatCompletion? answer = null; var tries = 0; do { try { answer = await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { tries++; await Task.Delay(pause); } } while (answer is null && tries < 3); return answer!;")]
    public Task Reports_a_constant_delay(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("var all = await Task.WhenAll(text.Split(' ').Select(async line => { for (var i = 1; ; i++) { try { return await client.CompleteChatAsync(line); } catch ([|ClientResultException|]) when (i < 3) { await Task.Delay(1000 * i); } } })); return all[0];")]
    [InlineData("var all = await Task.WhenAll(text.Split(' ').Select(One)); return all[0]; async Task<ChatCompletion> One(string line) => await Again(line); async Task<ChatCompletion> Again(string line) { for (var i = 1; ; i++) { try { return await client.CompleteChatAsync(line); } catch (ClientResultException) when (i < 3) { await Task.Delay(1000 * i); } } }")]
    [InlineData("await Parallel.ForEachAsync(text.Split(' '), async (line, token) => { for (var i = 1; ; i++) { try { await client.CompleteChatAsync(line); return; } catch ([|ClientResultException|]) when (i < 3) { await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, i)), token); } } }); return null!;")]
    [InlineData("await Parallel.ForEachAsync(text.Split(' '), async (line, token) => await Again(line)); return null!; async Task<ChatCompletion> Again(string line) { for (var i = 1; ; i++) { try { return await client.CompleteChatAsync(line); } catch ([|ClientResultException|]) when (i < 3) { await Task.Delay(1000 * i); } } }")]
    public Task Reports_a_fan_out_that_retries_in_step(string statements) => ReportsAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(1000 << i); } } return null!;")]
    [InlineData("var wait = TimeSpan.FromSeconds(1); for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(wait); wait *= 2; } } return null!;")]
    [InlineData("await Parallel.ForEachAsync(text.Split(' '), async (line, token) => { for (var i = 1; ; i++) { try { await client.CompleteChatAsync(line); return; } catch (ClientResultException) when (i < 3) { var jitter = Random.Shared.Next(1000); await Task.Delay((1000 << i) + jitter, token); } } }); return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException e) { e.GetRawResponse()!.Headers.TryGetValue(\"retry-after\", out var retryAfter); await Task.Delay(int.Parse(retryAfter!) * 1000); } } return null!;")]
    [InlineData("foreach (var seconds in new[] { 1, 2, 4 }) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(seconds * 1000); } } return null!;")]
    [InlineData("foreach (var _ in clients) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(budget *= 2); } } return null!;")]
    public Task Silent_when_the_delay_grows_or_follows_the_server(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await BackOffAsync(i); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(log.NewLine.Length); } } return null!;")]
    public Task Silent_when_the_delay_cannot_be_seen(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("catch (OperationCanceledException) when (i < 2)")]
    [InlineData("catch (TaskCanceledException) when (!ct.IsCancellationRequested && i < 2)")]
    [InlineData("catch (TimeoutException) when (i < 2)")]
    [InlineData("catch (System.Text.Json.JsonException) when (i < 2)")]
    [InlineData("catch (Exception e) when (e is FormatException && i < 2)")]
    [InlineData("catch (Exception e) when (i < 2 && e is TimeoutException or TaskCanceledException { CancellationToken.IsCancellationRequested: false })")]
    [InlineData("catch (Exception e) when (e is TimeoutException || e is System.Text.Json.JsonException inner && inner.LineNumber > i)")]
    public Task Silent_when_no_refusal_is_caught(string handler) =>
        SilentAsync(RetryCode.In($"for (var i = 0; ; i++) {{ try {{ return await client.CompleteChatAsync(text); }} {handler} {{ }} }}"));

    [Theory]
    [InlineData("catch ([|Exception|] e) when (e is TimeoutException or ClientResultException)")]
    [InlineData("catch ([|Exception|] e) when (e is TimeoutException || i < 2)")]
    [InlineData("catch ([|Exception|] e) when (e is not OperationCanceledException && i < 2)")]
    public Task Reports_a_handler_that_may_catch_a_refusal_among_others(string handler) =>
        ReportsAsync(RetryCode.In($"for (var i = 0; ; i++) {{ try {{ return await client.CompleteChatAsync(text); }} {handler} {{ }} }}"));

    [Theory]
    [InlineData("foreach (var one in clients) { try { return await one.CompleteChatAsync(text); } catch (ClientResultException) { } } return null!;")]
    [InlineData("foreach (var word in text.Split(' ')) { text = word; try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { } } return null!;")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { return null!; }")]
    [InlineData("try { return await pipeline.ExecuteAsync(async _ => (await client.CompleteChatAsync(text)).Value); } catch (ClientResultException) { return null!; }")]
    [InlineData("while (true) { try { await client.CompleteChatAsync(text); } catch (ClientResultException) { } await Task.Delay(1000); }")]
    public Task Silent_when_it_is_no_retry_of_the_call(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|]) when (i < 5) { await Task.Delay(pause, ct); } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 4, BaseDelay = pause, Classify = error => error is ClientResultException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) { if (i == Max || e.Status is 401 or 400) throw; } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = Max, Classify = error => error is ClientResultException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Status != 401 && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    public Task Leaves_the_retry_to_the_runtime(string statements, string fixedStatements) => ReplacesAsync(statements, fixedStatements);

    /// <summary>What the loop did not repeat the runtime must not repeat either.</summary>
    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Status == 429 && i < 5) { await Task.Delay(pause, ct); } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 4, BaseDelay = pause, Classify = error => error is ClientResultException e && e.Status == 429 ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (i < 2 && (e.Status == 429 || e.Status == 503)) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException e && (e.Status == 429 || e.Status == 503) ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Message.Contains(\"429\") && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException e && e.Message.Contains(\"429\") ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) { if (e.Status != 429 || i == 2) throw; } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException e && e.Status == 429 ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) { if (e.Status is not (429 or 503)) throw; if (i == 2) throw; } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException e && e.Status is (429 or 503) ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] error) when (error.Status /* busy */ is 429 && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error1 => error1 is ClientResultException error && error.Status /* busy */ is 429 ? LlmFailure.Classify(error1) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|Exception|] e) when (e is ClientResultException { Status: 429 } && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = e => e is ClientResultException { Status: 429 } ? LlmFailure.Classify(e) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|Exception|] e) when (e is not OperationCanceledException && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = e => e is not OperationCanceledException ? LlmFailure.Classify(e) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    public Task Repeats_what_the_loop_repeated(string statements, string fixedStatements) => ReplacesAsync(statements, fixedStatements);

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch (OperationCanceledException) { throw; } catch ([|Exception|]) when (i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is not OperationCanceledException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch (OperationCanceledException) { throw; } catch ([|Exception|] e) when (i < 2) { log.Write(e); } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions\n{\n    MaxRetries = 2,\n    OnRetry = retry => log.Write(retry.Exception),\n    Classify = e => e is not OperationCanceledException ? LlmFailure.Classify(e) : new LlmFailure(LlmFailureKind.Permanent)\n}, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch (TaskCanceledException) { throw; } catch ([|ClientResultException|]) when (i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 2, Classify = error => error is ClientResultException ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent) }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch (OperationCanceledException) when (ct.IsCancellationRequested) { throw; } catch ([|Exception|]) when (i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: 2, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|Exception|]) when (!ct.IsCancellationRequested && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: 2, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|Exception|] e) when ((e is not OperationCanceledException || !ct.IsCancellationRequested) && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: 2, ct);")]
    public Task Lets_cancellation_through_as_the_loop_did(string statements, string fixedStatements) => ReplacesAsync(statements, fixedStatements);

    [Theory]
    [InlineData("e.Status == 400")]
    [InlineData("e.Status >= 400")]
    [InlineData("e.Status != 429")]
    [InlineData("IsTransient(e)")]
    [InlineData("e.Message.Contains(\"filter\")")]
    public async Task Keeps_a_retry_of_what_the_runtime_would_not_repeat(string filter)
    {
        var code = RetryCode.In($"for (var i = 0; ; i++) {{ try {{ return await client.CompleteChatAsync(text); }} catch ([|ClientResultException|] e) when ({filter} && i < 2) {{ }} }}");
        await FixesAsync(code, code, withRuntime: true, kind: "BackOff");
    }

    /// <summary>What decides more than whether there is another attempt, or is decided elsewhere, the runtime cannot be told.</summary>
    [Theory]
    [InlineData("catch (OperationCanceledException) { log.Write(1); throw; } catch ([|ClientResultException|]) when (i < 2) { }")]
    [InlineData("catch (OperationCanceledException) when (stop.IsCancellationRequested) { throw; } catch ([|ClientResultException|]) when (i < 2) { }")]
    [InlineData("catch (ArgumentException) { throw; } catch ([|ClientResultException|]) when (i < 2) { }")]
    [InlineData("catch ([|ClientResultException|]) when (i < 2) { } catch (OperationCanceledException) { throw; }")]
    [InlineData("catch ([|ClientResultException|] e) when (i < 2) { if (e.Status == 429) log.Write(1); }")]
    [InlineData("catch ([|ClientResultException|] e) when (e.Status == 429 || i < 2) { }")]
    [InlineData("catch ([|ClientResultException|] e) { if (i > 0 && e.Status != 429) throw; if (i == 2) throw; }")]
    public async Task Keeps_a_retry_whose_question_cannot_be_handed_on(string handlers)
    {
        var code = RetryCode.In($"for (var i = 0; ; i++) {{ try {{ return await client.CompleteChatAsync([text], null, ct); }} {handlers} }}", "string text, CancellationToken ct, CancellationToken stop");
        await FixesAsync(code, code, withRuntime: true, kind: "BackOff");
    }

    [Theory]
    [InlineData(
        "for (var i = 0; ; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch ([|ClientResultException|]) when (i < 3)\n    {\n        await Task.Delay(/* ms */ 1000, ct); // wait\n    }\n}",
        "for (var i = 0; ; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch (ClientResultException) when (i < 3)\n    {\n        await Task.Delay(/* ms */ TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, i)) * (0.5 + Random.Shared.NextDouble())), ct); // wait\n    }\n}")]
    [InlineData(
        "var tries = 0;\nwhile (true)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch ([|ClientResultException|]) when (tries < 3)\n    {\n        tries++;\n        continue;\n    }\n}",
        "var tries = 0;\nwhile (true)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch (ClientResultException) when (tries < 3)\n    {\n        tries++;\n        await Task.Delay(TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, tries)) * (0.5 + Random.Shared.NextDouble())), ct);\n        continue;\n    }\n}")]
    [InlineData(
        "for (var i = 0; i < 3; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch ([|ClientResultException|]) { }\n}\n\nreturn null!;",
        "for (var i = 0; i < 3; i++)\n{\n    try { return await client.CompleteChatAsync(text); }\n    catch (ClientResultException)\n    {\n        await Task.Delay(TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, i)) * (0.5 + Random.Shared.NextDouble())), ct);\n    }\n}\n\nreturn null!;")]
    [InlineData(
        "await Parallel.ForEachAsync(text.Split(' '), async (line, token) => { for (var i = 1; ; i++) { try { await client.CompleteChatAsync(line); return; } catch ([|ClientResultException|]) when (i < 3) { await Task.Delay(1000 * i, token); } } }); return null!;",
        "await Parallel.ForEachAsync(text.Split(' '), async (line, token) => { for (var i = 1; ; i++) { try { await client.CompleteChatAsync(line); return; } catch (ClientResultException) when (i < 3) { await Task.Delay((int)((1000 * i) * (0.5 + Random.Shared.NextDouble())), token); } } }); return null!;")]
    public Task Waits_longer_each_time_with_a_random_part(string statements, string fixedStatements) => FixesAsync(RetryCode.In(statements), RetryCode.In(fixedStatements));

    [Fact]
    public Task Offers_no_fix_where_nothing_counts() =>
        OffersNoFixAsync(RetryCode.In("while (true) { try { return await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { await Task.Delay(1000); } }"));

    private Task ReplacesAsync(string statements, string fixedStatements) => FixesAsync(
        RetryCode.In(statements), RetryCode.In(fixedStatements).Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal), withRuntime: true);
}
