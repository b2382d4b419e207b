using System.Text.Json.Serialization;

namespace LocalLlm;

/// <summary>One request as the server saw it.</summary>
public sealed record ServedRequest
{
    /// <summary>1 for the first request of the server.</summary>
    public required long Number { get; init; }

    /// <summary>The path it asked for.</summary>
    public required string Path { get; init; }

    /// <summary>How many requests of the same path and body have come, with this one: 2 for the first retry of a client whose prompts all differ.</summary>
    public required int Attempt { get; init; }

    /// <summary>The headers it came with.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>When it had arrived, counted from the start of the server.</summary>
    public required TimeSpan Arrived { get; init; }

    /// <summary>When it had ended; <see langword="null"/> while it is served.</summary>
    public TimeSpan? Ended { get; init; }

    /// <summary>How it ended; <see langword="null"/> while it is served.</summary>
    public RequestOutcome? Outcome { get; init; }

    /// <summary>The status it was answered with; <see langword="null"/> while it is served, and when nothing was answered.</summary>
    public int? Status { get; init; }
}

/// <summary>How a request ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RequestOutcome>))]
public enum RequestOutcome
{
    /// <summary>It was answered to the end.</summary>
    Completed,

    /// <summary>It was answered with 429.</summary>
    RateLimited,

    /// <summary>It was answered with another error status or a broken answer, or reset.</summary>
    Failed,

    /// <summary>The client went away before the answer ended.</summary>
    Aborted,
}
