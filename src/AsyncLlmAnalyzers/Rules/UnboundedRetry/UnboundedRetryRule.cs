using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnboundedRetry;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a loop, or a method that calls itself, makes a model call again after every failure and only a success ends it;</item>
/// <item>only the caller's token could end it, and the attempts never become rarer.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>attempts are counted or timed: in the loop's condition, the handler's filter, or an exit beside the attempt;</item>
/// <item>cancelling leaves the loop, and the delay between attempts grows;</item>
/// <item>the next attempt goes to another client or item.</item>
/// </list>
/// </summary>
internal sealed class UnboundedRetryRule : LlmRule
{
    public const string Id = "ALLM4004";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A model call is retried without end",
        message: "'{0}' is repeated until it succeeds: an error that stays, such as a wrong key or a used-up quota, makes this go on for ever, and every attempt may be billed",
        DiagnosticSeverity.Warning,
        description: "Not every failure passes: a refused key, a request that is too long or a used-up quota fail each time, and a retry without a limit keeps sending them until somebody stops the process.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 60;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Catch;

    public override Finding? Inspect(Site site) =>
        site.Retry is { } retry && AttemptLimit.Of(retry).Verdict == Verdict.No ? new Finding(Descriptor, retry.Location, retry.Target.Name) : null;
}
