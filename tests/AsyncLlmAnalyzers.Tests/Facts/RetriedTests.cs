using AsyncLlmAnalyzers.Facts;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case is a call through a client whose own retries are off, unless it says otherwise.</summary>
public class RetriedTests
{
    private const string Off = "new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0) })";

    [Theory]
    [InlineData("while (true) { try { await /*call*/client.CompleteChatAsync(text); return; } catch (Exception) { await Task.Yield(); } }")]
    [InlineData("for (var i = 0; i < 3; i++) { try { await /*call*/client.CompleteChatAsync(text); break; } catch (ClientResultException e) when (e.Status == 429 && i < 2) { await Task.Delay(1000); } }")]
    [InlineData("var done = false; while (!done) { try { await /*call*/client.CompleteChatAsync(text); done = true; } catch { } }")]
    [InlineData("var tries = 0; do { try { await /*call*/client.CompleteChatAsync(text); return; } catch { if (++tries > 3) throw; } } while (true);")]
    [InlineData("while (true) { try { await OneAsync(text); return; } catch { } }")]
    [InlineData("await Repeated(() => /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await Repeated(() => OneAsync(text));")]
    [InlineData("await new AsyncLlm.LlmThrottle().ExecuteAsync(token => /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await new ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build().ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text));")]
    [InlineData("var builder = new ResiliencePipelineBuilder(); builder.AddRetry(new Polly.Retry.RetryStrategyOptions()); var own = builder.Build(); await own.ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await new ResiliencePipelineBuilder().AddLlmThrottle(new LlmThrottle()).Build().ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await new LlmThrottle().PaceAsync(token => /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await new LlmThrottle().ExecuteAsync(Once); Task<ClientResult<ChatCompletion>> Once(CancellationToken token) => /*call*/client.CompleteChatAsync(text);")]
    [InlineData("await LlmTask.WhenAll(new[] { text }, (one, token) => /*call*/client.CompleteChatAsync(one), LlmThrottle.For(client));")]
    [InlineData("await LlmTask.WhenAllSettled(new[] { text }, Once, new LlmThrottle()); Task<ClientResult<ChatCompletion>> Once(string one, CancellationToken token) => /*call*/client.CompleteChatAsync(one);")]
    public void Yes_when_the_code_around_it_repeats_it(string statements) => Assert.Equal(Verdict.Yes, Ask(statements).Verdict);

    [Theory]
    [InlineData("new ChatClient(\"m\", \"k\")")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(2) })")]
    [InlineData("new ChatClient(\"m\", new ApiKeyCredential(\"k\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(new HttpClient(new Repeating())) })")]
    public void Yes_when_the_client_repeats_it(string client) => Assert.Equal(Verdict.Yes, Ask("await /*call*/client.CompleteChatAsync(text);", client).Verdict);

    [Theory]
    [InlineData("await /*call*/client.CompleteChatAsync(text);")]
    [InlineData("try { await /*call*/client.CompleteChatAsync(text); } catch { }")]
    [InlineData("foreach (var x in text) { try { await /*call*/client.CompleteChatAsync(text); } catch { continue; } }")]
    [InlineData("while (true) { try { await /*call*/client.CompleteChatAsync(text); } catch { throw; } }")]
    [InlineData("while (true) { try { await /*call*/client.CompleteChatAsync(text); } catch { } await Task.Delay(1000); }")]
    [InlineData("await Task.Run(() => /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await new ResiliencePipelineBuilder().AddTimeout(TimeSpan.FromSeconds(1)).Build().ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text));")]
    [InlineData("await LlmTask.WhenAll(new[] { text }, (one, token) => /*call*/client.CompleteChatAsync(one), maxConcurrency: 2);")]
    [InlineData("await LlmTask.WhenAll(new[] { text }, (one, token) => /*call*/client.CompleteChatAsync(one), new LlmBatchOptions { MaxConcurrency = 2 });")]
    [InlineData("await LlmTask.WhenAll(new[] { text }, Once); Task<ClientResult<ChatCompletion>> Once(string one, CancellationToken token) => /*call*/client.CompleteChatAsync(one);")]
    public void No_when_nothing_does(string statements) => Assert.Equal(Verdict.No, Ask(statements).Verdict);

    [Theory]
    [InlineData("await /*call*/client.CompleteChatAsync(text);", "injected")]
    [InlineData("await pipeline.ExecuteAsync(async token => await /*call*/client.CompleteChatAsync(text));", Off)]
    [InlineData("await LlmTask.WhenAll(new[] { text }, (one, token) => /*call*/client.CompleteChatAsync(one), new LlmBatchOptions { Throttle = new() });", Off)]
    [InlineData("await using var group = new LlmTaskGroup(new LlmThrottle()); await group.Run(token => /*call*/client.CompleteChatAsync(text));", Off)]
    public void Unknown_when_part_of_it_comes_from_elsewhere(string statements, string client) => Assert.Equal(Verdict.Unknown, Ask(statements, client).Verdict);

    /// <summary>A caller may know only the contract, and give fewer arguments than the function has.</summary>
    [Theory]
    [InlineData("interface IAsker { Task Ask(string text, int more = 0); }", "IAsker asker", "asker.Ask(text)")]
    [InlineData("interface IAsker { Task Ask(string text, int more); }", "IAsker asker", "asker.Ask(more: 1, text: text)")]
    [InlineData("interface IAsker { Task Ask(string text, int more); } static class Askers { public static Task Again(this IAsker asker, string text, int more = 1) => asker.Ask(text, more); }", "IAsker asker", "asker.Again(text)")]
    public void Yes_when_a_caller_of_the_contract_repeats_it(string contract, string field, string call) => Assert.Equal(Verdict.Yes, Retried.Of(
        new FactSubject($$"""
            {{contract}}

            class Subject(ChatClient client) : IAsker
            {
                public async Task Ask(string text, int more) => await /*call*/client.CompleteChatAsync(text);
            }

            class Caller({{field}})
            {
                public async Task Run(string text) { while (true) { try { await {{call}}; return; } catch (Exception) { await Task.Yield(); } } }
            }
            """) is var subject ? subject.Call : null!, subject.Context, default).Verdict);

    private static Fact Ask(string statements, string client = Off)
    {
        var subject = new FactSubject($$"""
            class Subject(ChatClient injected, ResiliencePipeline pipeline)
            {
                readonly ChatClient client = {{client}};

                public ChatClient Given => injected;

                public async Task Run(string text)
                {
                    await pipeline.ExecuteAsync(_ => default);
                    {{statements}}
                }

                async Task Repeated(Func<Task> call) { while (true) { try { await call(); return; } catch { } } }

                Task OneAsync(string text) => {{(statements.Contains("/*call*/", StringComparison.Ordinal) ? "Task.CompletedTask" : "/*call*/client.CompleteChatAsync(text)")}};

                class Repeating : DelegatingHandler
                {
                    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
                    {
                        while (true)
                        {
                            var response = await base.SendAsync(request, cancellationToken);
                            if ((int)response.StatusCode != 429)
                                return response;
                        }
                    }
                }
            }
            """);
        return Retried.Of(subject.Call, subject.Context, default);
    }
}
