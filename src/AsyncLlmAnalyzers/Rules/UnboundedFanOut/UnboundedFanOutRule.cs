using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnboundedFanOut;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item><c>Task.WhenAll</c>, <c>WhenEach</c> or <c>WhenAny</c> joins one model call per item of a sequence of any length;</item>
/// <item><c>Parallel.ForEachAsync</c> or <c>ForAsync</c> runs model calls with a constant degree that is no limit, or goes over calls already started.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>a limiter is acquired on the way to the call, in the lambda, a wrapper, or the loop that starts the tasks;</item>
/// <item>the number of items is small, chosen by the author, or a literal's; the loop waits for its batch;</item>
/// <item>the client is visibly made with a handler or policy that limits;</item>
/// <item>the tasks are workers over a shared queue, or make no model call, or one that this code answers by itself.</item>
/// </list>
/// </summary>
internal sealed class UnboundedFanOutRule : LlmRule
{
    public const string Id = "ALLM1001";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "Model calls are started without a limit",
        message: "{0}: limit how many run at once",
        DiagnosticSeverity.Warning,
        description: "As many requests as there are items are sent at the same moment; those beyond the provider's rate limit fail with 429, or wait in the line of a server of one's own until they time out, and every retry of one competes with the others.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 60;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.Invocation && FanOut.CombinatorNames.Contains(name);

    public override Finding? Inspect(Site site)
    {
        if (site.FanOut is not { } fanOut)
            return null;

        foreach (var producer in fanOut.Producers)
        {
            if (Bounded.Of(producer, site.Context, site.CancellationToken, out var call).Verdict != Verdict.No)
                continue;

            var properties = DiagnosticProperties.MaxConcurrency.AddTo(
                ImmutableDictionary<string, string?>.Empty, Options.MaxConcurrency.Read(site.Options));
            return new Finding(Descriptor, site.NameToken.GetLocation(), properties, Describe(call!, isRun: producer.Site == fanOut.Combinator, site));
        }

        return null;
    }

    private static string Describe(CallEdge call, bool isRun, Site site)
    {
        var excess = IsOfLocalServer(call, site) ? "what its server cannot take at once waits in line and times out" : "what exceeds the rate limit fails with 429";
        return isRun
            ? $"'{call.Target.Name}' runs with a degree of parallelism that limits nothing, and {excess}"
            : $"'{call.Target.Name}' is called for every item at the same moment, and {excess}";
    }

    private static bool IsOfLocalServer(CallEdge call, Site site) =>
        site.Context.InvocationAt(call.Location, site.CancellationToken) is { } invocation && ClientOrigins.Of(invocation, site.Context, site.CancellationToken).Only is { IsLocal: true };
}
