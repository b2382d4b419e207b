using System.Runtime.InteropServices;
using System.Text.Json;

namespace LocalLlm;

/// <summary>Embeds a text as its words hashed into a vector of length 1: texts that share words are near each other.</summary>
internal static class Embeddings
{
    private const int DefaultDimensions = 256;
    private const int MaxInputs = 2048;

    public static Task AnswerAsync(Exchange exchange)
    {
        var request = exchange.Request;
        var inputs = Inputs(request.GetProperty("input")).ToArray();
        if (inputs.Length is 0 or > MaxInputs)
            throw new InvalidOperationException($"'input' must have 1 to {MaxInputs} items");

        var dimensions = request.TryGetProperty("dimensions", out var wanted) ? wanted.GetInt32() : DefaultDimensions;
        var asBase64 = request.TryGetProperty("encoding_format", out var format) && format.ValueEquals("base64");
        exchange.PromptTokens = inputs.Sum(input => Answer.Words(input).Count());

        return exchange.WriteAsync(new
        {
            @object = "list",
            data = inputs.Select((input, index) => new { @object = "embedding", index, embedding = Encoded(Embed(input, dimensions), asBase64) }),
            model = request.GetProperty("model").GetString(),
            usage = new { prompt_tokens = exchange.PromptTokens, total_tokens = exchange.PromptTokens },
        });
    }

    public static Task AnswerOllamaAsync(Exchange exchange)
    {
        var inputs = Inputs(exchange.Request.GetProperty("input")).ToArray();
        exchange.PromptTokens = inputs.Sum(input => Answer.Words(input).Count());
        return exchange.WriteAsync(new
        {
            model = exchange.Request.GetProperty("model").GetString(),
            embeddings = inputs.Select(input => Embed(input, DefaultDimensions)),
            prompt_eval_count = exchange.PromptTokens,
        });
    }

    /// <summary>A text, texts, or what a client has made tokens of itself.</summary>
    private static IEnumerable<string> Inputs(JsonElement input) => input switch
    {
        { ValueKind: JsonValueKind.String } => [input.GetString()!],
        _ when input.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number) => [input.GetRawText()],
        _ => input.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText()),
    };

    private static float[] Embed(string text, int dimensions)
    {
        var vector = new float[dimensions];
        foreach (var word in Answer.Words(text))
            vector[StableHash(word.Trim().ToUpperInvariant()) % (uint)dimensions]++;

        var length = MathF.Sqrt(vector.Sum(x => x * x));
        return length > 0 ? Array.ConvertAll(vector, x => x / length) : vector;
    }

    private static object Encoded(float[] vector, bool asBase64) =>
        asBase64 ? Convert.ToBase64String(MemoryMarshal.AsBytes<float>(vector)) : vector;

    /// <summary>FNV-1a; a string's own hash differs from run to run.</summary>
    private static uint StableHash(string word) => word.Aggregate(2166136261, (hash, letter) => (hash ^ letter) * 16777619);
}
