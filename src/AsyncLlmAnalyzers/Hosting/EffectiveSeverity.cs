using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncLlmAnalyzers.Hosting;

/// <summary>The severity a rule has in one tree, in the order the compiler itself applies the settings.</summary>
internal static class EffectiveSeverity
{
    public static ReportDiagnostic Of(DiagnosticDescriptor descriptor, Site site)
    {
        var compilation = site.Model.Compilation.Options;
        var provider = compilation.SyntaxTreeOptionsProvider;
        if (provider?.TryGetDiagnosticValue(site.Node.SyntaxTree, descriptor.Id, site.CancellationToken, out var ofTree) == true)
            return Resolve(ofTree, descriptor);

        if (compilation.SpecificDiagnosticOptions.TryGetValue(descriptor.Id, out var specific))
            return Resolve(specific, descriptor);

        if (provider?.TryGetGlobalDiagnosticValue(descriptor.Id, site.CancellationToken, out var global) == true)
            return Resolve(global, descriptor);

        return Bulk(site.Options, $"dotnet_analyzer_diagnostic.category-{descriptor.Category}.severity")
            ?? Bulk(site.Options, "dotnet_analyzer_diagnostic.severity")
            ?? DefaultOf(descriptor);
    }

    private static ReportDiagnostic Resolve(ReportDiagnostic value, DiagnosticDescriptor descriptor) =>
        value == ReportDiagnostic.Default ? DefaultOf(descriptor) : value;

    private static ReportDiagnostic DefaultOf(DiagnosticDescriptor descriptor) => descriptor.DefaultSeverity switch
    {
        DiagnosticSeverity.Error => ReportDiagnostic.Error,
        DiagnosticSeverity.Warning => ReportDiagnostic.Warn,
        DiagnosticSeverity.Info => ReportDiagnostic.Info,
        _ => ReportDiagnostic.Hidden,
    };

    private static ReportDiagnostic? Bulk(AnalyzerConfigOptions options, string key) =>
        options.TryGetValue(key, out var text)
            ? text.Trim().ToLowerInvariant() switch
            {
                "error" => ReportDiagnostic.Error,
                "warning" => ReportDiagnostic.Warn,
                "suggestion" => ReportDiagnostic.Info,
                "silent" => ReportDiagnostic.Hidden,
                "none" => ReportDiagnostic.Suppress,
                _ => null,
            }
            : null;
}
