using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.RetryWithoutDelay;

/// <summary>Sets a retry policy that waits where the client is constructed.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RetryWithoutDelayFix)), Shared]
internal sealed class RetryWithoutDelayFix() : LlmFix(RetryWithoutDelayRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) => RetryCandidates.Of(target);
}
