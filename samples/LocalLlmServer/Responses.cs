using System.Text.Json;

namespace LocalLlm;

/// <summary>OpenAI's responses.</summary>
internal static class Responses
{
    public static Task AnswerAsync(Exchange exchange)
    {
        var answer = Answer.To(exchange, Inputs(exchange.Request.GetProperty("input")), Answer.Limit(exchange.Request, "max_output_tokens"));
        var (id, item) = ($"resp_{Guid.NewGuid():N}", $"msg_{Guid.NewGuid():N}");
        var created_at = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var model = exchange.Request.GetProperty("model").GetString();
        var number = 0;
        if (exchange.WantsStream)
        {
            return exchange.StreamAsync(
                Sse.ContentType,
                opening:
                [
                    Event("response.created", new { type = "response.created", sequence_number = number++, response = Response("in_progress", []) }),
                    Event("response.output_item.added", new { type = "response.output_item.added", sequence_number = number++, output_index = 0, item = Item("in_progress", []) }),
                    Event("response.content_part.added", new { type = "response.content_part.added", sequence_number = number++, item_id = item, output_index = 0, content_index = 0, part = Part("") }),
                ],
                tokens: answer.Tokens.Select(delta => Event("response.output_text.delta", new { type = "response.output_text.delta", sequence_number = number++, item_id = item, output_index = 0, content_index = 0, delta })),
                closing: Closing());
        }

        return exchange.WriteAsync(Response("completed", [Item("completed", [Part(answer.Text)])]));

        IEnumerable<string> Closing()
        {
            yield return Event("response.output_text.done", new { type = "response.output_text.done", sequence_number = number++, item_id = item, output_index = 0, content_index = 0, text = answer.Text });
            yield return Event("response.content_part.done", new { type = "response.content_part.done", sequence_number = number++, item_id = item, output_index = 0, content_index = 0, part = Part(answer.Text) });
            var done = Item("completed", [Part(answer.Text)]);
            yield return Event("response.output_item.done", new { type = "response.output_item.done", sequence_number = number++, output_index = 0, item = done });
            yield return Event("response.completed", new { type = "response.completed", sequence_number = number++, response = Response("completed", [done]) });
        }

        object Response(string status, object[] output) => new
        {
            id,
            @object = "response",
            created_at,
            status,
            model,
            output,
            error = (object?)null,
            incomplete_details = (object?)null,
            instructions = (string?)null,
            metadata = new { },
            parallel_tool_calls = true,
            tool_choice = "auto",
            tools = Array.Empty<object>(),
            usage = new
            {
                input_tokens = exchange.PromptTokens,
                input_tokens_details = new { cached_tokens = 0 },
                output_tokens = exchange.CompletionTokens,
                output_tokens_details = new { reasoning_tokens = 0 },
                total_tokens = exchange.PromptTokens + exchange.CompletionTokens,
            },
        };

        object Item(string status, object[] content) => new { id = item, type = "message", status, role = "assistant", content };

        static object Part(string text) => new { type = "output_text", text, annotations = Array.Empty<object>() };

        static string Event(string name, object data) => Sse.Event(data, name);
    }

    /// <summary>A text, or items of which some are messages.</summary>
    private static string[] Inputs(JsonElement input) => input.ValueKind is JsonValueKind.String
        ? [input.GetString()!]
        : [.. input.EnumerateArray().Where(item => item.TryGetProperty("content", out _)).Select(Answer.TextOf)];
}
