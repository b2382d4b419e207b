using Microsoft.CodeAnalysis.Diagnostics;

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
    [InlineData("10_000", "(10 s)")]
    [InlineData("TimeSpan.FromSeconds(10)", "(TimeSpan.FromSeconds(10))")]
    public async Task Says_how_long_it_waits(string delay, string said)
    {
        var analyzer = new AsyncLlmAnalyzers.Hosting.LlmAnalyzer([.. AsyncLlmAnalyzers.Hosting.LlmAnalyzer.Rules.Where(rule => rule.Descriptor.Id == "ALLM4003")]);
        var found = await Compile(Example.Replace("[|", "").Replace("|]", "").Replace("10_000", delay)).WithAnalyzers([analyzer]).GetAnalyzerDiagnosticsAsync();
        Assert.Contains(said, Assert.Single(found).GetMessage(), StringComparison.Ordinal);
    }

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
    public Task Silent_when_the_delay_grows_or_follows_the_server(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await BackOffAsync(i); } } return null!;")]
    [InlineData("for (var i = 0; i < 3; i++) { try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { await Task.Delay(log.NewLine.Length); } } return null!;")]
    public Task Silent_when_the_delay_cannot_be_seen(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("foreach (var one in clients) { try { return await one.CompleteChatAsync(text); } catch (ClientResultException) { } } return null!;")]
    [InlineData("try { return await client.CompleteChatAsync(text); } catch (ClientResultException) { return null!; }")]
    [InlineData("while (true) { try { await client.CompleteChatAsync(text); } catch (ClientResultException) { } await Task.Delay(1000); }")]
    public Task Silent_when_it_is_no_retry_of_the_call(string statements) => SilentAsync(RetryCode.In(statements));

    [Theory]
    [InlineData("for (var i = 1; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Status == 429 && i < 5) { await Task.Delay(pause, ct); } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), new LlmRetryOptions { MaxRetries = 4, BaseDelay = pause }, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) { if (i == Max || e.Status is 401 or 400) throw; } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: Max, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Status != 401 && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: 2, ct);")]
    [InlineData("for (var i = 0; ; i++) { try { return await client.CompleteChatAsync([text], null, ct); } catch ([|ClientResultException|] e) when (e.Message.Contains(\"429\") && i < 2) { } }", "return await LlmRetry.RunAsync(token => client.CompleteChatAsync([text], null, token), maxRetries: 2, ct);")]
    public Task Leaves_the_retry_to_the_runtime(string statements, string fixedStatements) => FixesAsync(
        RetryCode.In(statements), RetryCode.In(fixedStatements).Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal), withRuntime: true);

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
}
