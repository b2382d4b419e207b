using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>One way to fix a diagnostic. It is offered only when applying it gives a document that changed and still compiles.</summary>
/// <param name="Kind">Names the way, so that Fix All can repeat it: <c>Semaphore</c>, <c>Helper</c>.</param>
/// <param name="Title">What the person reads in the menu.</param>
/// <param name="Apply">The fixed document, or null when this place does not allow it.</param>
internal readonly record struct FixCandidate(string Kind, string Title, Func<CancellationToken, Task<Document?>> Apply);

/// <summary>
/// Base of the fixes that stay in one document. A fix lists its candidates, best first; the first that works is the default
/// and carries the id as equivalence key in every shape, so that <c>dotnet format</c> applies it everywhere.
/// </summary>
internal abstract class LlmFix(string id) : CodeFixProvider
{
    public sealed override ImmutableArray<string> FixableDiagnosticIds { get; } = [id];

    public sealed override FixAllProvider GetFixAllProvider() => LlmFixAll.Of(this);

    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            var isDefault = true;
            foreach (var candidate in await CandidatesAsync(context.Document, diagnostic, context.CancellationToken).ConfigureAwait(false))
            {
                if (await ApplyAsync(context.Document, candidate, context.CancellationToken).ConfigureAwait(false) is not { } changed)
                    continue;

                context.RegisterCodeFix(
                    CodeAction.Create(candidate.Title, _ => Task.FromResult(changed), isDefault ? id : KeyOf(candidate)),
                    diagnostic);
                isDefault = false;
            }
        }
    }

    /// <summary>Applies what the equivalence key names; null, the key of an unfixable first diagnostic, means the default.</summary>
    internal async Task<Document?> FixAsync(Document document, Diagnostic diagnostic, string? equivalenceKey, CancellationToken cancellationToken)
    {
        foreach (var candidate in await CandidatesAsync(document, diagnostic, cancellationToken).ConfigureAwait(false))
        {
            if ((equivalenceKey is null || equivalenceKey == id || equivalenceKey == KeyOf(candidate))
                && await ApplyAsync(document, candidate, cancellationToken).ConfigureAwait(false) is { } changed)
                return changed;
        }

        return null;
    }

    /// <summary>The ways to fix the diagnostic at this target, best first.</summary>
    protected abstract IEnumerable<FixCandidate> Candidates(FixTarget target);

    private async Task<IEnumerable<FixCandidate>> CandidatesAsync(Document document, Diagnostic diagnostic, CancellationToken cancellationToken) =>
        await FixTarget.CreateAsync(document, diagnostic, cancellationToken).ConfigureAwait(false) is { } target ? Candidates(target) : [];

    private string KeyOf(FixCandidate candidate) => $"{id}.{candidate.Kind}";

    private static async Task<Document?> ApplyAsync(Document document, FixCandidate candidate, CancellationToken cancellationToken) =>
        await candidate.Apply(cancellationToken).ConfigureAwait(false) is { } changed
            ? await Cleanup.CompileCheckedAsync(document, changed, cancellationToken).ConfigureAwait(false)
            : null;
}
