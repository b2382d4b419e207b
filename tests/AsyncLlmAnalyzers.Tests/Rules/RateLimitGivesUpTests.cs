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

    [Fact]
    public Task Calls_through_the_throttle_of_the_client() => FixesAsync(
        In("try { await client.CompleteChatAsync(text); } catch ([|ClientResultException|]) { } return null;"),
        Fixed("try { await LlmThrottle.For(client).ExecuteAsync(ct => client.CompleteChatAsync([text], cancellationToken: ct)); } catch (ClientResultException) { } return null;"),
        withRuntime: true);

    [Theory]
    [InlineData("var response = await http.PostAsync(Address, body); if ([|response.StatusCode == HttpStatusCode.TooManyRequests|]) return null; return \"\";", "injected")]
    [InlineData("try { return await http.GetStringAsync(Address); } catch ([|HttpRequestException|]) { return null; }", "new()")]
    public Task Reports_a_request_by_hand_that_is_given_up_where_ALLM4002_is_silent(string statements, string client) => ReportsAsync(ByHand(statements, client));
}
