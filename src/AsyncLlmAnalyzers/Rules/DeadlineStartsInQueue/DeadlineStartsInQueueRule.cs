using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.DeadlineStartsInQueue;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>the timeout of a model call begins to run, and then the same function waits for a limiter before it makes the call.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the clock starts after the limiter has let the call in, or starts anew then;</item>
/// <item>one clock is for many calls: it starts outside the lambda or loop that waits for the limiter;</item>
/// <item>the limiter is asked without waiting.</item>
/// </list>
/// </summary>
internal sealed class DeadlineStartsInQueueRule : LlmRule
{
    public const string Id = "ALLM3008";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "The timeout of a model call runs while the call still waits for its turn",
        message: "The timeout of '{0}' starts before '{1}' has let the call in: time in the queue counts, and under load the call is cut off after it was sent and is billed",
        DiagnosticSeverity.Info,
        description: "A timeout that starts before a limiter is awaited is spent in the queue: the longer the queue, the less time is left for the call, until calls are sent only to be cut off.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 30;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind switch
    {
        TriggerKind.Creation => name == nameof(CancellationTokenSource),
        TriggerKind.Invocation => name == nameof(CancellationTokenSource.CreateLinkedTokenSource),
        _ => false,
    };

    public override Finding? Inspect(Site site) =>
        site.Operation is { } creation
        && TokenSource.MadeBy(creation) is { IsGivenAway: false } source
        && QueueBetween.Of(source, site.Context) is var (call, acquire)
            ? new Finding(Descriptor, site.NameToken.GetLocation(), call.Method.Name, acquire.TargetMethod.Name)
            : null;
}
