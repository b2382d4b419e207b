using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.CallWithoutDeadline;

/// <summary>Gives the call an end.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallWithoutDeadlineFix)), Shared]
internal sealed class CallWithoutDeadlineFix() : LlmFix(CallWithoutDeadlineRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) => CallDeadline.Of(target);
}
