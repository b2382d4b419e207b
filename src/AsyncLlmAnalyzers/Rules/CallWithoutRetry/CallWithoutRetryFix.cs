using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;

namespace AsyncLlmAnalyzers.Rules.CallWithoutRetry;

/// <summary>Repeats the call with the runtime: for itself, or where many run, through the throttle that all callers of the client share.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallWithoutRetryFix)), Shared]
internal sealed class CallWithoutRetryFix() : LlmFix(CallWithoutRetryRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) => RefusedCall.Of(
        target, RefusedCall.Marked(target), call => Repeated.Of(call, target.Context, default).Verdict == Verdict.Yes);
}
