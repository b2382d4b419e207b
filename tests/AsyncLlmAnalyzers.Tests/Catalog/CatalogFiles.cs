using System.Collections.Immutable;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>The catalog files the analyzer assembly carries.</summary>
internal static class CatalogFiles
{
    public static ImmutableArray<CatalogFileResult> All { get; } = [.. Read()];

    private static IEnumerable<CatalogFileResult> Read()
    {
        var assembly = typeof(LlmCatalog).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("catalog/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            yield return CatalogFile.Parse(name, SourceText.From(stream));
        }
    }
}
