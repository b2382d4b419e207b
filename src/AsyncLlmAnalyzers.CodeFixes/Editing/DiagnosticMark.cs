using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>A diagnostic whose token is marked, so that it is found again after other edits of its document.</summary>
internal sealed class DiagnosticMark
{
    private readonly Diagnostic _diagnostic;
    private readonly SyntaxAnnotation _mark = new();

    private DiagnosticMark(DocumentId documentId, Diagnostic diagnostic)
    {
        DocumentId = documentId;
        _diagnostic = diagnostic;
    }

    public DocumentId DocumentId { get; }

    /// <summary>Marks the diagnostics of a document; the marks are in order of place.</summary>
    public static async Task<(Document Document, IReadOnlyList<DiagnosticMark> Marks)> SetAsync(
        Document document, IEnumerable<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
        var marks = diagnostics
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .Select(diagnostic => new DiagnosticMark(document.Id, diagnostic))
            .ToList();
        var byToken = marks.ToLookup(mark => root!.FindToken(mark._diagnostic.Location.SourceSpan.Start), mark => mark._mark);
        var marked = root!.ReplaceTokens(byToken.Select(group => group.Key), (token, _) => token.WithAdditionalAnnotations(byToken[token]));
        return (document.WithSyntaxRoot(marked), marks);
    }

    /// <summary>The diagnostic where its token is now; null when an edit took it away.</summary>
    public async Task<Diagnostic?> FindAsync(Solution solution, CancellationToken cancellationToken)
    {
        var root = await solution.GetDocument(DocumentId)!.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
        return root!.GetAnnotatedTokens(_mark).FirstOrDefault() is { RawKind: not 0 } token
            ? Diagnostic.Create(_diagnostic.Descriptor, token.GetLocation(), _diagnostic.Severity, _diagnostic.AdditionalLocations, _diagnostic.Properties)
            : null;
    }
}
