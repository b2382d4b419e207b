internal partial class Program
{
    private static Task<string> AskAsync(string prompt, CancellationToken cancellationToken) => Task.FromResult(prompt);
}
