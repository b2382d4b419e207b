using LocalLlm;

namespace Demo;

/// <summary>The stages, in order. Each checks that it did what it says.</summary>
internal sealed class MainJob(DirectoryInfo folder, Screen screen, CancellationToken cancellationToken)
{
    private const int Documents = 40;
    private const int MaxConcurrency = 10;
    private const double MostOfOptimum = 1.1;

    private static readonly LocalLlmServerOptions Roomy = new() { Latency = TimeSpan.FromMilliseconds(150) };
    private static readonly LocalLlmServerOptions Busy = Roomy with { MaxConcurrent = 12 };
    private static readonly LocalLlmServerOptions Limited = new() { Latency = TimeSpan.FromMilliseconds(20), RequestsPerMinute = 300, Burst = 10 };
    private static readonly LocalLlmServerOptions Guide = Busy with { Latency = TimeSpan.FromSeconds(2) / GuideCase.Scale };

    public async Task RunAsync()
    {
        var versions = await BuildAsync(new Sample());
        await CompareAsync(versions);
        await CompareWithThrottleAsync(versions[0], versions[2]);
        if (Interrupt.IsSupported)
            await InterruptAsync(versions);
        else
            screen.Say("Ctrl+C is not shown: it takes a signal, which this system has not.");
        await CompareWaysAsync();
    }

    private async Task<Batch[]> BuildAsync(Sample sample)
    {
        var consumer = new Consumer(folder, cancellationToken);
        await screen.StageAsync("Pack AsyncLlm, AsyncLlm.OpenAI and AsyncLlmAnalyzers into a folder feed", consumer.PackAsync);
        await screen.StageAsync("Install AsyncLlm.OpenAI into a copy of samples/PromptBatch.Before", () => consumer.InstallAsync(sample.Before));

        var (before, build) = await screen.StageAsync("Build it", () => consumer.BuildAsync("before"));
        screen.Table(["place", "rule", "warning"], build.Warnings.Select(warning => new[] { $"{warning.File}({warning.Line})", warning.Id, warning.Message }));
        var found = build.Warnings.Select(warning => (warning.File, warning.Line, warning.Id)).ToList();
        screen.Check(
            Every($"one of the {sample.Marks.Count} warnings that comments in PromptBatch.Before foretell is there", sample.Marks.Except(found), build),
            Every("warning was foretold", found.Except(sample.Marks), build));

        var format = new List<Run>();
        foreach (var ids in sample.FixOrder)
            format.Add(await screen.StageAsync($"Fix it: dotnet format analyzers --diagnostics {string.Join(' ', ids)}", () => consumer.FixAsync(ids)));
        (var after, build) = await screen.StageAsync("Build it again", () => consumer.BuildAsync("after"));
        screen.Check(
            Every("file compiles without a warning", build.Warnings.Select(warning => warning.File), build),
            Every("line is as in samples/PromptBatch.After", sample.After.SelectMany(source => Differences(source.Name, consumer.Read(source.Name), source.Text)), format[^1]));

        await consumer.WriteAsync(sample.Throttled);
        (var throttled, _) = await screen.StageAsync("Build Before with options.UseThrottle(new LlmThrottle()), and nothing else changed", () => consumer.BuildAsync("throttled"));

        var documents = folder.CreateSubdirectory("documents");
        foreach (var number in Enumerable.Range(1, Documents))
            await File.WriteAllTextAsync(Path.Combine(documents.FullName, $"{number:00}.txt"), $"Minutes of meeting {number}: the harbour is dredged, the crane is not.", cancellationToken);
        return [new("Before", before, documents, cancellationToken), new("After", after, documents, cancellationToken), new("Before + UseThrottle", throttled, documents, cancellationToken)];
    }

    private async Task CompareAsync(Batch[] versions)
    {
        var (before, after) = await CompareAsync("A server that takes everything", Roomy, versions);
        screen.Check(
            new Claim($"Before has more than {MaxConcurrency} requests at once, After has not", before.Seen.PeakConcurrent > MaxConcurrency && after.Seen.PeakConcurrent <= MaxConcurrency),
            new Claim("After needs fewer threads", after.Report.PeakThreads < before.Report.PeakThreads),
            new Claim("nothing is lost", before.Report.Lost + after.Report.Lost == 0));

        (before, after) = await CompareAsync("A server with a limit", Busy, versions);
        screen.Check(
            new Claim("requests of Before are refused and answers lost", before is { Seen.RateLimited: > 0, Report.Lost: > 0 }, before.Run),
            new Claim("no request of After is refused and no answer lost", after is { Seen.RateLimited: 0, Report.Lost: 0 }, after.Run),
            new Claim("After needs fewer threads", after.Report.PeakThreads < before.Report.PeakThreads));
    }

    private async Task CompareWithThrottleAsync(Batch plain, Batch withThrottle)
    {
        var (before, throttled) = await CompareAsync("A server with a rate limit", Limited, [plain, withThrottle]);
        var optimum = Optimum(Limited, throttled.Seen.Completed);
        var ratio = throttled.Served / optimum;
        screen.Say($"Nobody gets {throttled.Seen.Completed} answers from this server in less than {optimum.TotalSeconds:0.0} s; with the throttle they came in {throttled.Served.TotalSeconds:0.0} s, {ratio:0.00} times that.");
        screen.Check(
            new Claim("Before loses answers", before.Report.Lost > 0, before.Run),
            new Claim("with the throttle none is lost", throttled is { Report.Lost: 0 }, throttled.Run),
            new Claim($"and all are there in {MostOfOptimum} times the shortest possible time", ratio <= MostOfOptimum, throttled.Run));
    }

    /// <summary>What nobody can beat who knows the server: the burst at once, everything else as the bucket fills, and the last answer's latency.</summary>
    private static TimeSpan Optimum(LocalLlmServerOptions server, long requests) =>
        TimeSpan.FromMinutes((requests - server.Burst!.Value) / (double)server.RequestsPerMinute!.Value) + server.Latency;

    private async Task<(BatchResult First, BatchResult Second)> CompareAsync(string title, LocalLlmServerOptions options, Batch[] versions)
    {
        screen.Heading(title, $"{Documents} documents, {Describe(options)}");
        var results = await screen.StageAsync("Run both versions, each against a server of its own", async () => new[]
        {
            await versions[0].RunAsync(options),
            await versions[1].RunAsync(options),
        });
        screen.Table(["version", "#elapsed", "#per answer", "#peak concurrent", "#429s", "#answers lost", "#peak threads"], results.Select(result => new[]
        {
            result.Version,
            $"{result.Report.ElapsedMs / 1000.0:0.0} s",
            result.Report.Answers == 0 ? "none" : $"{result.Report.ElapsedMs / result.Report.Answers} ms",
            $"{result.Seen.PeakConcurrent}",
            $"{result.Seen.RateLimited}",
            $"{result.Report.Lost} of {result.Report.Documents}",
            $"{result.Report.PeakThreads}",
        }));
        return (results[0], results[1]);
    }

    private async Task InterruptAsync(Batch[] versions)
    {
        screen.Heading("Ctrl+C in the middle of the fan-out", $"{Documents} documents, {Describe(Roomy)}");
        var results = await screen.StageAsync("Interrupt both versions", async () => new[]
        {
            await versions[0].InterruptAsync(Roomy),
            await versions[1].InterruptAsync(Roomy),
        });
        screen.Table(["version", "#ends after", "#requests still sent", "#exit code"], results.Select(result => new[]
        {
            result.Version,
            $"{result.Rest.TotalSeconds:0.0} s",
            $"{result.RequestsAfter}",
            $"{result.Run.ExitCode}",
        }));
        var (before, after) = (results[0], results[1]);
        screen.Check(
            new Claim("Before goes on to its end", before.Run.ExitCode == 0, before.Run),
            new Claim("After stops", after.Run.ExitCode == 130 && after.Rest < before.Rest && after.RequestsAfter < before.RequestsAfter, after.Run));
    }

    private async Task CompareWaysAsync()
    {
        screen.Heading($"The asyncio guide's case: {GuideCase.Prompts} prompts of 2 s, {GuideCase.Scale} times as fast", Describe(Guide));
        var results = new List<GuideResult>();
        foreach (var name in GuideCase.Names)
            results.Add(await screen.StageAsync(name, () => GuideCase.RunAsync(name, Guide, cancellationToken)));
        screen.Table(["way", "#elapsed", "#at 2 s", "#peak concurrent", "#429s", "#answers lost"], results.Select(result => new[]
        {
            result.Way,
            $"{result.Elapsed.TotalSeconds:0.0} s",
            $"{result.Elapsed.TotalSeconds * GuideCase.Scale:0} s",
            $"{result.Seen.PeakConcurrent}",
            $"{result.Seen.RateLimited}",
            $"{result.Lost} of {GuideCase.Prompts}",
        }));
        var (sequential, unbounded, bounded) = (results[0], results[1], results[2]);
        screen.Check(
            new Claim("one after the other loses nothing", sequential.Lost == 0),
            new Claim("all at once is refused and loses answers", unbounded is { Seen.RateLimited: > 0, Lost: > 0 }),
            new Claim("10 at once loses nothing and takes less than half as long as one after the other", bounded is { Seen.RateLimited: 0, Lost: 0 } && bounded.Elapsed * 2 < sequential.Elapsed));
    }

    private static Claim Every<T>(string text, IEnumerable<T> exceptions, Run shown)
    {
        var list = exceptions.Distinct().ToList();
        return list.Count == 0 ? new($"every {text}", Holds: true) : new($"every {text}, except {string.Join(", ", list)}", Holds: false, shown);
    }

    /// <summary>The first one.</summary>
    private static IEnumerable<string> Differences(string file, string actual, string expected)
    {
        if (actual == expected)
            return [];
        var (lines, others) = (actual.Split('\n'), expected.Split('\n'));
        var line = lines.Zip(others).TakeWhile(pair => pair.First == pair.Second).Count();
        return [$"\n  {file}({line + 1}) is        {lines.ElementAtOrDefault(line)?.Trim()}\n  and should be {others.ElementAtOrDefault(line)?.Trim()}"];
    }

    private static string Describe(LocalLlmServerOptions server) =>
        $"server: {server.Latency.TotalMilliseconds} ms an answer, "
        + (server switch
        {
            { MaxConcurrent: { } limit } => $"{limit} requests at once, others get 429 (the client retries them 3 times, without a delay)",
            { RequestsPerMinute: { } limit } => $"{limit} requests a minute, {server.Burst} at once, others get 429 with Retry-After (the client retries them 3 times)",
            _ => "no limit",
        });
}
