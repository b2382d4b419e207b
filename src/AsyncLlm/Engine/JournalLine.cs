using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AsyncLlm;

/// <summary>What the lines of a journal say, as JSON on one line.</summary>
internal static class JournalLine
{
    private const int Version = 1;

    public static byte[] Header(Type resultType)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("format", "AsyncLlm.LlmJournal");
            writer.WriteNumber("version", Version);
            writer.WriteString("result", resultType.ToString());
            writer.WriteEndObject();
        }
        return line.WrittenSpan.ToArray();
    }

    public static byte[] Write<TResult>(string key, TResult result, JsonTypeInfo<TResult> resultType)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(line))
        {
            writer.WriteStartObject();
            writer.WriteString("key", key);
            writer.WritePropertyName("result");
            JsonSerializer.Serialize(writer, result, resultType);
            writer.WriteEndObject();
        }
        return line.WrittenSpan.ToArray();
    }

    public static (string Key, TResult Result) Read<TResult>(ReadOnlyMemory<byte> line, JsonTypeInfo<TResult> resultType)
    {
        using var document = JsonDocument.Parse(line);
        return (document.RootElement.GetProperty("key").GetString()!, document.RootElement.GetProperty("result").Deserialize(resultType)!);
    }
}
