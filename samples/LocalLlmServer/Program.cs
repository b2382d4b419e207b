using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using LocalLlm;

const string Usage = """
    A local server that speaks OpenAI's protocol (/v1/chat/completions, /v1/responses, /v1/embeddings), Anthropic's (/v1/messages) and
    Ollama's (/api/chat, /api/embed), with and without streaming, and misbehaves as told.

      dotnet run --project samples/LocalLlmServer -- [options]

      --urls http://127.0.0.1:5099   where to listen (loopback only; port 0 takes a free one)
      --latency 200                  milliseconds to an answer, or to the first token of a stream
      --token-latency 20             milliseconds between two tokens of a stream
      --rpm 600                      requests per minute; beyond it: 429
      --burst 10                     requests an idle server takes at once (default: a minute's worth)
      --retry-after seconds,milliseconds   what such a 429 carries: seconds, milliseconds, date, none
      --concurrency 8                requests at the same time
      --when-busy refuse             or queue: what happens beyond --concurrency
      --faults hang/7,status=503/2-4 what goes wrong, and with which requests: /7 every 7th, /2-4 the 2nd to the 4th; the first that applies is taken

    Faults (N = tokens of a stream sent before it):
      status=503          an error status; ;retry-after=4;retry-after-ms=250;retry-after=date:2 behind it are headers of the answer
      quota               429, the account's money is used up; headers as above
      hang                no answer
      slow=500            the headers come 500 ms later than --latency
      stall=N             the stream stops and stays open; an answer that is no stream stops after its headers
      reset               the connection is reset before anything is answered
      cut=N               the connection is reset in the middle of the answer
      malformed=N         an event is no JSON; an answer that is no stream is none
      truncate=N          the answer ends in its middle, in good order
      error=N             the stream says that the server is overloaded, and ends

    A request with the header x-fault (without a schedule, e.g. x-fault: status=429;retry-after=4) gets that fault instead.
    GET /statistics counts what the clients did, GET /requests lists it: when each request came and ended, which attempt it was, its headers,
    whether the client went away.
    """;

var settings = new Dictionary<string, string>();
Uri urls;
LocalLlmServerOptions options;
try
{
    foreach (var pair in args.Chunk(2))
        settings.Add(pair[0], pair[1]);
    urls = new Uri(Take("--urls") ?? "http://127.0.0.1:5099");
    options = new LocalLlmServerOptions
    {
        Port = urls.Port,
        Latency = TimeSpan.FromMilliseconds(TakeNumber("--latency") ?? 0),
        TokenLatency = TimeSpan.FromMilliseconds(TakeNumber("--token-latency") ?? 0),
        RequestsPerMinute = TakeNumber("--rpm"),
        Burst = TakeNumber("--burst"),
        RetryAfter = Enum.Parse<RetryAfterForms>(Take("--retry-after") ?? "seconds,milliseconds", ignoreCase: true),
        MaxConcurrent = TakeNumber("--concurrency"),
        WhenBusy = Enum.Parse<BusyBehavior>(Take("--when-busy") ?? "refuse", ignoreCase: true),
        Faults = [.. (Take("--faults") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Fault.Parse)],
    };
    if (settings.Count > 0)
        throw new FormatException($"unknown option {settings.Keys.First()}");
    if (!urls.IsLoopback || urls.Scheme != "http")
        throw new FormatException("--urls must be http on a loopback address");
}
catch (Exception exception) when (exception is FormatException or ArgumentException or IndexOutOfRangeException or OverflowException)
{
    Console.Error.WriteLine(args is ["--help"] ? Usage : $"{exception.Message}\n\n{Usage}");
    return args is ["--help"] ? 0 : 2;
}

var stop = new TaskCompletionSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

await using var server = await LocalLlmServer.StartAsync(options);
Console.WriteLine($"Listening on {server.Endpoint} (statistics: {server.BaseAddress}statistics). Ctrl+C stops.");
await stop.Task;
Console.WriteLine(JsonSerializer.Serialize(server.Statistics));
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.TrySetResult();
}

string? Take(string name) => settings.Remove(name, out var value) ? value : null;

int? TakeNumber(string name) => Take(name) is { } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : null;
