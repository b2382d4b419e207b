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
        var (marked, marks) = await DiagnosticMark.SetAsync(document, diagnostics, cancellationToken).ConfigureAwait(false);
        Document? changed = null;
        foreach (var mark in marks)
        {
            var current = changed ?? marked;
            if (await mark.FindAsync(current.Project.Solution, cancellationToken).ConfigureAwait(false) is { } diagnostic)
                changed = await fix.FixAsync(current, diagnostic, equivalenceKey, cancellationToken).ConfigureAwait(false) ?? changed;
        }

        return changed;
    }
}
