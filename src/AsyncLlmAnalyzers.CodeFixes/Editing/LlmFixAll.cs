using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Fix All within documents: the diagnostics of one document are fixed one after the other, each in the text the previous one
/// left, so that the result is what a person gets who fixes them one by one. Nested diagnostics cannot disturb each other.
/// </summary>
internal static class LlmFixAll
{
    public static FixAllProvider Of(LlmFix fix) => FixAllProvider.Create((context, document, diagnostics) =>
        FixAsync(fix, document, diagnostics, context.CodeActionEquivalenceKey, context.CancellationToken));

    private static async Task<Document?> FixAsync(
        LlmFix fix, Document document, ImmutableArray<Diagnostic> diagnostics, string? equivalenceKey, CancellationToken cancellationToken)
    {
        var places = await MarkAsync(document, diagnostics, cancellationToken).ConfigureAwait(false);
        document = places.Document;
        foreach (var (diagnostic, mark) in places.Marks)
        {
            var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
            if (root!.GetAnnotatedTokens(mark).FirstOrDefault() is not { RawKind: not 0 } token)
                continue;

            document = await fix.FixAsync(document, Moved(diagnostic, token), equivalenceKey, cancellationToken).ConfigureAwait(false) ?? document;
        }

        return document;
    }

    private static async Task<(Document Document, IReadOnlyList<(Diagnostic, SyntaxAnnotation)> Marks)> MarkAsync(
        Document document, ImmutableArray<Diagnostic> diagnostics, CancellationToken cancellationToken)
    {
        var root = await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
        var marks = diagnostics
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start)
            .Select(diagnostic => (Diagnostic: diagnostic, Mark: new SyntaxAnnotation()))
            .ToList();
        var byToken = marks.ToLookup(mark => root!.FindToken(mark.Diagnostic.Location.SourceSpan.Start), mark => mark.Mark);
        var marked = root!.ReplaceTokens(byToken.Select(group => group.Key), (token, _) => token.WithAdditionalAnnotations(byToken[token]));
        return (document.WithSyntaxRoot(marked), marks);
    }

    private static Diagnostic Moved(Diagnostic diagnostic, SyntaxToken token) => Diagnostic.Create(
        diagnostic.Descriptor, token.GetLocation(), diagnostic.Severity, diagnostic.AdditionalLocations, diagnostic.Properties);
}
