using System.Diagnostics;
using System.Text.Json;
using LocalLlm;

namespace Demo;

/// <summary>What a version of PromptBatch did with the documents, as it reports itself and as its server saw it.</summary>
/// <param name="Served">From its first request to its last answer. (Before, a program starts, and that takes as long as the machine is busy.)</param>
internal sealed record BatchResult(string Version, BatchReport Report, ServerStatistics Seen, TimeSpan Served, Run Run);

/// <summary>The last line of PromptBatch.</summary>
internal sealed record BatchReport(int Documents, int Answers, int Lost, long ElapsedMs, int PeakThreads);

/// <param name="Rest">From Ctrl+C to the end.</param>
/// <param name="RequestsAfter">Requests that arrived since.</param>
internal sealed record InterruptResult(string Version, TimeSpan Rest, long RequestsAfter, Run Run);

/// <summary>A built version of PromptBatch and a folder with documents for it.</summary>
internal sealed class Batch(string version, string program, DirectoryInfo documents, CancellationToken cancellationToken)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public async Task<BatchResult> RunAsync(LocalLlmServerOptions options)
    {
        await using var server = await LocalLlmServer.StartAsync(options, cancellationToken);
        using var command = Start(server);
        var run = (await command.EndAsync(cancellationToken)).Succeeded();
        var line = run.Output.Split('\n').Last(line => line.StartsWith('{'));
        var served = server.Requests.Max(request => request.Ended ?? request.Arrived) - server.Requests.Min(request => request.Arrived);
        return new(version, JsonSerializer.Deserialize<BatchReport>(line, Json)!, server.Statistics, served, run);
    }

    /// <summary>Presses Ctrl+C once the fan-out is under way.</summary>
    public async Task<InterruptResult> InterruptAsync(LocalLlmServerOptions options)
    {
        await using var server = await LocalLlmServer.StartAsync(options, cancellationToken);
        using var command = Start(server);
        var ending = command.EndAsync(cancellationToken);
        await Task.WhenAny(server.WhenAsync(seen => seen.Requests > 20, cancellationToken), ending);

        var (requests, watch) = (server.Statistics.Requests, Stopwatch.StartNew());
        command.PressCtrlC();
        var run = await ending;
        return new(version, watch.Elapsed, server.Statistics.Requests - requests, run);
    }

    private Command Start(LocalLlmServer server) => Command.DotNet(documents.FullName, program, documents.FullName, server.Endpoint.ToString());
}
