using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.FanOutWithoutDeadline;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item><c>Task.WhenAll</c>, <c>WhenEach</c> or <c>WhenAny</c> joins one model call per item, or <c>Parallel</c> runs them, and nothing can end them as a group.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>any token that can fire reaches the calls: then the caller decides;</item>
/// <item>a deadline is around the group or around each call: a helper, a pipeline, a wait with a timeout;</item>
/// <item>part of the way to the calls cannot be seen;</item>
/// <item>the model runs in the process, or the client is a class of this compilation: what it sends is looked at where it sends it;</item>
/// <item>the tasks are fixed ones, or make no model call.</item>
/// </list>
/// </summary>
internal sealed class FanOutWithoutDeadlineRule : LlmRule
{
    public const string Id = "ALLM3007";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "Nothing can end a group of model calls",
        message: "Nothing can end these calls as a group: '{0}' gets no token and there is no deadline, so one hung call holds up all the results for as long as its client tries",
        DiagnosticSeverity.Info,
        description: "A fan-out ends with its slowest call: without a token or a deadline for the group, one call that hangs holds the other results, which are paid for, until its client gives up.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 40;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.Invocation && FanOut.CombinatorNames.Contains(name);

    public override Finding? Inspect(Site site)
    {
        foreach (var producer in site.FanOut?.Producers ?? [])
        {
            if (producer.Reach(site.Context, site.CancellationToken) is { Reach: Reach.Limited or Reach.Unlimited, Call: { } call }
                && !ClientOrigins.AnswersByItself(call, site.Context, site.CancellationToken)
                && GroupEnd.Of(producer, site.FanOut!, site.Context, site.CancellationToken).Verdict == Verdict.No)
            {
                return new Finding(
                    Descriptor,
                    site.NameToken.GetLocation(),
                    DiagnosticProperties.TimeoutSeconds.AddTo(ImmutableDictionary<string, string?>.Empty, Options.TimeoutSeconds.Read(site.Options)),
                    call.Target.Name);
            }
        }

        return null;
    }
}
