global using Microsoft.Extensions.Time.Testing;
global using Xunit;

internal partial class Program
{
    private static readonly string[] documents = ["one", "two"];

    private static readonly string document = documents[0];

    private static Task<string> SummarizeAsync(string document, CancellationToken cancellationToken) => Task.FromResult(document);

    private static Task NeverAnsweringAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
}
