using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.UnboundedRetry;

/// <summary>Counts the attempts and lets the last failure through.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnboundedRetryFix)), Shared]
internal sealed class UnboundedRetryFix() : LlmFix(UnboundedRetryRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [new("Limit", "Give up after the fifth attempt", cancellationToken => Task.FromResult(RetryEdit.At(target, cancellationToken)?.Limit()))];
}
