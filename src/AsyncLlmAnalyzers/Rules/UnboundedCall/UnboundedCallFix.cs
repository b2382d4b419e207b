using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.UnboundedCall;

/// <summary>Gives the call an end.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnboundedCallFix)), Shared]
internal sealed class UnboundedCallFix() : LlmFix(UnboundedCallRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) => CallDeadline.Of(target);
}
