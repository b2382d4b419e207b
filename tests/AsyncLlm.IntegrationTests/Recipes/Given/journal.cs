global using System.Text.Json.Serialization;

internal sealed record Document(string Id);

internal partial class Program
{
    private static readonly Document[] documents = NewDocuments();

    private static Task<Summary> SummarizeAsync(Document document, CancellationToken cancellationToken) => Task.FromResult(new Summary(document.Id, 1));

    private static Document[] NewDocuments()
    {
        System.IO.File.Delete("summaries.journal");
        return [new("one"), new("two")];
    }
}
