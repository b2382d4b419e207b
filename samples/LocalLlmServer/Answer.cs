using System.Text.Json;
using System.Text.RegularExpressions;

namespace LocalLlm;

/// <summary>The first words of the last message, so that a reader sees which question an answer belongs to.</summary>
/// <param name="Tokens">Its words, the blanks after each with it.</param>
/// <param name="IsCut">The client wanted no more tokens.</param>
internal sealed partial record Answer(string[] Tokens, bool IsCut)
{
    private const int SummaryWords = 16;

    public string Text => string.Concat(Tokens).TrimEnd();

    /// <summary>Answers a request of messages and counts its tokens.</summary>
    /// <param name="limits">Where the request may say how many tokens it wants.</param>
    public static Answer To(Exchange exchange, params ReadOnlySpan<string> limits) =>
        To(exchange, exchange.Request.GetProperty("messages").EnumerateArray().Select(TextOf).ToArray(), Limit(exchange.Request, limits));

    public static Answer To(Exchange exchange, string[] messages, int? maxTokens)
    {
        var words = Words(messages.LastOrDefault() ?? throw new InvalidOperationException("'messages' is empty"));
        var limit = Math.Min(SummaryWords, maxTokens ?? int.MaxValue);
        var tokens = words.Prepend("Summary: ").Take(limit).ToArray();
        exchange.PromptTokens = messages.Sum(message => Words(message).Count());
        exchange.CompletionTokens = tokens.Length;
        return new(tokens, IsCut: limit < SummaryWords && tokens.Length == limit);
    }

    /// <summary>A word with the blanks after it: together they are the text again.</summary>
    public static IEnumerable<string> Words(string text) => Word().Matches(text).Select(match => match.Value);

    /// <summary>The text of a message, which may be in parts.</summary>
    public static string TextOf(JsonElement message) => message.GetProperty("content") switch
    {
        { ValueKind: JsonValueKind.Array } parts => string.Concat(parts.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) ? text.GetString() : null)),
        var content => content.GetString() ?? "",
    };

    public static int? Limit(JsonElement request, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (request.TryGetProperty(name, out var limit) && limit.ValueKind is JsonValueKind.Number)
                return limit.GetInt32();
        }

        return null;
    }

    [GeneratedRegex(@"\S+\s*")]
    private static partial Regex Word();
}
