using System.Text.Json;
using System.Text.RegularExpressions;

namespace LocalLlm;

/// <summary>Answers with the first words of the last message, so that a reader sees which question an answer belongs to.</summary>
internal static partial class ChatCompletions
{
    private const int SummaryWords = 16;

    public static Task AnswerAsync(Exchange exchange)
    {
        var request = exchange.Request;
        var model = request.GetProperty("model").GetString();
        var messages = request.GetProperty("messages").EnumerateArray().Select(TextOf).ToArray();
        var words = Words(messages.LastOrDefault() ?? throw new InvalidOperationException("'messages' is empty")).ToArray();
        var limit = Math.Min(SummaryWords, MaxTokens(request) ?? int.MaxValue);
        var tokens = words.Prepend("Summary: ").Take(limit).ToArray();
        var finish = limit < SummaryWords && tokens.Length == limit ? "length" : "stop";

        exchange.PromptTokens = messages.Sum(message => Words(message).Count());
        exchange.CompletionTokens = tokens.Length;
        var usage = new
        {
            prompt_tokens = exchange.PromptTokens,
            completion_tokens = tokens.Length,
            total_tokens = exchange.PromptTokens + tokens.Length,
        };
        var id = $"chatcmpl-{Guid.NewGuid():N}";
        var created = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        if (request.TryGetProperty("stream", out var stream) && stream.GetBoolean())
        {
            return exchange.StreamAsync(
                opening: Chunk(new { role = "assistant", content = "" }),
                tokens: tokens.Select(token => Chunk(new { content = token })),
                closing: [Chunk(new { }, finish), Usage()]);
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
                    message = new { role = "assistant", content = string.Concat(tokens).TrimEnd(), refusal = (string?)null },
                    logprobs = (object?)null,
                    finish_reason = finish,
                },
            },
            usage,
        });

        object Chunk(object delta, string? finish_reason = null) =>
            new { id, @object = "chat.completion.chunk", created, model, choices = new[] { new { index = 0, delta, finish_reason } } };

        object Usage() => new { id, @object = "chat.completion.chunk", created, model, choices = Array.Empty<object>(), usage };
    }

    /// <summary>A word with the blanks after it: together they are the text again.</summary>
    public static IEnumerable<string> Words(string text) => Word().Matches(text).Select(match => match.Value);

    private static string TextOf(JsonElement message) => message.GetProperty("content") switch
    {
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) ? text.GetString() : null)),
        var content => content.GetString() ?? "",
    };

    private static int? MaxTokens(JsonElement request) =>
        request.TryGetProperty("max_completion_tokens", out var limit) || request.TryGetProperty("max_tokens", out limit) ? limit.GetInt32() : null;

    [GeneratedRegex(@"\S+\s*")]
    private static partial Regex Word();
}
