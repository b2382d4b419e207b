using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AsyncLlm.Simulator;

/// <summary>Reads the rows to run; README.md describes the format.</summary>
internal static class MatrixFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <exception cref="FormatException">The text is no matrix; the message says where and why.</exception>
    public static List<Row> Parse(string text)
    {
        try
        {
            var file = JsonNode.Parse(text, null, new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new FormatException("A matrix is an object with the keys \"defaults\" and \"rows\".");
            foreach (var (key, _) in file)
            {
                if (key is not ("defaults" or "rows"))
                    throw new FormatException($"Unknown key \"{key}\": a matrix has \"defaults\" and \"rows\".");
            }

            var defaults = file["defaults"] as JsonObject ?? [];
            var rows = file["rows"] as JsonArray ?? throw new FormatException("A matrix needs \"rows\", an array of objects.");
            return [.. rows.SelectMany((row, index) => RowsOf(row, defaults, index + 1))];
        }
        catch (JsonException exception)
        {
            throw new FormatException(exception.Message, exception);
        }
    }

    private static IEnumerable<Row> RowsOf(JsonNode? node, JsonObject defaults, int number)
    {
        if (node is not JsonObject row)
            throw new FormatException($"Row {number} is not an object.");

        var merged = new JsonObject();
        foreach (var (key, value) in defaults.Concat(row))
            merged[key] = value?.DeepClone();
        foreach (var single in Expand(merged))
        {
            Row result;
            try
            {
                result = single.Deserialize<Row>(Json)!;
            }
            catch (JsonException exception)
            {
                throw new FormatException($"Row {number}: {exception.Message}", exception);
            }

            if (Problem(result) is { } problem)
                throw new FormatException($"Row {number}: {problem}");
            yield return result;
        }
    }

    /// <summary>A list stands for one row with each of its values; the list of policies is one value.</summary>
    private static IEnumerable<JsonObject> Expand(JsonObject row)
    {
        foreach (var (key, value) in row)
        {
            if (value is not JsonArray values || string.Equals(key, nameof(Row.Policies), StringComparison.OrdinalIgnoreCase))
                continue;

            return values.SelectMany(single =>
            {
                var copy = (JsonObject)row.DeepClone();
                copy[key] = single?.DeepClone();
                return Expand(copy);
            });
        }

        return [row];
    }

    private static string? Problem(Row row) => row switch
    {
        { Policies: var policies } when policies.Except(Policy.Names).FirstOrDefault() is { } unknown
            => $"there is no policy \"{unknown}\"; the policies are {string.Join(", ", Policy.Names)}.",
        { Policies.Count: 0 } => "\"policies\" must name at least one policy.",
        { N: < 2 } => "\"n\" must be at least 2.",
        _ when new[] { row.Rpm, row.Burst ?? 1, row.BurstSeconds, row.Window, row.PerSecond ?? 1, row.Tpm ?? 1, row.Tokens, row.Estimate, row.Latency, row.RefusalLatency, row.ChangeFactor, row.OutageSeconds }.Any(value => value <= 0)
            => "\"rpm\", \"burst\", \"burstSeconds\", \"window\", \"perSecond\", \"tpm\", \"tokens\", \"estimate\", \"latency\", \"refusalLatency\", \"changeFactor\" and \"outageSeconds\" must be positive.",
        _ when row.Burst < 1 || row.Concurrency < 1 || row.PerSecond < 1 || (row.HasWindow && row.Rpm * row.Window / 60 < 1)
            => "the server must accept at least one request at once: \"burst\", \"concurrency\", \"perSecond\" and \"rpm\" x \"window\" / 60 are at least 1.",
        _ when new[] { row.Faults, row.Hangs, row.Tenant }.Any(share => share is < 0 or >= 1) => "\"faults\", \"hangs\" and \"tenant\" are shares from 0 to below 1.",
        _ when row.LatencySigma < 0 || row.Transit < 0 || row.Phase < 0 || row.RetryAfterSeconds < 0 || row.ChangeAt < 0 || row.OutageAt < 0
            => "\"latencySigma\", \"transit\", \"phase\", \"retryAfterSeconds\", \"changeAt\" and \"outageAt\" must not be negative.",
        { Server: ServerKind.Concurrency } when row.Tenant > 0 || row.Hangs > 0 => "a concurrency limit with a tenant or with hanging calls is not modelled.",
        _ => null,
    };
}
