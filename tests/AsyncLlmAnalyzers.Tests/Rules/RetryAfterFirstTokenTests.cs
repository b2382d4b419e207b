namespace AsyncLlmAnalyzers.Tests.Rules;

public class RetryAfterFirstTokenTests() : RuleTests("ALLM4008")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Answers(ChatClient client)
        {
            async Task ShowAsync(List<ChatMessage> messages)
            {
                for (var attempt = 1; ; attempt++)
                {
                    try
                    {
                        await foreach (var update in client.[|CompleteChatStreamingAsync|](messages))
                        {
                            foreach (var part in update.ContentUpdate)
                                Console.Write(part.Text);
                        }

                        return;
                    }
                    catch (Exception) when (attempt < 3)
                    {
                        await Task.Delay(1000 * attempt);
                    }
                }
            }
        }
        """;

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { await foreach (var u in client.[|CompleteChatStreamingAsync|](text)) log.Write(u); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { await foreach (var u in client.[|CompleteChatStreamingAsync|](text).WithCancellation(ct)) { var part = u.ContentUpdate[0].Text; await log.WriteAsync(part); } break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { await foreach (var u in other.[|GetStreamingResponseAsync|](text)) show(u.Text); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { var stream = client.[|CompleteChatStreamingAsync|](text); await foreach (var u in stream) progress.Report(u.Role.ToString()!); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("for (var i = 0; ; i++) { try { foreach (var u in client.[|CompleteChatStreaming|](text)) log.Write(u); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("var all = new System.Text.StringBuilder(); for (var i = 0; ; i++) { try { await foreach (var u in other.[|GetStreamingResponseAsync|](text)) all.Append(u.Text).AppendLine(); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("var all = \"\"; for (var i = 0; ; i++) { try { await foreach (var u in other.[|GetStreamingResponseAsync|](text)) all += u.Text; break; } catch (Exception) when (i < 3) { } }")]
    public Task Reports_a_stream_that_is_opened_again_after_pieces_left(string statements) => ReportsAsync(In(statements));

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { var all = new List<string>(); await foreach (var u in other.GetStreamingResponseAsync(text)) all.Add(u.Text); log.Write(all); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("var all = new System.Text.StringBuilder(); for (var i = 0; ; i++) { all.Clear(); try { await foreach (var u in other.GetStreamingResponseAsync(text)) all.Append(u.Text); break; } catch (Exception) when (i < 3) { } }")]
    [InlineData("var all = \"\"; for (var i = 0; ; i++) { try { all = \"\"; await foreach (var u in other.GetStreamingResponseAsync(text)) all += u.Text; break; } catch (Exception) when (i < 3) { } }")]
    public Task Silent_when_each_attempt_has_its_own_buffer(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("var started = false; for (var i = 0; ; i++) { try { await foreach (var u in other.GetStreamingResponseAsync(text)) { started = true; show(u.Text); } break; } catch (Exception) when (i < 3 && !started) { } }")]
    [InlineData("var count = 0; for (var i = 0; i < 3; i++) { try { await foreach (var u in other.GetStreamingResponseAsync(text)) { count++; show(u.Text); } break; } catch (Exception) { if (count > 0) throw; } }")]
    public Task Silent_when_the_handler_asks_what_was_passed_on(string statements) => SilentAsync(In(statements));

    [Theory]
    [InlineData("foreach (var one in new[] { other }) { try { await foreach (var u in one.GetStreamingResponseAsync(text)) show(u.Text); break; } catch (Exception) { } }")]
    [InlineData("try { await foreach (var u in other.GetStreamingResponseAsync(text)) show(u.Text); } catch (Exception) { }")]
    [InlineData("await foreach (var u in other.GetStreamingResponseAsync(text)) { for (var i = 0; ; i++) { try { show(u.Text); break; } catch (Exception) when (i < 3) { } } }")]
    public Task Silent_when_no_attempt_opens_it_again(string statements) => SilentAsync(In(statements));

    [Fact]
    public Task Reads_it_through_the_throttle_of_the_client() => FixesAsync(
        In("""
            // until it works
            for (var i = 0; ; i++)
            {
                try
                {
                    await foreach (var update in client.[|CompleteChatStreamingAsync|](text))
                    {
                        log.Write(update); // show it
                    }

                    return;
                }
                catch (Exception) when (i < 3)
                {
                    await Task.Delay(1000);
                }
            }
            """),
        In("""
            // until it works
            await foreach (var update in LlmThrottle.For(client).StreamAsync(token => client.CompleteChatStreamingAsync([text], cancellationToken: token), ct))
            {
                log.Write(update); // show it
            }
            return;
            """).Replace("using Microsoft.Extensions.AI;", "using AsyncLlm;\nusing Microsoft.Extensions.AI;", StringComparison.Ordinal),
        withRuntime: true);

    [Theory]
    [InlineData("for (var i = 0; ; i++) { try { await foreach (var u in client.[|CompleteChatStreamingAsync|](text)) log.Write(u); break; } catch (Exception e) when (i < 3) { log.Write(e); } }")]
    public Task Offers_no_fix_where_the_handler_does_more_than_wait(string statements) => OffersNoFixAsync(In(statements), withRuntime: true);

    private static string In(string statements) => $$"""
        using Microsoft.Extensions.AI;
        using OpenAI.Chat;

        class Answers(ChatClient client, IChatClient other, TextWriter log, Action<string> show, IProgress<string> progress)
        {
            async Task ShowAsync(string text, CancellationToken ct)
            {
                {{statements.ReplaceLineEndings("\n        ")}}
            }
        }
        """;
}
