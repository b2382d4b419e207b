internal partial class Program
{
    private static readonly string[] documents = ["one", "two"];

    private static Task<string> SummarizeAsync(string document, CancellationToken cancellationToken) => Task.FromResult(document);
}
