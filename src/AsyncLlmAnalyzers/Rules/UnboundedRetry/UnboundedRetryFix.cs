using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.UnboundedRetry;

/// <summary>Leaves the retry to the runtime where it is at hand, or counts the attempts and lets the last failure through.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnboundedRetryFix)), Shared]
internal sealed class UnboundedRetryFix() : LlmFix(UnboundedRetryRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [.. RetryReplacement.Of(target), new("Limit", "Give up after the fifth attempt", cancellationToken => Task.FromResult(RetryEdit.At(target, cancellationToken)?.Limit()))];
}
