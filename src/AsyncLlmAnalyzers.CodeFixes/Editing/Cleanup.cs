using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>What every edit ends with: imports, short names, format, and the proof that the result compiles.</summary>
internal static class Cleanup
{
    /// <summary>The cleaned-up document, or null when it did not change or has an error the original lacked.</summary>
    public static async Task<Document?> CompileCheckedAsync(Document original, Document changed, CancellationToken cancellationToken)
    {
        changed = await CleanAsync(changed, cancellationToken).ConfigureAwait(false);
        return await IsSoundAsync(original, changed, cancellationToken).ConfigureAwait(false) ? changed : null;
    }

    public static async Task<Document> CleanAsync(Document changed, CancellationToken cancellationToken)
    {
        var before = (CompilationUnitSyntax)(await changed.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        changed = await ImportAdder.AddImportsAsync(changed, Simplifier.AddImportsAnnotation, cancellationToken: cancellationToken).ConfigureAwait(false);
        changed = await Simplifier.ReduceAsync(changed, Simplifier.Annotation, cancellationToken: cancellationToken).ConfigureAwait(false);
        changed = await RuntimeImport.ShortenAsync(changed, cancellationToken).ConfigureAwait(false);
        changed = await Formatter.FormatAsync(changed, Formatter.Annotation, cancellationToken: cancellationToken).ConfigureAwait(false);

        // Where every import is there already, globally, the services leave an empty line at the top of a file without any of its own.
        var after = (CompilationUnitSyntax)(await changed.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        return before.Usings.Count == 0 && after.Usings.Count == 0 ? changed.WithSyntaxRoot(after.WithLeadingTrivia(before.GetLeadingTrivia())) : changed;
    }

    /// <summary>The text changed, and no member that did has an error it did not have before.</summary>
    public static async Task<bool> IsSoundAsync(Document original, Document changed, CancellationToken cancellationToken)
    {
        var changes = (await changed.GetTextChangesAsync(original, cancellationToken).ConfigureAwait(false)).ToList();
        if (changes.Count == 0)
            return false;

        var before = await ErrorsAsync(original, changes.Select(change => change.Span), cancellationToken).ConfigureAwait(false);
        var after = await ErrorsAsync(changed, NewSpans(changes), cancellationToken).ConfigureAwait(false);
        return after <= before;
    }

    private static IEnumerable<TextSpan> NewSpans(IEnumerable<TextChange> changes)
    {
        var shift = 0;
        foreach (var change in changes.OrderBy(change => change.Span.Start))
        {
            var length = change.NewText?.Length ?? 0;
            yield return new TextSpan(change.Span.Start + shift, length);
            shift += length - change.Span.Length;
        }
    }

    private static async Task<int> ErrorsAsync(Document document, IEnumerable<TextSpan> spans, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        var model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        return spans
            .Select(span => MemberAround(root, span))
            .Distinct()
            .Sum(span => model.GetDiagnostics(span, cancellationToken).Count(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
    }

    private static TextSpan MemberAround(SyntaxNode root, TextSpan span) =>
        root.FindNode(TextSpan.FromBounds(Math.Min(span.Start, root.FullSpan.End), Math.Min(span.End, root.FullSpan.End)))
            .FirstAncestorOrSelf<MemberDeclarationSyntax>(member => member is not (GlobalStatementSyntax or BaseNamespaceDeclarationSyntax))?.FullSpan ?? root.FullSpan;
}
