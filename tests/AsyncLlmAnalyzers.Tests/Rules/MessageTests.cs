using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>A message says what happens at run time, in the numbers of the SDK that is called.</summary>
public class MessageTests
{
    [Theory]
    [InlineData("ALLM1001", "class A(OllamaSharp.IOllamaApiClient c) { Task B(string[] all) => Task.WhenAll(all.Select(t => c.EmbedAsync(new() { Input = [t] }))); }",
        "'EmbedAsync' is called for every item at the same moment, and what exceeds the rate limit fails with 429: limit how many run at once")]
    [InlineData("ALLM1001", "class A { readonly OllamaSharp.OllamaApiClient c = new(\"http://localhost:11434\"); Task B(string[] all) => Task.WhenAll(all.Select(t => c.EmbedAsync(new() { Input = [t] }))); }",
        "'EmbedAsync' is called for every item at the same moment, and what its server cannot take at once waits in line and times out: limit how many run at once")]
    [InlineData("ALLM3001", "class A(OpenAIClientOptions o) { readonly ChatClient c = new(\"m\", new ApiKeyCredential(\"k\"), new() { NetworkTimeout = Timeout.InfiniteTimeSpan }); object B => o; Task C(string t) => c.CompleteChatAsync(t); }",
        "'CompleteChatAsync' may wait for ever: its client is constructed with an infinite timeout, and no token is passed")]
    [InlineData("ALLM3001", "class A(ChatClient c) { Task B(string t) => c.CompleteChatAsync([t], cancellationToken: new CancellationTokenSource().Token); }",
        "'CompleteChatAsync' is given a token that can never fire: nobody cancels its source, and the source has no timeout")]
    [InlineData("ALLM3001", "class A(Anthropic.AnthropicClient c) { async Task B() { await foreach (var x in c.Messages.CreateStreaming(null!)) { } } }",
        "'CreateStreaming' waits for ever when the stream stalls: the client's timeout ends with the headers, and no token is passed")]
    [InlineData("ALLM3001", "class A(OllamaSharp.IOllamaApiClient c) { async Task B() { await foreach (var x in c.GenerateAsync(new())) { } } }",
        "'GenerateAsync' waits for ever when the stream stalls: the client's timeout ends with the headers, and while it waits it looks at no token; bound the wait for each piece, as LlmStream.WithTimeout does")]
    [InlineData("ALLM3003", Default,
        "No deadline was chosen for 'ChatClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s and an answer that takes longer than 100 s is paid for and never received; a rate-limited call is retried 3 times at once, without waiting")]
    [InlineData("ALLM3003", "class A { readonly ChatClient c = new AzureOpenAIClient(new Uri(\"https://a\"), new ApiKeyCredential(\"k\")).GetChatClient(\"m\"); Task B(string t) => c.CompleteChatAsync(t); }",
        "No deadline was chosen for 'AzureOpenAIClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s and an answer that takes longer than 100 s is paid for and never received")]
    [InlineData("ALLM3003", "class A { readonly ChatClient c = new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(5) }); Task B(string t) => c.CompleteChatAsync(t); }",
        "No deadline was chosen for 'ChatClient': each attempt is cut at 100 s and made up to 6 times, so a hung call fails after 600 s and an answer that takes longer than 100 s is paid for and never received")]
    [InlineData("ALLM3003", "class A { readonly ChatClient c = new(\"m\", new ApiKeyCredential(\"k\"), new() { Endpoint = new Uri(\"http://localhost:8000/v1\") }); Task B(string t) => c.CompleteChatAsync(t); }",
        "No deadline was chosen for 'ChatClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s and an answer that takes longer than 100 s is generated and never received")]
    [InlineData("ALLM3003", "class A { readonly ChatClient c = new(\"m\", \"k\"); async Task B(string t) { await foreach (var x in c.CompleteChatStreamingAsync(t)) { } } }",
        "No deadline was chosen for 'ChatClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s and no time limit ends a stream that goes on and on; a rate-limited call is retried 3 times at once, without waiting")]
    [InlineData("ALLM3003", "#pragma warning disable OPENAI001\nclass A { readonly OpenAI.Batch.BatchClient c = new OpenAIClient(\"k\").GetBatchClient(); Task B() => c.CreateBatchAsync(null!, false); }",
        "No deadline was chosen for 'OpenAIClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s; a rate-limited call is retried 3 times at once, without waiting")]
    [InlineData("ALLM3003", "class A { readonly ChatClient c = new(\"m\", \"k\"); async Task B(string t) { await foreach (var x in c.CompleteChatStreamingAsync(t)) { } await c.CompleteChatAsync(t); } }",
        "No deadline was chosen for 'ChatClient': each attempt is cut at 100 s and made up to 4 times, so a hung call fails after 400 s and an answer that takes longer than 100 s is paid for and never received; a rate-limited call is retried 3 times at once, without waiting")]
    [InlineData("ALLM3003", "static class S { static void B(IServiceCollection s) => s.AddHttpClient<OllamaSharp.OllamaApiClient>().AddStandardResilienceHandler(); } class A(OllamaSharp.OllamaApiClient c) { IAsyncEnumerable<object?> B() => c.GenerateAsync(new()); }",
        "'AddStandardResilienceHandler' cuts each attempt of 'GenerateAsync' off after 10 s, makes up to 4, and gives up after 30 s, so an answer that does not begin within 10 s is paid for and never received; set AttemptTimeout, with it TotalRequestTimeout, and CircuitBreaker.SamplingDuration to at least twice as much")]
    [InlineData("ALLM3003", "static class S { static void B(IServiceCollection s) => s.AddHttpClient<OllamaSharp.OllamaApiClient>().AddStandardResilienceHandler(); } class A(OllamaSharp.OllamaApiClient c) { IAsyncEnumerable<object?> B() => c.GenerateAsync(new()); Task C() => c.EmbedAsync(new()); }",
        "'AddStandardResilienceHandler' cuts each attempt of 'EmbedAsync' off after 10 s, makes up to 4, and gives up after 30 s, so an answer that takes longer than 10 s is paid for and never received; set AttemptTimeout, with it TotalRequestTimeout, and CircuitBreaker.SamplingDuration to at least twice as much")]
    [InlineData("ALLM3003", "static class S { static void B(IServiceCollection s) => s.AddHttpClient<OllamaSharp.OllamaApiClient>().AddStandardResilienceHandler(); } class A(OllamaSharp.OllamaApiClient c) { Task B() => c.EmbedAsync(new()); }",
        "'AddStandardResilienceHandler' cuts each attempt of 'EmbedAsync' off after 10 s, makes up to 4, and gives up after 30 s, so an answer that takes longer than 10 s is paid for and never received; set AttemptTimeout, with it TotalRequestTimeout, and CircuitBreaker.SamplingDuration to at least twice as much")]
    [InlineData("ALLM3003", "static class S { static void B(IServiceCollection s) => s.AddHttpClient<OllamaSharp.OllamaApiClient>().AddStandardResilienceHandler(o => o.Retry.MaxRetryAttempts = 5); } class A(OllamaSharp.OllamaApiClient c) { Task B() => c.EmbedAsync(new()); }",
        "'AddStandardResilienceHandler' cuts each attempt of 'EmbedAsync' off after 10 s, so an answer that takes longer than 10 s is paid for and never received; set AttemptTimeout, with it TotalRequestTimeout, and CircuitBreaker.SamplingDuration to at least twice as much")]
    [InlineData("ALLM3004", Default, "'CompleteChatAsync' may take 400 s when nobody answers: 4 attempts of 100 s, and nothing here ends it sooner")]
    [InlineData("ALLM3004", Injected, "'CompleteChatAsync' may take 400 s by default when nobody answers: 4 attempts of 100 s, its client comes from elsewhere, and no token or timeout is passed")]
    [InlineData("ALLM3004", "class A(IChatClient c) { Task B(string t) => c.GetResponseAsync(t); }", "'GetResponseAsync' has no deadline that can be seen: its client comes from elsewhere, and no token or timeout is passed")]
    [InlineData("ALLM4001", "class A { readonly ChatClient c = new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) }); Task B(string t) => c.CompleteChatAsync(t); }",
        "'ChatClient' is constructed with its retries switched off, and nothing around 'CompleteChatAsync' repeats it: the first 429 or dropped connection fails the call")]
    [InlineData("ALLM4001", "class A { readonly ChatClient c = new(\"m\", \"k\"); Task B(string[] ts) => Task.WhenAll(ts.Select(t => c.CompleteChatAsync(t))); }",
        "'ChatClient' repeats a rate-limited call 3 times at once, without waiting, and 'CompleteChatAsync' is called in a loop or fan-out: what exceeds the rate limit fails")]
    [InlineData("ALLM4001", "class A { readonly Kernel k = Kernel.CreateBuilder().AddOpenAIChatCompletion(\"m\", \"k\").Build(); Task B(string t) => k.InvokePromptAsync(t); }",
        "'AddOpenAIChatCompletion' makes every request once, and nothing around 'InvokePromptAsync' repeats it: the first 429 or dropped connection fails the call")]
    [InlineData("ALLM4002", "class A(ChatClient c) { async Task<object?> B(string t) { try { return await c.CompleteChatAsync(t); } catch (ClientResultException e) when (e.Status == 429) { return null; } } }",
        "A rate-limited 'CompleteChatAsync' is given up: its client retries 3 times at once, without waiting, and the limit is over in seconds; wait as long as the server asks, and try again")]
    [InlineData("ALLM4002", "class A { readonly Anthropic.AnthropicClient c = new() { MaxRetries = 0 }; async Task<object?> B() { try { return await c.Messages.Create(null!); } catch (Anthropic.Exceptions.AnthropicRateLimitException) { return null; } } }",
        "A rate-limited 'Create' is given up: its client does not retry, and the limit is over in seconds; wait as long as the server asks, and try again")]
    [InlineData("ALLM4003", "class A(ChatClient c) { async Task<object> B(string t) { for (var i = 0; ; i++) { try { return await c.CompleteChatAsync(t); } catch (ClientResultException) when (i < 3) { } } } }",
        "'CompleteChatAsync' is sent again at once, and the server that refused it refuses it again; the answer's Retry-After is not read: wait longer after each attempt, with a random part, as long as the server asks")]
    [InlineData("ALLM4003", "class A(IChatClient c) { async Task<object> B(string t) { for (var i = 0; ; i++) { try { return await c.GetResponseAsync(t); } catch (Exception) when (i < 3) { await Task.Delay(2_000); } } } }",
        "'GetResponseAsync' is sent again always after the same time (2 s), however long the server is busy: wait longer after each attempt, with a random part, as long as the server asks")]
    [InlineData("ALLM4003", "class A(IChatClient c) { Task B(string[] ts) => Task.WhenAll(ts.Select(async t => { for (var i = 1; ; i++) { try { return await c.GetResponseAsync(t); } catch (Exception) when (i < 3) { await Task.Delay(1_000 << i); } } })); }",
        "'GetResponseAsync' is sent again by all that were refused together, at the same moment: wait longer after each attempt, with a random part, as long as the server asks")]
    [InlineData("ALLM4006", "class A { readonly ChatClient c = new(\"m\", \"k\"); async Task<object> B(string t) { for (var i = 0; ; i++) { try { return await c.CompleteChatAsync(t); } catch (Exception) when (i < 3) { } } } }",
        "Each attempt that is made of 'CompleteChatAsync' here is itself up to 4 requests: its client retries as well, so that one refusal is answered with many requests; leave the retries to one of them")]
    [InlineData("ALLM4007", "class A(Anthropic.AnthropicClient c) { async Task<object?> B() { try { return await c.Messages.Create(null!); } catch (Anthropic.Exceptions.AnthropicRateLimitException) { return null; } } }",
        "A rate-limited 'Create' is given up here, after the client's own 2 retries: the answer is lost although the limit is over in seconds")]
    [InlineData("ALLM4009", "class A(ChatClient c) { async Task B(string t) { try { await c.CompleteChatAsync(t); } catch (HttpRequestException) { } } }",
        "'CompleteChatAsync' never throws HttpRequestException: its failures arrive as ClientResultException, so this handler never runs and they pass it by")]
    [InlineData("ALLM4009", "class A(Anthropic.AnthropicClient c) { async Task B() { try { await c.Messages.Create(null!); } catch (HttpRequestException) { } } }",
        "'Create' never throws HttpRequestException: its failures arrive as AnthropicException, so this handler never runs and they pass it by")]
    [InlineData("ALLM4010", "class A { readonly HttpClient c = new(); Task B(HttpContent t) => c.PostAsync(\"https://api.openai.com/v1/chat/completions\", t); }",
        "Nothing here repeats 'PostAsync' when the provider refuses it for a moment: HttpClient sends every request once")]
    [InlineData("ALLM4010", Injected, "Nothing here repeats 'CompleteChatAsync' when the provider refuses it for a moment: by default its client tries 3 times more at once, without waiting")]
    [InlineData("ALLM4010", "class A(OllamaSharp.IOllamaApiClient c) { Task B() => c.EmbedAsync(new()); }", "Nothing here repeats 'EmbedAsync' when the provider refuses it for a moment: its client comes from elsewhere, and by itself it makes every request once")]
    [InlineData("ALLM4010", "class A(IChatClient c) { Task B(string t) => c.GetResponseAsync(t); }", "Nothing here repeats 'GetResponseAsync' when the provider refuses it for a moment: its client comes from elsewhere, and it may make every request once")]
    [InlineData("ALLM4011", Default, "'ChatClient' repeats a rate-limited call 3 times at once, without waiting, unless the server sends Retry-After")]
    public async Task Says_what_happens(string id, string code, string message)
    {
        var compilation = RuleTests.Compile(
            $$"""
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using System.Net.Http;
            using Azure.AI.OpenAI;
            using Microsoft.Extensions.AI;
            using Microsoft.Extensions.DependencyInjection;
            using Microsoft.SemanticKernel;
            using OpenAI;
            using OpenAI.Chat;

            {{code}}
            """);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.Equal(message, Assert.Single(await compilation.WithAnalyzers([RuleTest.Host(id)]).GetAnalyzerDiagnosticsAsync()).GetMessage());
    }

    private const string Default = "class A { readonly ChatClient c = new(\"m\", \"k\"); Task B(string t) => c.CompleteChatAsync(t); }";
    private const string Injected = "class A(ChatClient c) { Task B(string t) => c.CompleteChatAsync(t); }";
}
