using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>ALLM9001: a row of a user's catalog that cannot be read, at its line.</summary>
internal static class InvalidCatalogLine
{
    public static readonly DiagnosticDescriptor Descriptor = Descriptors.Create(
        "ALLM9001",
        title: "A catalog row cannot be read",
        message: "{0}",
        DiagnosticSeverity.Warning,
        description: "The row is ignored: the calls it should declare are not analyzed.",
        RuleTags.Minimal, RuleTags.NoFix);

    public static void Report(AdditionalFileAnalysisContext context)
    {
        var file = context.AdditionalFile;
        if (!UserCatalog.IsCatalog(file.Path) || file.GetText(context.CancellationToken) is not { } text)
            return;

        foreach (var error in CatalogFile.Parse(file.Path, text).Errors)
            context.ReportDiagnostic(Diagnostic.Create(Descriptor, error.Location, error.Message));
    }
}
