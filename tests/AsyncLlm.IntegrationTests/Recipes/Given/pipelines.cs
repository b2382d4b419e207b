internal sealed record Page(string Text);

internal sealed record Summary(string Text);

internal partial class Program
{
    private static readonly IAsyncEnumerable<string> urls = new[] { "one", "two" }.ToAsyncEnumerable();

    private static readonly SemaphoreSlim gate = new(1);

    private static readonly Summary summary = new("one");

    private static Task<Page> LoadAsync(string url, CancellationToken cancellationToken) => Task.FromResult(new Page(url));

    private static Task<Summary> SummarizeAsync(Page page, CancellationToken cancellationToken) => Task.FromResult(new Summary(page.Text));

    private static Task StoreAsync(Summary summary) => AppendAsync(summary);

    private static Task AppendAsync(Summary summary) => Console.Out.WriteLineAsync(summary.Text);
}
