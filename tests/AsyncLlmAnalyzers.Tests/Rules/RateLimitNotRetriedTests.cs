using static AsyncLlmAnalyzers.Tests.Rules.RateLimitCode;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class RateLimitNotRetriedTests() : RuleTests("ALLM4002")
{
    protected override string Example => """
        using System.ClientModel;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            async Task<ChatCompletion?> AskAsync(string text)
            {
                try
                {
                    return await client.CompleteChatAsync(text);
                }
                catch (ClientResultException e) when ([|e.Status == 429|])
                {
                    Console.WriteLine(e.Message);
                    return null;
                }
            }
        }
        """;

    [Theory]
    [InlineData("try { return (await client.CompleteChatAsync(text)).Value.Content[0].Text; } catch (ClientResultException e) when ([|e is { Status: 429 }|]) { log.LogWarning(e, \"busy\"); return null; }")]
    [InlineData("try { return (await client.CompleteChatAsync(text)).Value.Content[0].Text; } catch ([|ClientResultException|] e) { if (e.Status == 429) { log.LogWarning(\"busy\"); return string.Empty; } throw; }")]
    [InlineData("try { return client.CompleteChat(text).Value.Content[0].Text; } catch (Exception e) when ([|e.Message.Contains(\"429\")|]) { return default; }")]
    [InlineData("foreach (var line in text.Split(' ')) { try { await client.CompleteChatAsync(line); } catch (ClientResultException e) when ([|e.Status == (int)HttpStatusCode.TooManyRequests|]) { continue; } } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { } return null;")]
    [InlineData("try { return (await client.CompleteChatAsync(text)).Value.Content[0].Text; } catch ([|ClientResultException|] e) { switch (e.Status) { case 429: log.LogWarning(\"busy\"); return null; default: throw; } }")]
    [InlineData("Func<Task<string?>> ask = async () => { try { return (await client.CompleteChatAsync(text)).Value.Content[0].Text; } catch (ClientResultException e) when ([|e.Status is 429|]) { return null; } }; return await ask();")]
    [InlineData("try { await foreach (var update in client.CompleteChatStreamingAsync(text)) log.LogInformation(\"{Update}\", update); } catch (ClientResultException e) when ([|(HttpStatusCode)e.Status == HttpStatusCode.TooManyRequests|]) { } return null;")]
    [InlineData("await Parallel.ForEachAsync(text.Split(' '), async (line, ct) => { try { await client.CompleteChatAsync(line); } catch (ClientResultException e) when ([|e.Status == 429|]) { Console.Error.WriteLine(e.Message); } }); return null;")]
    public Task Reports_a_handler_that_gives_up_on_a_client_without_a_sound_retry(string statements) => ReportsAsync(In(statements));

    [Fact]
    public Task Reports_a_handler_around_a_client_whose_retries_are_off() =>
        ReportsAsync(In("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { } return null;", Off));

    [Fact]
    public Task Reports_the_librarys_own_type_for_a_rate_limit() => ReportsAsync(
        In("var own = new AnthropicClient { MaxRetries = 0 }; try { await own.Messages.Create(null!); } catch ([|AnthropicRateLimitException|]) { Console.WriteLine(\"busy\"); } return null;"));

    [Fact]
    public Task Reports_a_call_for_many_items_through_a_client_that_does_not_retry() => ReportsAsync(
        In("await Task.WhenAll(text.Split(' ').Select(line => client.[|CompleteChatAsync|](line))); return null;", Off));

    [Theory]
    [InlineData("http://localhost:11434", "EmbedAsync")]
    [InlineData("https://ollama.com", "[|EmbedAsync|]")]
    public Task Silent_when_the_many_items_go_to_a_server_on_this_machine(string address, string call) => ReportsAsync($$"""
        using OllamaSharp;

        class Answers
        {
            readonly OllamaApiClient client = new("{{address}}");
            Task All(string[] texts) => Task.WhenAll(texts.Select(text => client.{{call}}(new() { Input = [text] })));
        }
        """);

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { throw new InvalidOperationException(\"busy\", e); } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { log.LogWarning(e, \"busy\"); throw; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { return (await other.GetResponseAsync(text)).Text; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { return e.Message; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { return \"Try again later.\"; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { failure = e.Message; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { Handle(e); } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) { switch (e.Status) { case 429: throw new InvalidOperationException(); default: return null; } } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) { switch (e.Status) { case 429: await Task.Delay(1000); break; default: throw; } await client.CompleteChatAsync(text); } return null;")]
    public Task Silent_when_the_handler_does_something_about_it(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(text); break; } catch (ClientResultException e) when (e.Status == 429) { } } return null;")]
    [InlineData("foreach (var one in clients) { try { return (await one.CompleteChatAsync(text)).Value.Content[0].Text; } catch (ClientResultException e) when (e.Status == 429) { } } return null;")]
    [InlineData("try { await new Polly.ResiliencePipelineBuilder().AddRetry(new Polly.Retry.RetryStrategyOptions()).Build().ExecuteAsync(async token => await client.CompleteChatAsync(text)); } catch (ClientResultException e) when (e.Status == 429) { } return null;")]
    public Task Silent_when_it_is_tried_again(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { } return null;", Sound)]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { } return null;", Configured)]
    [InlineData("try { await anthropic.Messages.Create(null!); } catch (AnthropicRateLimitException) { } return null;", "injected")]
    [InlineData("try { await other.GetResponseAsync(text); } catch (ClientResultException e) when (e.Status == 429) { } return null;", "injected")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException) { } return null;", "injected")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status != 429) { } return null;", "injected")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 401) { } return null;", "injected")]
    public Task Silent_when_the_retries_are_sound_or_it_is_not_about_the_limit(string statements, string client) => SilentAsync(In(statements, client));

    [Theory]
    [MemberData(nameof(Answering), MemberType = typeof(RateLimitCode))]
    public Task Silent_when_the_handler_answers_the_caller_of_this_service(string type) => SilentAsync(OfService(type));

    [Fact]
    public Task Calls_through_the_throttle_of_the_client() => FixesAsync(
        In("try { return (await client.CompleteChatAsync(text /* q */).ConfigureAwait(false)).Value.Content[0].Text; } catch (ClientResultException e) when ([|e.Status == 429|]) { return null; }"),
        Fixed("try { return (await LlmThrottle.For(client).ExecuteAsync(ct => client.CompleteChatAsync([text /* q */], cancellationToken: ct)).ConfigureAwait(false)).Value.Content[0].Text; } catch (ClientResultException e) when (e.Status == 429) { return null; }"),
        withRuntime: true);

    [Fact]
    public Task Repeats_the_call_of_a_client_that_does_not_last() => FixesAsync(
        In("var own = new ChatClient(\"m\", \"k\"); try { await own.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { } return null;"),
        Fixed("var own = new ChatClient(\"m\", \"k\"); try { await LlmRetry.RunAsync(_ => own.CompleteChatAsync(text)); } catch (ClientResultException e) when (e.Status == 429) { } return null;"),
        withRuntime: true);

    [Fact]
    public Task Makes_the_calls_of_a_fan_out_through_the_throttle() => FixesAsync(
        In("await Task.WhenAll(text.Split(' ').Select(line => client.[|CompleteChatAsync|](line))); return null;", Off),
        Fixed("await Task.WhenAll(text.Split(' ').Select(line => LlmThrottle.For(client).ExecuteAsync(ct => client.CompleteChatAsync([line], cancellationToken: ct)))); return null;", Off),
        withRuntime: true);

    [Fact]
    public Task Offers_no_fix_without_the_runtime() =>
        OffersNoFixAsync(In("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { } return null;"));

    [Theory]
    [InlineData("var response = await http.PostAsync(\"https://api.openai.com/v1/chat/completions\", body); if ([|response.StatusCode == HttpStatusCode.TooManyRequests|]) return null; return await response.Content.ReadAsStringAsync();")]
    [InlineData("var response = await http.PostAsJsonAsync(Host + \"/v1/responses\", model).ConfigureAwait(false); if ([|(int)response.StatusCode == 429|]) { log.LogWarning(\"busy\"); return null; } return \"\";")]
    [InlineData("using var request = new HttpRequestMessage(HttpMethod.Post, Address); using var response = await http.SendAsync(request); if ([|response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable|]) { log.LogWarning(await response.Content.ReadAsStringAsync()); return string.Empty; } return \"\";")]
    [InlineData("var response = await http.PostAsync($\"{model}/chat/completions\", body); if ([|response is { StatusCode: HttpStatusCode.TooManyRequests }|]) { return default; } return \"\";")]
    [InlineData("foreach (var one in bodies) { var response = await http.PostAsync(Address, one); if ([|response.StatusCode == HttpStatusCode.TooManyRequests|]) { Console.WriteLine(\"busy\"); continue; } } return null;")]
    [InlineData("try { var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return \"\"; } catch (HttpRequestException e) when ([|e.StatusCode == HttpStatusCode.TooManyRequests|]) { return null; }")]
    [InlineData("try { return await http.GetStringAsync(Address); } catch ([|HttpRequestException|] e) { if (e.StatusCode == HttpStatusCode.TooManyRequests) { log.LogWarning(\"busy\"); return null; } throw; }")]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.StatusCode is HttpStatusCode.TooManyRequests|]) return null; return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.StatusCode is TooManyRequests|]) return null; return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|TooManyRequests == response.StatusCode|]) return null; return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case [|HttpStatusCode.TooManyRequests|]: log.LogWarning(\"busy\"); return null; default: return \"\"; }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch ((int)response.StatusCode) { case 200: return \"\"; case [|429|]: case 503: { return null; } default: throw new InvalidOperationException(); }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case [|HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable|]: return null; } return \"\";")]
    [InlineData("foreach (var one in bodies) { var response = await http.PostAsync(Address, one); switch (response.StatusCode) { case [|HttpStatusCode.TooManyRequests|]: continue; } log.LogWarning(\"done\"); } return null;")]
    [InlineData("var response = await http.PostAsync(Address, body); return response.StatusCode switch { HttpStatusCode.OK => await response.Content.ReadAsStringAsync(), [|HttpStatusCode.TooManyRequests|] => null, _ => throw new InvalidOperationException() };")]
    [InlineData("var response = await http.PostAsync(Address, body); return (int)response.StatusCode switch { [|429 or >= 500|] => null, _ => \"\" };")]
    [InlineData("var response = await http.PostAsync(Address, body); return [|response.StatusCode == HttpStatusCode.TooManyRequests|] ? null : await response.Content.ReadAsStringAsync();")]
    public Task Reports_a_status_of_a_request_by_hand_that_is_given_up(string statements) => ReportsAsync(ByHand(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) continue; return \"\"; } return null;")]
    [InlineData("while (true) { var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) { await Task.Delay(1000); continue; } return \"\"; }")]
    [InlineData("for (var i = 0; ; i++) { try { var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return \"\"; } catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.TooManyRequests && i < 3) { await Task.Delay(1000 << i); } }")]
    [InlineData("return await pipeline.ExecuteAsync(async _ => { var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\"; });")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) throw new InvalidOperationException(); return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return await response.Content.ReadAsStringAsync(); return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) { await Task.Delay(1000); response = await http.PostAsync(Address, body); } return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) log.LogWarning(\"busy\"); response.EnsureSuccessStatusCode(); return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: throw new InvalidOperationException(); default: return \"\"; }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: return \"busy\"; default: return \"\"; }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: log.LogWarning(\"busy\"); break; default: return \"\"; } response = await http.PostAsync(Address, body); return \"\";")]
    [InlineData("while (true) { var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: continue; default: return \"\"; } }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests when bodies.Count > 3: return null; default: return \"\"; }")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case not HttpStatusCode.TooManyRequests: return null; default: return \"\"; }")]
    [InlineData("var response = await http.PostAsync(Address, body); return response.StatusCode switch { HttpStatusCode.TooManyRequests => throw new InvalidOperationException(), _ => \"\" };")]
    [InlineData("var response = await http.PostAsync(Address, body); return response.StatusCode switch { HttpStatusCode.TooManyRequests => await AskAsync(body, model, bodies), _ => \"\" };")]
    [InlineData("var response = await http.PostAsync(Address, body); return response.StatusCode switch { HttpStatusCode.TooManyRequests => null, _ => \"\" } ?? await AskAsync(body, model, bodies);")]
    [InlineData("foreach (var host in new[] { \"https://a\", \"https://b\" }) { var response = await http.PostAsync($\"{host}/v1/messages\", body); if (response.StatusCode == HttpStatusCode.TooManyRequests) continue; return await response.Content.ReadAsStringAsync(); } return null;")]
    [InlineData("for (var i = 0; i < 3; i++) { if (await Once() is { } answer) return answer; await Task.Delay(1000 << i); } return null; async Task<string?> Once() { var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\"; }")]
    [InlineData("foreach (var one in bodies) { if (await Once(one) is { } answer) return answer; } return null; async Task<string?> Once(HttpContent one) { try { return await http.GetStringAsync(Address); } catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.TooManyRequests) { return null; } }")]
    public Task Silent_when_a_request_by_hand_is_tried_again_or_its_failure_told(string statements) => SilentAsync(ByHand(statements));

    [Theory]
    [InlineData("var response = await http.PostAsync(\"https://weather/now\", body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\";", "new()")]
    [InlineData("var response = await http.PostAsync(model, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\";", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode != HttpStatusCode.TooManyRequests) return null; return \"\";", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.NotFound) return null; return \"\";", "new()")]
    [InlineData("try { var response = await http.PostAsync(Address, body); return \"\"; } catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.TooManyRequests) { return null; }", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\";", "injected")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.StatusCode == HttpStatusCode.TooManyRequests) return null; return \"\";", "factory.CreateClient()")]
    [InlineData("var response = await http.PostAsync(\"https://weather/now\", body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: return null; default: return \"\"; }", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case HttpStatusCode.TooManyRequests: return null; default: return \"\"; }", "injected")]
    [InlineData("var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) return null; return \"\";", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return \"\";", "new()")]
    public Task Silent_when_a_request_by_hand_is_none_to_a_model_or_its_handlers_are_unknown(string statements, string client) => SilentAsync(ByHand(statements, client));

    [Fact]
    public Task Offers_no_fix_for_a_request_by_hand() => OffersNoFixAsync(
        ByHand("var response = await http.PostAsync(Address, body); if ([|response.StatusCode == HttpStatusCode.TooManyRequests|]) return null; return \"\";"), withRuntime: true);
}
