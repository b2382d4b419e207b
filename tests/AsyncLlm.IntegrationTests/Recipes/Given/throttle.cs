internal partial class Program
{
    private static readonly string[] documents = ["one", "two"];

    private static readonly LlmThrottle throttle = new();

    private static readonly object chatClient = new();

    private static Task<string> SummarizeAsync(string document, CancellationToken cancellationToken) => Task.FromResult(document);

    private static Task<string> AskAsync(string prompt, CancellationToken cancellationToken) => Task.FromResult(prompt);

    private static int CountTokens(string text) => text.Split(' ').Length;

    private static IAsyncEnumerable<string> StreamAnswerAsync(string prompt, CancellationToken cancellationToken) => prompt.Select(letter => $"{letter}").ToAsyncEnumerable();
}
