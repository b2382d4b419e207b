using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Base of the fixes that await an expression, and for it make the functions around it async, in all files and projects. One key,
/// the id, in every shape; it is offered only when the whole plan compiles.
/// </summary>
internal abstract class MakeAsyncFix(string id) : CodeFixProvider
{
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [id];

    public sealed override FixAllProvider GetFixAllProvider() => new MakeAsyncFixAll(this);

    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            if (await PlaceAsync(context.Document, diagnostic, context.CancellationToken).ConfigureAwait(false) is { } place
                && await MakeAsync.PlanAsync(context.Document.Project.Solution, [place], context.CancellationToken).ConfigureAwait(false) is { } plan
                && await plan.ApplyAsync(context.CancellationToken).ConfigureAwait(false) is { } changed)
                context.RegisterCodeFix(CodeAction.Create(TitleOf(plan), _ => Task.FromResult(changed), id), diagnostic);
        }
    }

    internal async Task<AwaitPlace?> PlaceAsync(Document document, Diagnostic diagnostic, CancellationToken cancellationToken) =>
        await FixTarget.CreateAsync(document, diagnostic, cancellationToken).ConfigureAwait(false) is { } target ? PlaceOf(target, cancellationToken) : null;

    /// <summary>What is to be awaited for the diagnostic at this target, or null when no <c>await</c> says the same.</summary>
    protected abstract AwaitPlace? PlaceOf(FixTarget target, CancellationToken cancellationToken);

    private static string TitleOf(MakeAsync plan) => plan.Functions.Count switch
    {
        0 => "Await the call",
        1 => $"Await the call and make {plan.Functions.First()} async",
        var count => $"Await the call and make {count} functions async",
    };
}
