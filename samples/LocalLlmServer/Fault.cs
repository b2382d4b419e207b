using System.Globalization;

namespace LocalLlm;

/// <summary>Something that goes wrong with the requests it <see cref="Hits"/>.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Every">1 = every request, 2 = the 2nd, 4th, 6th ..</param>
/// <param name="Argument">The status code, the milliseconds, or how many tokens a stream sends before.</param>
public sealed record Fault(FaultKind Kind, int Every, int Argument = 0)
{
    /// <summary>The header with which a client asks for a fault of its own: <c>x-fault: status=503</c>, without a schedule.</summary>
    public const string Header = "x-fault";

    private const string Forms =
        "status=503, quota, hang, slow=500, stall=3, reset, cut=3, malformed=3, truncate=3 or error=3, with the headers of a status or quota behind it (;retry-after=4;retry-after-ms=250;retry-after=date:2), then /5 for every 5th request or /2-4 for the 2nd to the 4th";

    private static readonly Dictionary<string, (FaultKind Kind, bool HasArgument)> Names = new()
    {
        ["status"] = (FaultKind.Status, true),
        ["quota"] = (FaultKind.Quota, false),
        ["hang"] = (FaultKind.Hang, false),
        ["slow"] = (FaultKind.Slow, true),
        ["stall"] = (FaultKind.Stall, true),
        ["reset"] = (FaultKind.Reset, false),
        ["cut"] = (FaultKind.Cut, true),
        ["malformed"] = (FaultKind.Malformed, true),
        ["truncate"] = (FaultKind.Truncate, true),
        ["error"] = (FaultKind.StreamError, true),
    };

    /// <summary>The first request that may be hit. Default: the first there is.</summary>
    public int From { get; init; } = 1;

    /// <summary>The last request that may be hit. Default: no end.</summary>
    public int To { get; init; } = int.MaxValue;

    /// <summary>
    /// Headers of a <see cref="FaultKind.Status"/> or <see cref="FaultKind.Quota"/>: <c>retry-after=4;x-should-retry=false</c>. A value <c>date:2</c> is
    /// the HTTP date two seconds ahead, rounded up to a second. Default: none.
    /// </summary>
    public string Headers { get; init; } = "";

    /// <summary>The request is answered with an error status.</summary>
    public static Fault Status(int code, int every = 1) => new(FaultKind.Status, every, code);

    /// <summary>The account's money is used up: 429 with OpenAI's <c>insufficient_quota</c> or Anthropic's spend limit.</summary>
    public static Fault Quota(int every = 1) => new(FaultKind.Quota, every);

    /// <summary>The request is never answered.</summary>
    public static Fault Hang(int every = 1) => new(FaultKind.Hang, every);

    /// <summary>The headers come late.</summary>
    public static Fault Slow(int milliseconds, int every = 1) => new(FaultKind.Slow, every, milliseconds);

    /// <summary>The stream stops after some tokens and stays open; an answer that is no stream stops after its headers.</summary>
    public static Fault Stall(int afterTokens = 0, int every = 1) => new(FaultKind.Stall, every, afterTokens);

    /// <summary>The connection is reset before anything is answered.</summary>
    public static Fault Reset(int every = 1) => new(FaultKind.Reset, every);

    /// <summary>The connection is reset after some tokens; that of an answer that is no stream in its middle.</summary>
    public static Fault Cut(int afterTokens = 0, int every = 1) => new(FaultKind.Cut, every, afterTokens);

    /// <summary>After some tokens an event is no JSON; an answer that is no stream is none.</summary>
    public static Fault Malformed(int afterTokens = 0, int every = 1) => new(FaultKind.Malformed, every, afterTokens);

    /// <summary>The stream ends in good order after some tokens, without its closing events; an answer that is no stream ends in its middle.</summary>
    public static Fault Truncate(int afterTokens = 0, int every = 1) => new(FaultKind.Truncate, every, afterTokens);

    /// <summary>After some tokens the stream says that the server is overloaded, and ends; an answer that is no stream comes as it should.</summary>
    public static Fault StreamError(int afterTokens = 0, int every = 1) => new(FaultKind.StreamError, every, afterTokens);

    /// <summary>Reads a fault and when it hits, e.g. <c>status=503/5</c>, <c>status=429;retry-after=4/1-3</c>, <c>hang/7</c>, <c>stall=3/9</c>.</summary>
    /// <exception cref="FormatException">The text is no fault.</exception>
    public static Fault Parse(string text)
    {
        var parts = text.Split('/');
        if (parts.Length != 2)
            throw NoFault(text);
        var range = parts[1].Split('-');
        return range.Length switch
        {
            1 => ParseKind(parts[0]) with { Every = Number(range[0], text) },
            2 => ParseKind(parts[0]) with { From = Number(range[0], text), To = Number(range[1], text) },
            _ => throw NoFault(text),
        };
    }

    /// <summary>Reads a fault that hits every request, e.g. <c>status=429;retry-after=4</c>.</summary>
    /// <exception cref="FormatException">The text is no fault.</exception>
    public static Fault ParseKind(string text)
    {
        var (head, headers) = text.IndexOf(';') is >= 0 and var end ? (text[..end], text[(end + 1)..]) : (text, "");
        var (name, argument) = head.IndexOf('=') is >= 0 and var sign ? (head[..sign], head[(sign + 1)..]) : (head, null);
        if (!Names.TryGetValue(name, out var known) || known.HasArgument != argument is not null)
            throw NoFault(text);

        var fault = new Fault(known.Kind, Every: 1, argument is null ? 0 : Number(argument, text)) { Headers = headers };
        var valid = fault.Kind is FaultKind.Status ? fault.Argument is >= 400 and <= 599 : fault.Kind is FaultKind.Quota || headers.Length == 0;
        return valid && fault.HeaderPairs().All(pair => pair.Length == 2) ? fault : throw NoFault(text);
    }

    internal bool Hits(long requestNumber) => Every > 0 && requestNumber % Every == 0 && requestNumber >= From && requestNumber <= To;

    internal void WriteHeaders(IHeaderDictionary headers, TimeProvider time)
    {
        foreach (var pair in HeaderPairs())
        {
            headers[pair[0]] = pair[1].StartsWith("date:", StringComparison.Ordinal)
                ? HttpDate.Of(time.GetUtcNow().AddSeconds(int.Parse(pair[1].AsSpan("date:".Length), CultureInfo.InvariantCulture)))
                : pair[1];
        }
    }

    private IEnumerable<string[]> HeaderPairs() => Headers.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2));

    private static int Number(string text, string fault) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw NoFault(fault);

    private static FormatException NoFault(string text) => new($"'{text}' is no fault: {Forms}");
}

/// <summary>What a <see cref="Fault"/> does.</summary>
public enum FaultKind
{
    /// <summary>An error status.</summary>
    Status,

    /// <summary>No answer.</summary>
    Hang,

    /// <summary>An answer that stops in the middle.</summary>
    Stall,

    /// <summary>A reset connection.</summary>
    Reset,

    /// <summary>429 that no waiting clears.</summary>
    Quota,

    /// <summary>Headers that come late.</summary>
    Slow,

    /// <summary>A connection that is reset in the middle of the answer.</summary>
    Cut,

    /// <summary>An answer that is no JSON.</summary>
    Malformed,

    /// <summary>An answer that ends in its middle, in good order.</summary>
    Truncate,

    /// <summary>A stream that reports an error.</summary>
    StreamError,
}
