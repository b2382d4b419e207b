internal sealed record Document(string Text);

internal partial class Program
{
    private static readonly Document[] documents = [new("one"), new("two")];

    private static readonly bool enough = true;

    private static Task<string> SummarizeAsync(Document document, CancellationToken cancellationToken) => Task.FromResult(document.Text);

    private static Task<string> AskAsync(string model, string prompt, CancellationToken cancellationToken) => Task.FromResult($"{model}: {prompt}");

    private static IAsyncEnumerable<Document> ReadDocumentsAsync() => documents.ToAsyncEnumerable();

    private static void Save(Document document, string summary) => Console.WriteLine($"{document}: {summary}");

    private static void Retry(Document document, Exception? error) => Console.WriteLine($"{document}: {error}");
}
