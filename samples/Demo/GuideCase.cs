using System.ClientModel;
using System.Diagnostics;
using AsyncLlm;
using LocalLlm;
using OpenAI;
using OpenAI.Chat;

namespace Demo;

/// <summary>The asyncio guide's own case, 100 prompts of 2 s each, in less time.</summary>
internal static class GuideCase
{
    public const int Prompts = 100;

    /// <summary>How much faster than the guide's the server here is.</summary>
    public const int Scale = 20;

    private delegate Task<string?> Ask(string prompt, CancellationToken cancellationToken);

    private delegate Task<IReadOnlyList<string?>> Way(IReadOnlyList<string> prompts, Ask ask, CancellationToken cancellationToken);

    private static readonly (string Name, Way Way)[] Ways =
    [
        ("foreach, await each", Sequential),
        ("Task.WhenAll", Unbounded),
        ("LlmTask.WhenAll, 10 at once", Bounded),
    ];

    public static IEnumerable<string> Names => Ways.Select(way => way.Name);

    public static async Task<GuideResult> RunAsync(string name, LocalLlmServerOptions options, CancellationToken cancellationToken)
    {
        var way = Ways.Single(way => way.Name == name).Way;
        string[] prompts = [.. Enumerable.Range(1, Prompts).Select(number => $"Prompt {number}")];
        await using var server = await LocalLlmServer.StartAsync(options, cancellationToken);
        var client = new ChatClient("gpt-4o-mini", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = server.Endpoint });

        var watch = Stopwatch.StartNew();
        var answers = await way(prompts, AskAsync, cancellationToken);
        return new(name, watch.Elapsed, answers.Count(answer => answer is null), server.Statistics);

        async Task<string?> AskAsync(string prompt, CancellationToken cancellationToken)
        {
            try
            {
                ChatCompletion answer = await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);
                return answer.Content[0].Text;
            }
            catch (ClientResultException exception) when (exception.Status == 429)
            {
                return null;
            }
        }
    }

    private static async Task<IReadOnlyList<string?>> Sequential(IReadOnlyList<string> prompts, Ask ask, CancellationToken cancellationToken)
    {
        var answers = new List<string?>();
        foreach (var prompt in prompts)
            answers.Add(await ask(prompt, cancellationToken));
        return answers;
    }

    private static async Task<IReadOnlyList<string?>> Unbounded(IReadOnlyList<string> prompts, Ask ask, CancellationToken cancellationToken) =>
        await Task.WhenAll(prompts.Select(prompt => ask(prompt, cancellationToken)));

    private static async Task<IReadOnlyList<string?>> Bounded(IReadOnlyList<string> prompts, Ask ask, CancellationToken cancellationToken) =>
        await LlmTask.WhenAll(prompts, (prompt, ct) => ask(prompt, ct), maxConcurrency: 10, cancellationToken);
}

internal sealed record GuideResult(string Way, TimeSpan Elapsed, int Lost, ServerStatistics Seen);
