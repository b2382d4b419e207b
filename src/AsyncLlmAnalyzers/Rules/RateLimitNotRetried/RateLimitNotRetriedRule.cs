using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RateLimitNotRetried;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a handler recognises the rate limit and gives up, around a call whose client does not retry, or retries without waiting;</item>
/// <item>the status of a request that is sent by hand, through an <c>HttpClient</c> made in sight, is compared with 429, or switched over, and that is all;</item>
/// <item>a call runs for many items at once through a client that certainly does not retry.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the handler throws, asks another client, keeps the failure, or returns something made from it;</item>
/// <item>a loop, pipeline, helper or handler of the client makes the call again, or a caller that goes on until there is an answer;</item>
/// <item>the client's own retries wait, or nothing about it is known (ALLM4007 may speak);</item>
/// <item>the many items are sent to a server on this machine, which limits no rates.</item>
/// </list>
/// </summary>
internal sealed class RateLimitNotRetriedRule : LlmRule
{
    public const string Id = "ALLM4002";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A rate limit is met and nothing retries",
        message: "A rate-limited '{0}' is given up: {1}, and the limit is over in seconds; wait as long as the server asks, and try again",
        DiagnosticSeverity.Warning,
        description: "A 429 says \"not now\", not \"no\": the same request succeeds some seconds later. Without a retry that waits, every answer that meets the limit is lost, though its prompt was paid for in work.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 43;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        AcceptsHandler(kind, name) || (kind == TriggerKind.Invocation && context.MayBeCall(name));

    /// <summary>A <c>catch</c> clause, or what names a status.</summary>
    public static bool AcceptsHandler(TriggerKind kind, string name) =>
        kind == TriggerKind.Catch || (kind == TriggerKind.MemberAccess && name is RateLimitHandler.StatusCode or RateLimitHandler.TooManyRequests or RateLimitHandler.IsSuccess);

    public override Finding? Inspect(Site site) => site.Kind == TriggerKind.Invocation ? InspectCall(site) : InspectHandler(site);

    private Finding? InspectHandler(Site site) =>
        site.RateLimit is { NamesTheLimit: true, Retries: { AreSound: false } retries } handler
            ? new Finding(Descriptor, handler.Place, handler.Call.Method.Name, retries.ToString()).Quoting(retries.Default, site.Model.Compilation)
            : null;

    private Finding? InspectCall(Site site) =>
        site.Call is { } call
        && site.Client.Only is { HasNoRetries: true, IsLocal: false } client
        && PerItem.Of(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.Yes
        && Retried.Of(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.No
            ? new Finding(Descriptor, site.NameToken.GetLocation(), call.Method.Name, "it runs for many items at once, its client does not retry").Quoting(client.RetryDefault, site.Model.Compilation)
            : null;
}
