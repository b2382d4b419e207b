using System.Text.Json;

namespace LocalLlm;

/// <summary>Ollama's chat: lines of JSON, streamed unless the request says no.</summary>
internal static class OllamaChat
{
    public static Task AnswerAsync(Exchange exchange)
    {
        var answer = Answer.To(
            exchange,
            [.. exchange.Request.GetProperty("messages").EnumerateArray().Select(Answer.TextOf)],
            exchange.Request.TryGetProperty("options", out var options) ? Answer.Limit(options, "num_predict") : null);
        var model = exchange.Request.GetProperty("model").GetString();
        var created_at = DateTimeOffset.UtcNow;
        if (exchange.Request.TryGetProperty("stream", out var stream) && !stream.GetBoolean())
            return exchange.WriteAsync(Last(answer.Text));

        return exchange.StreamAsync(
            "application/x-ndjson",
            opening: [],
            tokens: answer.Tokens.Select(content => Line(new { model, created_at, message = new { role = "assistant", content }, done = false })),
            closing: [Line(Last(""))]);

        object Last(string content) => new
        {
            model,
            created_at,
            message = new { role = "assistant", content },
            done = true,
            done_reason = answer.IsCut ? "length" : "stop",
            prompt_eval_count = exchange.PromptTokens,
            eval_count = exchange.CompletionTokens,
        };

        static string Line(object data) => JsonSerializer.Serialize(data) + '\n';
    }
}
