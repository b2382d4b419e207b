namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Requests to a model that are sent by hand, through an <c>HttpClient</c>, are calls like those of a library.</summary>
public class RawHttpTests
{
    private const string Infinite = "new() { Timeout = Timeout.InfiniteTimeSpan }";

    [Theory]
    [InlineData("ALLM3001", "await http.[|PostAsync|](Chat, body);", Infinite)]
    [InlineData("ALLM3001", "await http.[|PostAsJsonAsync|](Chat, text);", Infinite)]
    [InlineData("ALLM3001", "var own = new HttpClient(); own.Timeout = Timeout.InfiniteTimeSpan; await own.[|PostAsJsonAsync|](Chat, text);", "new()")]
    [InlineData("ALLM3001", "using var never = new CancellationTokenSource(); await http.[|PostAsync|](Chat, body, never.Token);", "new()")]
    [InlineData("ALLM3005", "await Task.[|WhenAny|](http.PostAsync(Chat, body), Task.Delay(1000));", "new()")]
    [InlineData("ALLM3005", "await http.PostAsync(Chat, body).[|WaitAsync|](TimeSpan.FromSeconds(30));", "new()")]
    [InlineData("ALLM3007", "await Task.[|WhenAll|](texts.Select(t => http.PostAsJsonAsync(Chat, t)));", "injected")]
    [InlineData("ALLM3007", "await Task.[|WhenAll|](texts.Select(Ask)); Task<HttpResponseMessage> Ask(string t) => http.PostAsJsonAsync(Chat, t);", "injected")]
    [InlineData("ALLM4003", "for (var i = 0; ; i++) { try { var r = await http.PostAsync(Chat, body); r.EnsureSuccessStatusCode(); return; } catch ([|HttpRequestException|]) when (i < 3) { } }", "new()")]
    [InlineData("ALLM4004", "while (true) { try { var r = await http.PostAsync(Chat, body); r.EnsureSuccessStatusCode(); return; } catch ([|HttpRequestException|]) { await Task.Delay(1000); } }", "new()")]
    [InlineData("ALLM4005", "for (var i = 0; i < 3; i++) { try { var r = await http.PostAsync(Chat, body); r.EnsureSuccessStatusCode(); return; } catch ([|Exception|]) { await Task.Delay(1000 << i); } }", "new()")]
    [InlineData("ALLM4010", "await http.[|PostAsync|](Chat, body);", "new()")]
    [InlineData("ALLM4010", "await new HttpClient(new SocketsHttpHandler()).[|PostAsync|](Chat, body);", "new()")]
    [InlineData("ALLM1001", "await Task.[|WhenAll|](texts.Select(t => http.PostAsJsonAsync(Chat, t)));", "new()")]
    [InlineData("ALLM2001", "http.PostAsync(Chat, body).[|Result|].EnsureSuccessStatusCode();", "new()")]
    public Task Reports_as_of_a_library(string id, string statements, string client) => new Subject(id).Reports(In(statements, client));

    [Theory]
    [InlineData("ALLM3001", "await http.PostAsync(Chat, body);", "new()")]
    [InlineData("ALLM3001", "await http.PostAsync(Chat, body);", "injected")]
    [InlineData("ALLM3001", "using var cts = new CancellationTokenSource(1000); await http.PostAsync(Chat, body, cts.Token);", Infinite)]
    [InlineData("ALLM3004", "await http.PostAsync(Chat, body);", "new()")]
    [InlineData("ALLM3004", "await http.PostAsync(Chat, body);", "injected")]
    [InlineData("ALLM3007", "using var cts = new CancellationTokenSource(1000); await Task.WhenAll(texts.Select(t => http.PostAsJsonAsync(Chat, t, cts.Token)));", "new()")]
    [InlineData("ALLM4003", "for (var i = 0; i < 3; i++) { var r = await http.PostAsync(Chat, body); if (r.IsSuccessStatusCode) return; await Task.Delay(1000 << i); }", "new()")]
    [InlineData("ALLM4010", "for (var i = 0; i < 3; i++) { var r = await http.PostAsync(Chat, body); if (r.IsSuccessStatusCode) return; await Task.Delay(1000 << i); }", "new()")]
    [InlineData("ALLM4010", "while (true) { var r = await http.PostAsync(Chat, body); if ((int)r.StatusCode == 429) { await Task.Delay(1000); continue; } return; }", "new()")]
    [InlineData("ALLM4010", "await Again(() => http.PostAsync(Chat, body)); async Task<HttpResponseMessage> Again(Func<Task<HttpResponseMessage>> send) { for (var i = 0; ; i++) { var r = await send(); if (r.IsSuccessStatusCode || i > 3) return r; await Task.Delay(1000 << i); } }", "new()")]
    [InlineData("ALLM4010", "await pipeline.ExecuteAsync(async ct => await http.PostAsync(Chat, body, ct));", "new()")]
    [InlineData("ALLM4010", "await http.PostAsync(Chat, body);", "injected")]
    [InlineData("ALLM4010", "await http.PostAsync(Chat, body);", "new(handler)")]
    [InlineData("ALLM4010", "await http.PostAsync(Chat, body);", "factory.CreateClient()")]
    [InlineData("ALLM4010", "await http.PostAsync(\"http://localhost:11434/api/chat\", body);", "new()")]
    [InlineData("ALLM3011", "await http.PostAsync(Chat, body);", "injected")]
    public Task Silent_where_a_library_would_be_or_HttpClient_is_enough(string id, string statements, string client) => new Subject(id).Silent(In(statements, client));

    [Theory]
    [InlineData("ALLM3002", "[|PostAsync|](Chat, body)")]
    [InlineData("ALLM3002", "[|PostAsJsonAsync|](Chat, text)")]
    [InlineData("ALLM3002", "[|SendAsync|](new HttpRequestMessage(HttpMethod.Post, Chat))")]
    [InlineData("ALLM3002", "[|SendAsync|](new HttpRequestMessage(HttpMethod.Post, Chat), HttpCompletionOption.ResponseHeadersRead)")]
    [InlineData("ALLM3006", "[|PostAsync|](Chat, body, new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token)")]
    public Task Reports_a_token_that_does_not_reach_the_request(string id, string call) => new Subject(id).Reports(In($"await http.{call};", token: ", CancellationToken stop"));

    [Theory]
    [InlineData("http.PostAsync(Chat, body)", "http.PostAsync(Chat, body, cancellationToken: stop)")]
    [InlineData("http.PostAsJsonAsync(Chat, text)", "http.PostAsJsonAsync(Chat, text, cancellationToken: stop)")]
    [InlineData("http.SendAsync(new HttpRequestMessage(HttpMethod.Post, Chat), HttpCompletionOption.ResponseHeadersRead)", "http.SendAsync(new HttpRequestMessage(HttpMethod.Post, Chat), HttpCompletionOption.ResponseHeadersRead, cancellationToken: stop)")]
    public Task Passes_the_token(string call, string after) => new Subject("ALLM3002").Fixes(
        In($"await {call};".Replace("http.", "http.[|", StringComparison.Ordinal).Replace("Async(", "Async|](", StringComparison.Ordinal), token: ", CancellationToken stop"),
        In($"await {after};", token: ", CancellationToken stop"));

    [Theory]
    [InlineData("\"https://api.openai.com/v1/chat/completions\"")]
    [InlineData("$\"https://{text}.openai.azure.com/openai/deployments/{text}/chat/completions?api-version=1\"")]
    [InlineData("Host + \"/v1/responses\"")]
    [InlineData("$\"{Host}/v1/embeddings\"")]
    [InlineData("new Uri(\"https://api.anthropic.com/v1/messages\")")]
    [InlineData("new Uri(new Uri(Host), \"v1/chat/completions\")")]
    [InlineData("string.Concat(Host.TrimEnd('/'), \"/v1/chat/completions\")")]
    [InlineData("text.Length > 3 ? Host + \"/v1/responses\" : Chat")]
    [InlineData("$\"{text}/chat/completions\"")]
    [InlineData("\"chat/completions\"")]
    [InlineData("$\"https://generativelanguage.googleapis.com/v1beta/models/{text}:generateContent\"")]
    [InlineData("\"http://localhost:11434/api/chat\"")]
    public Task Knows_a_URL_as_it_is_written(string url) => new Subject("ALLM3002").Reports(In($"await http.[|PostAsync|]({url}, body);", token: ", CancellationToken stop"));

    [Theory]
    [InlineData("text")]
    [InlineData("\"https://weather/now\"")]
    [InlineData("\"/api/chat\"")]
    [InlineData("$\"{text}/api/chat\"")]
    [InlineData("\"/v1/messages\"")]
    [InlineData("\"https://sms.example/v1/messages\"")]
    [InlineData("text.Length > 3 ? \"https://weather/now\" : Chat")]
    [InlineData("Environment.GetEnvironmentVariable(\"URL\")")]
    public Task Silent_where_the_URL_is_not_known_to_be_a_models(string url) => new Subject("ALLM3002").Silent(In($"await http.PostAsync({url}, body);", token: ", CancellationToken stop"));

    [Theory]
    [InlineData("using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = body }; await http.[|SendAsync|](request);")]
    [InlineData("using var request = new HttpRequestMessage { Method = HttpMethod.Post, RequestUri = new Uri(Chat), Content = body }; await http.[|SendAsync|](request);")]
    [InlineData("var request = new HttpRequestMessage(); request.Method = HttpMethod.Post; request.RequestUri = new Uri(Chat); await http.[|SendAsync|](request);")]
    [InlineData("await http.[|SendAsync|](Request()); HttpRequestMessage Request() => new(HttpMethod.Post, Chat) { Content = body };")]
    [InlineData("var own = new HttpClient { BaseAddress = new Uri(\"https://api.anthropic.com\") }; await own.[|PostAsync|](\"/v1/messages\", body);")]
    [InlineData("var own = new HttpClient(); own.BaseAddress = new Uri(\"http://localhost:11434\"); await own.[|PostAsync|](\"api/chat\", body);")]
    public Task Follows_the_message_and_the_base_address(string statements) => new Subject("ALLM3002").Reports(In(statements, token: ", CancellationToken stop"));

    [Theory]
    [InlineData("using var request = new HttpRequestMessage(HttpMethod.Get, Chat); await http.SendAsync(request);")]
    [InlineData("using var request = new HttpRequestMessage(HttpMethod.Post, \"https://weather/now\") { Content = new StringContent(\"see /v1/chat/completions\") }; await http.SendAsync(request);")]
    [InlineData("var own = new HttpClient { BaseAddress = new Uri(\"https://shop.example\") }; await own.PostAsync(\"/v1/messages\", body);")]
    [InlineData("await http.GetAsync(Chat);")]
    public Task Silent_where_the_request_asks_no_model(string statements) => new Subject("ALLM3002").Silent(In(statements, token: ", CancellationToken stop"));

    [Theory]
    [InlineData("services.AddHttpClient<Asking>(http => http.BaseAddress = new Uri(\"https://api.anthropic.com\"))", true)]
    [InlineData("services.AddHttpClient<Asking>(http => { http.BaseAddress = new Uri(\"https://shop.example\"); })", false)]
    [InlineData("services.AddHttpClient(\"shop\", http => http.BaseAddress = new Uri(\"https://api.anthropic.com\"))", false)]
    public Task Knows_the_base_address_a_factory_is_told(string registration, bool isModel)
    {
        var call = isModel ? "[|PostAsync|]" : "PostAsync";
        var code = $$"""
            using System.Net.Http;
            using Microsoft.Extensions.DependencyInjection;

            class Asking(HttpClient http)
            {
                public Task Ask(HttpContent body, CancellationToken stop) => http.{{call}}("/v1/messages", body);

                public static void Add(IServiceCollection services) => {{registration}};
            }
            """;
        return isModel ? new Subject("ALLM3002").Reports(code) : new Subject("ALLM3002").Silent(code);
    }

    [Fact]
    public Task Silent_when_every_caller_of_a_general_method_names_another_URL() => new Subject("ALLM3002").Silent(In(
        "await Post(Chat); await Post(\"https://weather/now\"); Task<HttpResponseMessage> Post(string url) => http.PostAsync(url, body);", token: ", CancellationToken stop"));

    [Theory]
    [InlineData("var r = await http.[|PostAsJsonAsync|](Chat, text); r.EnsureSuccessStatusCode();", "var r = await LlmRetry.RunAsync(async _ => (await http.PostAsJsonAsync(Chat, text)).EnsureSuccessStatusCode()); r.EnsureSuccessStatusCode();")]
    [InlineData("using var r = await http.[|PostAsync|](Chat, new StringContent(text)).ConfigureAwait(false); r.EnsureSuccessStatusCode();", "using var r = await LlmRetry.RunAsync(async _ => (await http.PostAsync(Chat, new StringContent(text)).ConfigureAwait(false)).EnsureSuccessStatusCode()).ConfigureAwait(false); r.EnsureSuccessStatusCode();")]
    [InlineData("var r = await http.[|SendAsync|](new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent(text) }); r.EnsureSuccessStatusCode();", "var r = await LlmRetry.RunAsync(async _ => (await http.SendAsync(new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent(text) })).EnsureSuccessStatusCode()); r.EnsureSuccessStatusCode();")]
    public Task Repeats_a_request_that_can_be_sent_again(string statements, string after) => new Subject("ALLM4010").Fixes(
        In(statements), In(after).Replace("using Polly;", "using AsyncLlm;\nusing Polly;", StringComparison.Ordinal), withRuntime: true);

    [Theory]
    [InlineData("await http.[|PostAsJsonAsync|](Chat, text);")]
    [InlineData("var r = await http.[|PostAsJsonAsync|](Chat, text); if (!r.IsSuccessStatusCode) return;")]
    [InlineData("var r = await http.[|PostAsync|](Chat, body); r.EnsureSuccessStatusCode();")]
    [InlineData("var r = await http.[|PostAsync|](Chat, new StreamContent(Stream.Null)); r.EnsureSuccessStatusCode();")]
    [InlineData("using var request = new HttpRequestMessage(HttpMethod.Post, Chat); var r = await http.[|SendAsync|](request); r.EnsureSuccessStatusCode();")]
    public Task Offers_no_retry_that_sends_a_message_twice_or_sees_no_refusal(string statements) => new Subject("ALLM4010").OffersNoFix(In(statements));

    private static string In(string statements, string client = "new()", string token = "") => $$"""
        using System.Net.Http;
        using System.Net.Http.Json;
        using Polly;

        class Answers(HttpClient injected, HttpMessageHandler handler, IHttpClientFactory factory, ResiliencePipeline pipeline)
        {
            private const string Host = "https://api.openai.com";
            private const string Chat = Host + "/v1/chat/completions";
            private readonly HttpClient http = {{client}};
            public object Given => (injected, handler, factory, pipeline);

            public async Task AskAsync(HttpContent body, string text, List<string> texts{{token}})
            {
                {{statements}}
            }
        }
        """;

    private sealed class Subject(string id) : FixTests(id)
    {
        public Task Reports(string code) => ReportsAsync(code);

        public Task Silent(string code) => SilentAsync(code);

        public Task Fixes(string code, string fixedCode, bool withRuntime = false) => FixesAsync(code, fixedCode, withRuntime);

        public Task OffersNoFix(string code) => OffersNoFixAsync(code, withRuntime: true);
    }
}
