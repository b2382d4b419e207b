using System.Net;
using System.Net.Sockets;
using LocalLlm;

namespace AsyncLlm.IntegrationTests;

/// <summary>What a client library does when things go wrong: measured once, against servers in this process.</summary>
internal sealed class SdkFacts
{
    /// <summary>Stands for the library's own timeout, so that nobody waits for minutes.</summary>
    private static readonly TimeSpan ScaledTimeout = TimeSpan.FromSeconds(2);

    /// <summary>What has not happened by then does not happen: longer than the timeout and a wait between two attempts.</summary>
    private static readonly TimeSpan Patience = 3 * ScaledTimeout;

    /// <summary>What has to happen has happened by then on any machine.</summary>
    private static readonly TimeSpan Guard = TimeSpan.FromMinutes(2);

    private static readonly string[] ComingBack = ["retry-after=2", "retry-after=date:3", "retry-after-ms=2000", "retry-after=0"];

    private static readonly Lazy<Task<IReadOnlyDictionary<Sdk, SdkFacts>>> Measured = new(MeasureAllAsync);

    public static readonly int[] Statuses = [408, 409, 425, 429, 500, 501, 502, 503, 504, 529];

    private readonly Dictionary<string, Ending> endings;

    private SdkFacts(Sdk sdk, SdkDefaults defaults, Dictionary<string, Ending> endings) => (Sdk, Defaults, this.endings) = (sdk, defaults, endings);

    public Sdk Sdk { get; }

    public SdkDefaults Defaults { get; }

    /// <summary>How a call ended, by what the server did.</summary>
    public Ending this[string name] => endings[name];

    /// <summary>Requests a call sends that is refused every time.</summary>
    public int Attempts => this["429"].Attempts;

    /// <summary>Before the first retry, where the server does not say; rounded to what the library says of itself.</summary>
    public double FirstDelay => ShortestFirstWait switch
    {
        < 0.3 => 0,
        < 0.55 => 0.5,
        < 0.95 => 0.8,
        var other => Math.Round(other, 1),
    };

    /// <summary>The second wait is longer than the first.</summary>
    public bool IsGrowing => Waits(0).Any() && Waits(0).Min() is >= 0.3 and var first && Waits(1).Min() > 1.4 * first;

    /// <summary>A wait was shorter than it should be: no timer does that by itself.</summary>
    public bool HasJitter => FirstDelay > 0 && Enumerable.Range(0, Attempts - 1).Any(retry => Waits(retry).Min() < 0.97 * FirstDelay * (1 << retry));

    public bool IsRetried(int status) => this[$"{status}"].Attempts > 1;

    /// <summary>Whether a 429 with these headers is tried again when they say.</summary>
    public bool IsHonoured(string headers) => headers switch
    {
        "retry-after=75" => this[headers].Attempts == 1,
        "retry-after=0" => Gap(headers) < 0.3,
        "x-should-retry=false" => this[headers].Attempts == 1,
        _ => Gap(headers) > 1.9,
    };

    public static async Task<IReadOnlyList<SdkFacts>> AllAsync() => [.. (await Measured.Value).Values];

    public static async Task<SdkFacts> OfAsync(Sdk sdk) => (await Measured.Value)[sdk];

    /// <summary>The gaps before one retry in all calls in which the library itself decides how long to wait.</summary>
    private IEnumerable<double> Waits(int retry) =>
        from name in (string[])["429", "429 again", "quota", "503", "408", "500", "502", "504", "reset", "stream 503"]
        where endings[name].Gaps.Count > retry
        select endings[name].Gaps[retry].TotalSeconds;

    /// <summary>Where waits double, a later one is measured better: what a busy machine adds to it is a smaller part.</summary>
    private double ShortestFirstWait => IsGrowing ? Enumerable.Range(0, Attempts - 1).Min(retry => Waits(retry).Min() / (1 << retry)) : Waits(0).DefaultIfEmpty().Min();

    /// <summary>The shorter of two, measured at different times.</summary>
    private double Gap(string headers) => new[] { this[headers], this[$"{headers} again"] }
        .Select(ending => ending.Gaps.Count > 0 ? ending.Gaps[0].TotalSeconds : throw new InvalidOperationException($"{Sdk} did not come back for {headers}: {ending}"))
        .Min();

    private static async Task<IReadOnlyDictionary<Sdk, SdkFacts>> MeasureAllAsync()
    {
        // The first call of a library compiles it, which takes longer than the timeouts below.
        foreach (var (sdk, stream) in Sdks.All.SelectMany(sdk => new[] { (sdk, false), (sdk, true) }))
        {
            var warm = await Ending.OfAsync(Fault.Slow(0), server => sdk.Create(server, null), stream);
            Assert.True(warm.Exception is null && warm.Text.StartsWith("Summary: ", StringComparison.Ordinal), $"{sdk}: '{warm.Text}' {warm.Exception}");
        }

        var measured = await Task.WhenAll(Sdks.All.Select(MeasureAsync));
        // What all of those at once have delayed is measured again when they are done.
        await Task.WhenAll(measured.Select(facts => facts.MeasureAgainAsync()));
        return measured.ToDictionary(facts => facts.Sdk);
    }

    private static async Task<SdkFacts> MeasureAsync(Sdk sdk)
    {
        var cases = new Dictionary<string, Task<Ending>>
        {
            ["quota"] = Call(Fault.Quota()),
            ["hang"] = Call(Fault.Hang(), ScaledTimeout),
            ["stall"] = Call(Fault.Stall(), ScaledTimeout, giveUp: QuietAsync),
            ["refused"] = RefusedAsync(sdk),
            ["reset"] = Call(Fault.Reset()),
            ["cut"] = Call(Fault.Cut()),
            ["truncate"] = Call(Fault.Truncate()),
            ["malformed"] = Call(Fault.Malformed()),
            ["stream stall"] = OpenedAtOnceAsync(() => Stream(Fault.Stall(2), ScaledTimeout, giveUp: StalledAsync)),
            ["stream cut"] = Stream(Fault.Cut(2)),
            ["stream truncate"] = Stream(Fault.Truncate(2), giveUp: EndedAsync),
            ["stream malformed"] = Stream(Fault.Malformed(2)),
            ["stream error"] = Stream(Fault.StreamError(2), giveUp: EndedAsync),
            ["stream 503"] = Stream(Fault.Status(503)),
            ["cancel hang"] = Call(Fault.Hang(), giveUp: progress => progress.Server.WhenAsync(seen => seen.InFlight == 1)),
            ["cancel wait"] = Call(Fault.Status(429) with { Headers = "retry-after=75" }, giveUp: WaitingAsync),
            ["cancel stall"] = Stream(Fault.Stall(2), giveUp: progress => progress.StreamingAsync()),
        };
        foreach (var status in Statuses)
            cases[$"{status}"] = Call(Fault.Status(status), giveUp: status is 429 or 503 or 529 ? null : RetriedAsync);
        foreach (var headers in ComingBack)
            cases[headers] = RateLimitedAsync(sdk, headers, GuardedAsync);
        cases["x-should-retry=false"] = RateLimitedAsync(sdk, "x-should-retry=false", GuardedAsync);
        cases["retry-after=75"] = RateLimitedAsync(sdk, "retry-after=75", progress => Task.WhenAny(RetriedAsync(progress), RefusedForLongAsync(progress)));

        var endings = new Dictionary<string, Ending>();
        foreach (var (name, ending) in cases)
            endings[name] = await ending;
        return new(sdk, await SdkDefaults.OfAsync(sdk), endings);

        Task<Ending> Call(Fault fault, TimeSpan? timeout = null, Func<Ending.Progress, Task>? giveUp = null) =>
            Ending.OfAsync(fault, server => sdk.Create(server, timeout), stream: false, giveUp);

        Task<Ending> Stream(Fault fault, TimeSpan? timeout = null, Func<Ending.Progress, Task>? giveUp = null) =>
            Ending.OfAsync(fault, server => sdk.Create(server, timeout), stream: true, giveUp);
    }

    private async Task MeasureAgainAsync()
    {
        var refused = RateLimitedAsync(Sdk, "", giveUp: null);
        var told = ComingBack.Select(headers => RateLimitedAsync(Sdk, headers, GuardedAsync)).ToArray();
        endings["429 again"] = await refused;
        foreach (var (headers, ending) in ComingBack.Zip(await Task.WhenAll(told)))
            endings[$"{headers} again"] = ending;
    }

    private static Task<Ending> RateLimitedAsync(Sdk sdk, string headers, Func<Ending.Progress, Task>? giveUp) =>
        Ending.OfAsync(Fault.Status(429) with { Headers = headers }, server => sdk.Create(server, null), giveUp: giveUp);

    /// <summary>A busy machine may need longer than the timeout to open a stream, which is tried again; what is asked is what happens after that.</summary>
    private static async Task<Ending> OpenedAtOnceAsync(Func<Task<Ending>> stream)
    {
        for (var left = 3; ; left--)
        {
            if (await stream() is var ending && (ending.Attempts == 1 || left == 0))
                return ending;
        }
    }

    private static Task RetriedAsync(Ending.Progress progress) => progress.Server.WhenAsync(seen => seen.Requests == 2);

    private static Task GuardedAsync(Ending.Progress progress) => Task.WhenAny(RetriedAsync(progress), Task.Delay(Guard));

    private static async Task RefusedForLongAsync(Ending.Progress progress)
    {
        await progress.Server.WhenAsync(seen => seen.RateLimited == 1);
        await Quiet.ForAsync(Patience);
    }

    private static async Task StalledAsync(Ending.Progress progress)
    {
        await progress.StreamingAsync();
        await Quiet.ForAsync(Patience);
    }

    /// <summary>The server has said all it has to say, and the client has had the time to notice.</summary>
    private static async Task EndedAsync(Ending.Progress progress)
    {
        await progress.Server.WhenAsync(seen => seen.Failed == 1);
        await Quiet.ForAsync(Patience / 2);
    }

    private static async Task WaitingAsync(Ending.Progress progress)
    {
        await progress.Server.WhenAsync(seen => seen.RateLimited == 1);
        await Task.Delay(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Nothing has come for long.</summary>
    private static async Task QuietAsync(Ending.Progress progress)
    {
        for (var seen = 0L; seen < progress.Server.Statistics.Requests; await Quiet.ForAsync(Patience))
            seen = progress.Server.Statistics.Requests;
    }

    private static async Task<Ending> RefusedAsync(Sdk sdk)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // Nobody listens, and nobody else can.
        var nobody = new Uri($"http://{socket.LocalEndPoint}/");
        return await Ending.OfAsync(Fault.Reset(), _ => sdk.Create(nobody, null));
    }
}
