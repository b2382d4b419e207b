using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using LocalLlm;

const string Usage = """
    A local server that speaks OpenAI's protocol and misbehaves as told.

      dotnet run --project samples/LocalLlmServer -- [options]

      --urls http://127.0.0.1:5099   where to listen (loopback only; port 0 takes a free one)
      --latency 200                  milliseconds to an answer, or to the first token of a stream
      --token-latency 20             milliseconds between two tokens of a stream
      --rpm 600                      requests per minute; beyond it: 429
      --burst 10                     requests an idle server takes at once (default: a minute's worth)
      --retry-after seconds,milliseconds   what a 429 carries: seconds, milliseconds, date, none
      --concurrency 8                requests at the same time
      --when-busy refuse             or queue: what happens beyond --concurrency
      --faults status=503/5,hang/7,stall=3/9,reset/11   what goes wrong with every n-th request
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
