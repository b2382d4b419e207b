using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class DeadlineStartsInQueueTests() : RuleTests("ALLM3008")
{
    protected override string Example => WithBody("""
        using var cts = new [|CancellationTokenSource|](Limit);
        await gate.WaitAsync(ct);
        try { await client.CompleteChatAsync(messages, null, cts.Token); }
        finally { gate.Release(); }
        """);

    [Fact]
    public async Task Says_what_happens_under_load()
    {
        var test = new RuleTest(Id) { TestCode = Example.Replace("[|CancellationTokenSource|]", "{|#0:CancellationTokenSource|}", StringComparison.Ordinal), CodeActionEquivalenceKey = "none" };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(
            "The timeout of 'CompleteChatAsync' starts before 'WaitAsync' has let the call in: time in the queue counts, and under load the call is cut off after it was sent and is billed"));
        await test.RunAsync();
    }

    [Theory]
    [InlineData(
        """
        // half a minute each
        using var cts = CancellationTokenSource.[|CreateLinkedTokenSource|](ct);
        cts.CancelAfter(Limit); // from now
        await gate.WaitAsync(cts.Token);
        try
        {
            await client.CompleteChatAsync(messages, null, cts.Token);
        }
        finally
        {
            gate.Release();
        }
        """,
        """
        await gate.WaitAsync(ct);
        try
        {
            // half a minute each
            using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);
            cts.CancelAfter(Limit); // from now
            await client.CompleteChatAsync(messages, null, cts.Token);
        }
        finally
        {
            gate.Release();
        }
        """)]
    [InlineData(
        """
        using CancellationTokenSource cts = [|new|](Limit);
        using var lease = await limiter.AcquireAsync(1, cts.Token);
        await foreach (var update in client.CompleteChatStreamingAsync(messages, cancellationToken: cts.Token)) { }
        await client.CompleteChatAsync(messages, null, cts.Token);
        """,
        """
        using var lease = await limiter.AcquireAsync(1, ct);
        using CancellationTokenSource cts = new(Limit);
        await foreach (var update in client.CompleteChatStreamingAsync(messages, cancellationToken: cts.Token)) { }
        await client.CompleteChatAsync(messages, null, cts.Token);
        """)]
    [InlineData(
        """
        await Task.WhenAll(messages.Select(async message =>
        {
            using var cts = new [|CancellationTokenSource|](Limit);
            await gate.WaitAsync();
            try
            {
                return await client.CompleteChatAsync([message], null, cts.Token);
            }
            finally
            {
                gate.Release();
            }
        }));
        """,
        """
        await Task.WhenAll(messages.Select(async message =>
        {
            await gate.WaitAsync();
            try
            {
                using var cts = new CancellationTokenSource(Limit);
                return await client.CompleteChatAsync([message], null, cts.Token);
            }
            finally
            {
                gate.Release();
            }
        }));
        """)]
    [InlineData(
        """
        using var cts = new [|CancellationTokenSource|](Limit);
        using (await limiter.AcquireAsync(1, ct))
        {
            await client.CompleteChatAsync(messages, null, cts.Token);
        }
        """,
        """
        using (await limiter.AcquireAsync(1, ct))
        {
            using var cts = new CancellationTokenSource(Limit);
            await client.CompleteChatAsync(messages, null, cts.Token);
        }
        """)]
    public Task Moves_the_source_below_the_queue(string statements, string fixedStatements) => FixesAsync(WithBody(statements), WithBody(fixedStatements));

    [Theory]
    [InlineData("await gate.WaitAsync(ct); using var cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(); await gate.WaitAsync(ct); cts.CancelAfter(Limit); await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await gate.WaitAsync(cts.Token); cts.CancelAfter(Limit); await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await client.CompleteChatAsync(messages, null, cts.Token); await gate.WaitAsync(ct);")]
    public Task Is_silent_when_the_clock_starts_after_the_queue(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.WhenAll(messages.Select(async m => { await gate.WaitAsync(); await client.CompleteChatAsync([m], null, cts.Token); }));")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); foreach (var m in messages) { await gate.WaitAsync(); await client.CompleteChatAsync([m], null, cts.Token); }")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); if (messages.Count > 3) { await gate.WaitAsync(); } await client.CompleteChatAsync(messages, null, cts.Token);")]
    public Task Is_silent_when_the_clock_is_for_many_calls_or_the_queue_may_be_passed_by(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(Limit); using var lease = limiter.AttemptAcquire(); await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); if (!await gate.WaitAsync(0)) return; await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); if (!await gate.WaitAsync(TimeSpan.Zero)) return; await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(); await gate.WaitAsync(ct); await client.CompleteChatAsync(messages, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await gate.WaitAsync(cts.Token); await client.CompleteChatAsync(messages, null, ct);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.Delay(10, cts.Token); await client.CompleteChatAsync(messages, null, cts.Token);")]
    public Task Is_silent_without_a_queue_or_a_clock(string statements) => SilentAsync(WithBody(statements));

    [Fact]
    public Task Offers_no_fix_when_the_source_is_used_before_the_queue() => OffersNoFixAsync(WithBody("""
        using var cts = new [|CancellationTokenSource|](Limit);
        var token = cts.Token;
        await gate.WaitAsync(token);
        await client.CompleteChatAsync(messages, null, token);
        """));

    private static string WithBody(string statements) => $$"""
        using System.Threading.RateLimiting;
        using OpenAI.Chat;

        class Answers(ChatClient client, SemaphoreSlim gate, RateLimiter limiter)
        {
            static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

            async Task Run(List<ChatMessage> messages, CancellationToken ct)
            {
        {{Indent(statements, 8)}}
            }

            public override string ToString() => $"{gate} {limiter}";
        }
        """;
}
