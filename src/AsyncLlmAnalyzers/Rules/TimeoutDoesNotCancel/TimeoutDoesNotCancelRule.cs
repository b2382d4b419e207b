using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.TimeoutDoesNotCancel;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item><c>Task.WhenAny</c> races a model call, or a wrapper that makes one, with <c>Task.Delay</c>;</item>
/// <item><c>WaitAsync</c>, <c>Wait</c>, <c>WaitAll</c> or <c>WaitAny</c> waits for one with a timeout, or with the token of a source that has one.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the call's token comes from a source that has a time of its own or is cancelled here;</item>
/// <item>the call is awaited after all, as by code that shows progress meanwhile, or handed on to somebody who may await it;</item>
/// <item>the time never passes, or a token of unknown origin may reach the call.</item>
/// </list>
/// </summary>
internal sealed class TimeoutDoesNotCancelRule : LlmRule
{
    public const string Id = "ALLM3005";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A timeout abandons the model call instead of cancelling it",
        message: "'{0}' stops waiting for '{1}' when the time has passed, but nothing stops the call: the request runs on and is billed",
        DiagnosticSeverity.Warning,
        description: "Giving up the wait does not end the request: the model generates the whole answer for nobody, its tokens are billed, the connection and the rate limit stay occupied, and an exception of the call goes unseen.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 80;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.Invocation && TimedWait.Names.Contains(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Invocation is not { } invocation || TimedWait.From(invocation, site.Context.Types) is not { } wait || invocation.IsInExpressionTree())
            return null;

        foreach (var task in wait.Tasks)
        {
            if (ClientOrigins.CallsBehind(site.Context, site.CancellationToken).Of(task) is { } call
                && EndedHere.Of(task, site.Context, site.CancellationToken).Verdict == Verdict.No
                && Abandoned.At(invocation, task, site.Context.Types).Verdict == Verdict.Yes)
                return new Finding(Descriptor, site.NameToken.GetLocation(), site.NameToken.ValueText, call.Name);
        }

        return null;
    }
}
