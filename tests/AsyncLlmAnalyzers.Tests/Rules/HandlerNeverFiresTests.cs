namespace AsyncLlmAnalyzers.Tests.Rules;

public class HandlerNeverFiresTests() : RuleTests("ALLM4009")
{
    protected override string Example => """
        using System.Net;
        using System.Net.Http;
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            async Task<ChatCompletion?> AskAsync(string text)
            {
                try
                {
                    return await client.CompleteChatAsync(text);
                }
                catch ([|HttpRequestException|] e) when (e.StatusCode == HttpStatusCode.TooManyRequests)
                {
                    return null;
                }
            }
        }
        """;

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch ([|HttpRequestException|]) { }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch ([|TimeoutException|]) { }")]
    [InlineData("try { client.CompleteChat(text); } catch ([|System.Net.WebException|]) { }")]
    [InlineData("try { await anthropic.Messages.Create(null!); } catch ([|HttpRequestException|]) { }")]
    [InlineData("try { await client.CompleteChatAsync(text).ConfigureAwait(false); } catch ([|HttpRequestException|]) { }")]
    [InlineData("try { var call = client.CompleteChatAsync(text); await call; } catch ([|HttpRequestException|]) { }")]
    [InlineData("try { var answer = (await client.CompleteChatAsync(new UserChatMessage(text.Trim()))).Value.Content[0].Text; Console.WriteLine(answer.Length); } catch ([|HttpRequestException|]) { }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (InvalidOperationException) { } catch ([|TimeoutException|]) { } finally { log.Write(1); }")]
    public Task Reports_a_type_the_library_wraps(string statements) => ReportsAsync(In(statements));

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (HttpRequestException) { } catch (ClientResultException) { }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (TimeoutException) { } catch (Exception) { }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch (HttpRequestException) { } catch { }")]
    public Task Silent_when_another_handler_catches_what_it_throws(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("try { var page = await http.GetStringAsync(text); await client.CompleteChatAsync(page); } catch (HttpRequestException) { }")]
    [InlineData("try { await client.CompleteChatAsync(await ReadAsync(text)); } catch (TimeoutException) { }")]
    [InlineData("try { if (text == \"\") throw new TimeoutException(); await client.CompleteChatAsync(text); } catch (TimeoutException) { }")]
    [InlineData("try { await client.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(1)); } catch (TimeoutException) { }")]
    [InlineData("try { await run(() => client.CompleteChatAsync(text)); } catch (TimeoutException) { }")]
    [InlineData("try { await AskAsync(text); await client.CompleteChatAsync(text); } catch (HttpRequestException) { }")]
    [InlineData("try { _ = client.CompleteChatAsync(text).Result; } catch (HttpRequestException) { }")]
    [InlineData("try { client.CompleteChatAsync(text).Wait(); } catch (HttpRequestException) { }")]
    public Task Silent_when_something_else_may_throw_it(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("try { await other.GetResponseAsync(text); } catch (HttpRequestException) { }")]
    [InlineData("try { await foreach (var u in client.CompleteChatStreamingAsync(text)) { } } catch (HttpRequestException) { }")]
    [InlineData("try { await kernel.GetChatMessageContentsAsync(null!); } catch (HttpRequestException) { }")]
    public Task Silent_when_the_library_is_not_known_or_streams(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData(
        "try { await client.CompleteChatAsync(text); }\n// busy\ncatch ([|HttpRequestException|] e) when (e.StatusCode == HttpStatusCode.TooManyRequests) { log.Write(e.StatusCode); }",
        "try { await client.CompleteChatAsync(text); }\n// busy\ncatch (ClientResultException e) when ((HttpStatusCode)e.Status == HttpStatusCode.TooManyRequests) { log.Write((HttpStatusCode)e.Status); }")]
    [InlineData("try { await client.CompleteChatAsync(text); } catch ([|HttpRequestException|]) { }", "try { await client.CompleteChatAsync(text); } catch (ClientResultException) { }")]
    public Task Catches_what_it_throws(string statements, string fixedStatements) => FixesAsync(In(statements), In(fixedStatements));

    [Theory]
    [InlineData("try { await client.CompleteChatAsync(text); } catch ([|TimeoutException|]) { }")]
    [InlineData("try { await anthropic.Messages.Create(null!); } catch ([|HttpRequestException|]) { }")]
    public Task Offers_no_fix_where_the_right_type_depends(string statements) => OffersNoFixAsync(In(statements));

    private static string In(string statements) => $$"""
        using System.ClientModel;
        using System.Net;
        using System.Net.Http;
        using Anthropic;
        using Microsoft.Extensions.AI;
        using Microsoft.SemanticKernel.ChatCompletion;
        using OpenAI.Chat;

        class Answers(ChatClient client, AnthropicClient anthropic, IChatClient other, IChatCompletionService kernel, HttpClient http, TextWriter log, Func<Func<Task>, Task> run)
        {
            async Task AskAsync(string text)
            {
                await run(() => Task.CompletedTask);
                {{statements.ReplaceLineEndings("\n        ")}}
            }

            Task<string> ReadAsync(string text) => http.GetStringAsync(text);
        }
        """;
}
