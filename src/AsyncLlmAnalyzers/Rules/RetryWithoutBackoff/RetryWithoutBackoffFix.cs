using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.RetryWithoutBackoff;

/// <summary>Leaves the retry to the runtime where it is at hand, or makes the wait grow with the attempts and adds a random part.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RetryWithoutBackoffFix)), Shared]
internal sealed class RetryWithoutBackoffFix() : LlmFix(RetryWithoutBackoffRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [.. RetryReplacement.Of(target), new("BackOff", "Wait longer after each attempt, with a random part", cancellationToken => Task.FromResult(RetryEdit.At(target, cancellationToken)?.BackOff()))];
}
