namespace LocalLlm;

/// <summary>OpenAI's chat completions, which many servers speak.</summary>
internal static class ChatCompletions
{
    public static Task AnswerAsync(Exchange exchange)
    {
        var request = exchange.Request;
        var model = request.GetProperty("model").GetString();
        var answer = Answer.To(exchange, "max_completion_tokens", "max_tokens");
        var usage = new
        {
            prompt_tokens = exchange.PromptTokens,
            completion_tokens = exchange.CompletionTokens,
            total_tokens = exchange.PromptTokens + exchange.CompletionTokens,
        };
        var finish = answer.IsCut ? "length" : "stop";
        var id = $"chatcmpl-{Guid.NewGuid():N}";
        var created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        if (exchange.WantsStream)
        {
            return exchange.StreamAsync(
                Sse.ContentType,
                opening: [Chunk(new { role = "assistant", content = "" })],
                tokens: answer.Tokens.Select(token => Chunk(new { content = token })),
                closing: [Chunk(new { }, finish), Usage(), Sse.Done]);
        }

        return exchange.WriteAsync(new
        {
            id,
            @object = "chat.completion",
            created,
            model,
            choices = new[]
            {
                new
                {
                    index = 0,
                    message = new { role = "assistant", content = answer.Text, refusal = (string?)null },
                    logprobs = (object?)null,
                    finish_reason = finish,
                },
            },
            usage,
        });

        string Chunk(object delta, string? finish_reason = null) =>
            Sse.Event(new { id, @object = "chat.completion.chunk", created, model, choices = new[] { new { index = 0, delta, finish_reason } } });

        string Usage() => Sse.Event(new { id, @object = "chat.completion.chunk", created, model, choices = Array.Empty<object>(), usage });
    }
}
