using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
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

        var catalog = CatalogFile.Parse(file.Path, text);
        foreach (var error in catalog.Errors)
            context.ReportDiagnostic(Diagnostic.Create(Descriptor, error.Location, error.Message));

        foreach (var entry in catalog.Entries.Where(entry => context.Compilation.GetTypesByMetadataName(entry.Type).IsEmpty))
            context.ReportDiagnostic(UnknownType(entry, file.Path, text.Lines[entry.Line]));
    }

    /// <summary>The row can be read, but nothing in this project can match it: worth a hint, since a shared file may well name more than one project uses.</summary>
    private static Diagnostic UnknownType(CatalogEntry entry, string path, TextLine line)
    {
        var column = line.ToString().IndexOf(entry.Type, StringComparison.Ordinal);
        var span = new TextSpan(line.Start + Math.Max(column, 0), column < 0 ? line.Span.Length : entry.Type.Length);
        return Diagnostic.Create(
            Descriptor,
            Location.Create(path, span, line.Text!.Lines.GetLinePositionSpan(span)),
            DiagnosticSeverity.Info,
            additionalLocations: null,
            properties: null,
            $"This project has no type '{entry.Type}': the row matches nothing. Write its namespace, its name and, for a generic type, '`' and the number of its parameters.");
    }
}
