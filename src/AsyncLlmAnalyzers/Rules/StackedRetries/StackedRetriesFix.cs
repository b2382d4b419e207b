using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Rules.StackedRetries;

/// <summary>Switches the client's own retries off, where it is constructed in the same document.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(StackedRetriesFix)), Shared]
internal sealed class StackedRetriesFix() : LlmFix(StackedRetriesRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [new("Off", "Switch the client's own retries off", cancellationToken => Task.FromResult(ConstructionOf(target, cancellationToken)?.WithoutRetries().Apply()))];

    private static ClientOptionsEdit? ConstructionOf(FixTarget target, CancellationToken cancellationToken) =>
        target.FirstAncestor<InvocationExpressionSyntax>() is { } call
        && Site.NameOf(call)?.Identifier == target.Token
        && target.InvocationAt(call, cancellationToken) is { } operation
        && ClientOrigins.Of(operation, target.Context, cancellationToken) is { IsComplete: true, All: [var only] }
        && ClientUses.Everywhere(only, target.Context, cancellationToken).All(use => use.IsRetried(cancellationToken) == Verdict.Yes) // another call has no retries but the client's
        && target.At(only.Location) is { } place
            ? ClientOptionsEdit.At(place, cancellationToken)
            : null;
}
