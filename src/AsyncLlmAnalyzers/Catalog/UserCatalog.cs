using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>The catalog rows a project or another package adds: <c>AdditionalFiles</c> named <c>AsyncLlm.Catalog*.txt</c>.</summary>
internal static class UserCatalog
{
    private const string Prefix = "AsyncLlm.Catalog";

    public static bool IsCatalog(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        return name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);
    }

    public static IEnumerable<CatalogEntry> Read(AnalyzerOptions options, CancellationToken cancellationToken) =>
        options.AdditionalFiles
            .Where(file => IsCatalog(file.Path))
            .Select(file => (file.Path, Text: file.GetText(cancellationToken)))
            .Where(file => file.Text is not null)
            .SelectMany(file => CatalogFile.Parse(file.Path, file.Text!).Entries);
}
