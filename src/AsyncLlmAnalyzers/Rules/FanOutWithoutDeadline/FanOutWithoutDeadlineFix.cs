using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.FanOutWithoutDeadline;

/// <summary>Gives the group a deadline: by <c>LlmBatchOptions</c> where the runtime is at hand, else by a source whose token the calls get.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(FanOutWithoutDeadlineFix)), Shared]
internal sealed class FanOutWithoutDeadlineFix() : LlmFix(FanOutWithoutDeadlineRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.InvocationAt(target.FirstAncestor<InvocationExpressionSyntax>(), default) is not { } invocation
            || FanOut.From(invocation, target.Context, target.Options, default) is not { Producers: [var producer] } fanOut)
            yield break;

        var seconds = DiagnosticProperties.TimeoutSeconds.TryRead(target.Diagnostic, out var value) ? value : Options.TimeoutSeconds.Default;

        // Where a limiter of the author's own is in force, the helper would put a second one beside it.
        if (target.Context.HasRuntime && producer.Reach(target.Context, default).Reach == Reach.Unlimited && HelperCall.For(target, fanOut, producer, target.MaxConcurrency) is { } helper)
            yield return new("Helper", $"End the group after {seconds} s with LlmTask.WhenAll", cancellationToken => Task.FromResult(helper.Apply(cancellationToken, Duration(seconds))));

        if (TimedSource.Before(target, invocation) is { } source && producer.Body?.Syntax is { } body)
        {
            yield return new("Source", $"End the group after {seconds} s with a CancellationTokenSource", cancellationToken => Task.FromResult(
                CallWithin.WithToken(target, body, source.Token, cancellationToken) is var (call, cancellable)
                    ? source.Apply(new Dictionary<SyntaxNode, SyntaxNode> { [call] = cancellable }, [Duration(seconds)], TokenScope.At(invocation).OnlyName, cancellationToken)
                    : null));
        }
    }

    private static ExpressionSyntax Duration(int seconds) => TimeLiteral.Of(seconds);
}
