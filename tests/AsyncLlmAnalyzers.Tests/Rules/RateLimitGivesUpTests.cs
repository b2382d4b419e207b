using static AsyncLlmAnalyzers.Tests.Rules.RateLimitCode;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class RateLimitGivesUpTests() : RuleTests("ALLM4007")
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
                catch ([|ClientResultException|] e)
                {
                    Console.WriteLine(e.Message);
                    return null;
                }
            }
        }
        """;

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { log.LogWarning(e, \"busy\"); } return null;", Sound)]
    [InlineData("try { await anthropic.Messages.Create(null!); } catch ([|AnthropicRateLimitException|]) { return null; } return null;", "injected")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when ([|e.Status == 429|]) { return null; } return null;", Configured)]
    [InlineData("try { await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } return null;", "injected")]
    public Task Reports_a_handler_that_gives_up_after_sound_retries_or_on_any_status(string statements, string client) => ReportsAsync(In(statements, client));

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException) { throw; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) { return e.Message; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) { Handle(e); } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) { failure = e.Message; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException) { return (await other.GetResponseAsync(text)).Text; } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 401) { } return null;")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (Exception) { } return null;")]
    public Task Silent_when_the_handler_does_something_about_it_or_is_about_something_else(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(text); break; } catch (ClientResultException) { } } return null;")]
    [InlineData("foreach (var one in clients) { try { return (await one.CompleteChatAsync(text)).Value.Content[0].Text; } catch (ClientResultException) { } } return null;")]
    public Task Silent_when_it_is_tried_again(string statements) => SilentAsync(In(statements));

    [Fact]
    public Task Silent_where_ALLM4002_speaks() => SilentAsync(In("try { await client.CompleteChatAsync(text); } catch (ClientResultException e) when (e.Status == 429) { } return null;"));

    [Theory]
    [MemberData(nameof(Answering), MemberType = typeof(RateLimitCode))]
    public Task Silent_when_the_handler_answers_the_caller_of_this_service(string type) => SilentAsync(OfService(type));

    [Fact]
    public Task Calls_through_the_throttle_of_the_client() => FixesAsync(
        In("try { await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } return null;"),
        Fixed("try { await LlmThrottle.For(client).ExecuteAsync(ct => client.CompleteChatAsync([text], cancellationToken: ct)); } catch (ClientResultException) { } return null;"),
        withRuntime: true);

    [Theory]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.StatusCode == HttpStatusCode.TooManyRequests|]) return null; return \"\";", "injected")]
    [InlineData("var response = await http.PostAsync(Address, body); switch (response.StatusCode) { case [|HttpStatusCode.TooManyRequests|]: return null; default: return \"\"; }", "injected")]
    [InlineData("try { return await http.GetStringAsync(Address); } catch ([|HttpRequestException|]) { return null; }", "new()")]
    [InlineData("try { var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return \"\"; } catch ([|HttpRequestException|] e) { log.LogError(e, \"down\"); return null; }", "injected")]
    [InlineData("var response = await http.PostAsync(Address, body); if (![|response.IsSuccessStatusCode|]) return null; return \"\";", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); if (![|response.IsSuccessStatusCode|]) { log.LogError(await response.Content.ReadAsStringAsync()); return string.Empty; } return \"\";", "injected")]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.IsSuccessStatusCode|]) { return await response.Content.ReadAsStringAsync(); } log.LogError(\"down\"); return null;", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.IsSuccessStatusCode|]) return \"\"; else return null;", "new()")]
    [InlineData("var response = await http.PostAsync(Address, body); return [|response.IsSuccessStatusCode|] ? await response.Content.ReadAsStringAsync() : null;", "new()")]
    [InlineData("foreach (var one in bodies) { var response = await http.PostAsync(Address, one); if (![|response.IsSuccessStatusCode|]) continue; log.LogWarning(\"done\"); } return null;", "new()")]
    public Task Reports_a_request_by_hand_that_is_given_up_where_ALLM4002_is_silent(string statements, string client) => ReportsAsync(ByHand(statements, client));

    [Theory]
    [InlineData("var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return await response.Content.ReadAsStringAsync();")]
    [InlineData("try { var response = await http.PostAsync(Address, body); response.EnsureSuccessStatusCode(); return \"\"; } catch (HttpRequestException) { throw; }")]
    [InlineData("var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) throw new InvalidOperationException(); return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) return await response.Content.ReadAsStringAsync(); return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) log.LogError(\"down\"); return await response.Content.ReadAsStringAsync();")]
    [InlineData("var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode && bodies.Count == 0) return null; return \"\";")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.IsSuccessStatusCode) return \"\"; await Task.Delay(1000); return await AskAsync(body, model, bodies);")]
    [InlineData("var response = await http.PostAsync(Address, body); if (response.IsSuccessStatusCode) log.LogWarning(\"done\"); return null;")]
    [InlineData("for (var i = 0; i < 3; i++) { var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) continue; return \"\"; } return null;")]
    [InlineData("for (var i = 0; i < 3; i++) { var response = await http.PostAsync(Address, body); if (response.IsSuccessStatusCode) return \"\"; await Task.Delay(1000 << i); } return null;")]
    [InlineData("foreach (var host in new[] { \"https://a\", \"https://b\" }) { var response = await http.PostAsync($\"{host}/v1/messages\", body); if (!response.IsSuccessStatusCode) continue; return \"\"; } return null;")]
    [InlineData("var response = await http.PostAsync(\"https://weather/now\", body); if (!response.IsSuccessStatusCode) return null; return \"\";")]
    [InlineData("return await pipeline.ExecuteAsync(async _ => { var response = await http.PostAsync(Address, body); if (!response.IsSuccessStatusCode) return null; return \"\"; });")]
    public Task Silent_when_the_failure_of_a_request_by_hand_is_told_or_it_is_sent_again(string statements) => SilentAsync(ByHand(statements));
}
