using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Fix All of the fixes that make functions async: one plan for the whole scope, so that callers that several diagnostics share
/// are changed once. Where the union does not compile, the diagnostics are fixed one after the other, as a person would.
/// </summary>
internal sealed class MakeAsyncFixAll(MakeAsyncFix fix) : FixAllProvider
{
    public override async Task<CodeAction?> GetFixAsync(FixAllContext context)
    {
        var solution = context.Solution;
        var diagnostics = await DiagnosticsAsync(context).ConfigureAwait(false);
        var changed = await UnionAsync(solution, diagnostics, context.CancellationToken).ConfigureAwait(false)
            ?? await OneByOneAsync(solution, diagnostics, context.CancellationToken).ConfigureAwait(false);
        return changed == solution ? null : CodeAction.Create("Await the calls and make their functions async", _ => Task.FromResult(changed), context.CodeActionEquivalenceKey);
    }

    private async Task<Solution?> UnionAsync(Solution solution, ImmutableArray<(DocumentId Document, Diagnostic Diagnostic)> diagnostics, CancellationToken cancellationToken)
    {
        var places = new List<AwaitPlace>();
        foreach (var (id, diagnostic) in diagnostics)
        {
            if (await fix.PlaceAsync(solution.GetDocument(id)!, diagnostic, cancellationToken).ConfigureAwait(false) is { } place)
                places.Add(place);
        }

        return await MakeAsync.PlanAsync(solution, places, cancellationToken).ConfigureAwait(false) is { } plan
            ? await plan.ApplyAsync(cancellationToken).ConfigureAwait(false)
            : solution;
    }

    private async Task<Solution> OneByOneAsync(Solution solution, ImmutableArray<(DocumentId Document, Diagnostic Diagnostic)> diagnostics, CancellationToken cancellationToken)
    {
        var marks = new List<DiagnosticMark>();
        foreach (var byDocument in diagnostics.GroupBy(pair => pair.Document, pair => pair.Diagnostic))
        {
            var marked = await DiagnosticMark.SetAsync(solution.GetDocument(byDocument.Key)!, byDocument, cancellationToken).ConfigureAwait(false);
            solution = marked.Document.Project.Solution;
            marks.AddRange(marked.Marks);
        }

        foreach (var mark in marks)
        {
            if (await mark.FindAsync(solution, cancellationToken).ConfigureAwait(false) is { } diagnostic
                && await fix.PlaceAsync(solution.GetDocument(mark.DocumentId)!, diagnostic, cancellationToken).ConfigureAwait(false) is { } place
                && await MakeAsync.PlanAsync(solution, [place], cancellationToken).ConfigureAwait(false) is { } plan
                && await plan.ApplyAsync(cancellationToken).ConfigureAwait(false) is { } changed)
                solution = changed;
        }

        return solution;
    }

    private static async Task<ImmutableArray<(DocumentId Document, Diagnostic Diagnostic)>> DiagnosticsAsync(FixAllContext context)
    {
        var diagnostics = context.Scope switch
        {
            FixAllScope.Document => await context.GetDocumentDiagnosticsAsync(context.Document!).ConfigureAwait(false),
            FixAllScope.Project => await context.GetAllDiagnosticsAsync(context.Project).ConfigureAwait(false),
            _ => await OfSolutionAsync(context).ConfigureAwait(false),
        };
        return
        [
            .. diagnostics
                .Select(diagnostic => (Document: context.Solution.GetDocument(diagnostic.Location.SourceTree)?.Id!, Diagnostic: diagnostic))
                .Where(pair => pair.Document is not null)
                .OrderBy(pair => pair.Diagnostic.Location.GetLineSpan().Path, StringComparer.Ordinal)
                .ThenBy(pair => pair.Diagnostic.Location.SourceSpan.Start),
        ];
    }

    private static async Task<ImmutableArray<Diagnostic>> OfSolutionAsync(FixAllContext context)
    {
        var all = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (var project in context.Solution.Projects)
            all.AddRange(await context.GetAllDiagnosticsAsync(project).ConfigureAwait(false));
        return all.ToImmutable();
    }
}
