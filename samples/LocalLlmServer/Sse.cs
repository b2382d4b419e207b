using System.Text.Json;

namespace LocalLlm;

/// <summary>Server-sent events as text.</summary>
internal static class Sse
{
    public const string ContentType = "text/event-stream";

    /// <summary>What ends a stream of chat completions.</summary>
    public const string Done = "data: [DONE]\n\n";

    public static string Event(object data, string? name = null) =>
        $"{(name is null ? "" : $"event: {name}\n")}data: {JsonSerializer.Serialize(data)}\n\n";
}
