using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnboundedFanOut;

/// <summary>Bounds the fan-out: with <c>LlmTask.WhenAll</c> where the runtime is at hand, else with a semaphore around each call.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(UnboundedFanOutFix)), Shared]
internal sealed class UnboundedFanOutFix() : LlmFix(UnboundedFanOutRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        var invocation = target.InvocationAt(target.FirstAncestor<InvocationExpressionSyntax>(), default);
        if (invocation is null || FanOut.From(invocation, target.Context, target.Options, default) is not { } fanOut)
            yield break;

        var producers = fanOut.Producers
            .Where(producer => Bounded.Of(producer, target.Context, default, out _).Verdict == Verdict.No)
            .ToList();
        if (producers is not [var producer])
            yield break;

        var limit = target.MaxConcurrency;
        if (producer.Site == invocation)
        {
            yield return new FixCandidate("Degree", $"Run at most {limit} at once", _ => Task.FromResult(ParallelDegree.Set(target, invocation, limit)));
            yield break;
        }

        var semaphore = new FixCandidate(
            "Semaphore",
            $"Run at most {limit} at once with a SemaphoreSlim (counts per call of this method)",
            cancellationToken => Task.FromResult(new SemaphoreGate(target, fanOut, producer, limit, cancellationToken).Apply()));
        if (!target.Context.HasRuntime || HelperCall.For(target, fanOut, producer, limit) is not { } helper)
        {
            yield return semaphore;
            yield break;
        }

        var helperCandidate = new FixCandidate(
            "Helper",
            $"Run at most {limit} at once with LlmTask.WhenAll (stops at the first failure)",
            cancellationToken => Task.FromResult(helper.Apply(cancellationToken)));
        if (helper.IsOnlyTheCall)
        {
            yield return helperCandidate;
            yield return semaphore;
        }
        else
        {
            yield return semaphore;
            yield return helperCandidate;
        }
    }
}
