namespace LocalLlm;

/// <summary>Anthropic's messages.</summary>
internal static class Messages
{
    public static Task AnswerAsync(Exchange exchange)
    {
        if (Answer.Limit(exchange.Request, "max_tokens") is null)
            throw new InvalidOperationException("max_tokens: Field required");

        var answer = Answer.To(exchange, "max_tokens");
        var id = $"msg_{Guid.NewGuid():N}";
        var model = exchange.Request.GetProperty("model").GetString();
        var stop_reason = answer.IsCut ? "max_tokens" : "end_turn";
        if (exchange.WantsStream)
        {
            return exchange.StreamAsync(
                Sse.ContentType,
                opening:
                [
                    Event("message_start", new { type = "message_start", message = Message([], null, 1) }),
                    Event("content_block_start", new { type = "content_block_start", index = 0, content_block = new { type = "text", text = "" } }),
                    Event("ping", new { type = "ping" }),
                ],
                tokens: answer.Tokens.Select(text => Event("content_block_delta", new { type = "content_block_delta", index = 0, delta = new { type = "text_delta", text } })),
                closing:
                [
                    Event("content_block_stop", new { type = "content_block_stop", index = 0 }),
                    Event("message_delta", new { type = "message_delta", delta = new { stop_reason, stop_sequence = (string?)null }, usage = new { output_tokens = exchange.CompletionTokens } }),
                    Event("message_stop", new { type = "message_stop" }),
                ]);
        }

        return exchange.WriteAsync(Message([new { type = "text", text = answer.Text }], stop_reason, exchange.CompletionTokens));

        object Message(object[] content, string? reason, int output_tokens) => new
        {
            id,
            type = "message",
            role = "assistant",
            model,
            content,
            stop_reason = reason,
            stop_sequence = (string?)null,
            usage = new { input_tokens = exchange.PromptTokens, output_tokens },
        };

        static string Event(string name, object data) => Sse.Event(data, name);
    }
}
