internal partial class Program
{
    private static readonly string document = "one";

    private static Task<string> SummarizeAsync(string document, CancellationToken cancellationToken) => Task.FromResult(document);

    private static Task<string[]> TagAsync(string document, CancellationToken cancellationToken) => Task.FromResult(new[] { document });

    private static Task IndexAsync(string document, CancellationToken cancellationToken) => Task.Delay(1, cancellationToken);

    private static void Save(string summary, string[] tags) => Console.WriteLine($"{summary} {tags.Length}");
}
