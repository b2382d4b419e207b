using LocalLlm;

namespace AsyncLlm.IntegrationTests;

/// <summary>What the programs made of recipes talk to.</summary>
public static class RecipeHost
{
    private const int Questions = 8;

    private static readonly AsyncLocal<LocalLlmServer> Current = new();

    /// <summary>The server of the recipe that runs.</summary>
    public static LocalLlmServer Server => Current.Value!;

    internal static async Task RunAsync(Func<Task> program)
    {
        // However slowly a busy machine sends its questions, the first is refused.
        var refusal = Fault.Status(429) with { To = 1, Headers = "retry-after-ms=50" };
        await using var server = await LocalLlmServer.StartAsync(new() { RequestsPerMinute = 1200, Burst = 1, Faults = [refusal] });
        Current.Value = server;
        await program();
    }

    /// <summary>Asks more at once than the server takes: none of the answers may be lost.</summary>
    public static async Task AskAllAsync(Func<string, Task<string>> ask)
    {
        var questions = Enumerable.Range(0, Questions).Select(number => $"Question {number}").ToArray();

        var answers = await Task.WhenAll(questions.Select(ask));

        Assert.Equal(questions.Select(question => $"Summary: {question}"), answers);
    }
}
