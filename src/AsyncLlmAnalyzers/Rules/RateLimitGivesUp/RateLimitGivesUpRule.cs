using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Rules.RateLimitNotRetried;

namespace AsyncLlmAnalyzers.Rules.RateLimitGivesUp;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a handler recognises the rate limit and gives up, and its client retries soundly before, or nothing about it is known;</item>
/// <item>a handler catches the library's exception for every error status and gives up;</item>
/// <item>the status of a request that is sent by hand is compared with 429, and its <c>HttpClient</c> comes from elsewhere, or is only asked whether it is a success.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the handler throws, asks another client, keeps the failure, or returns something made from it;</item>
/// <item>a loop, pipeline, helper or handler of the client makes the call again, or a caller that goes on until there is an answer.</item>
/// </list>
/// </summary>
internal sealed class RateLimitGivesUpRule : LlmRule
{
    public const string Id = "ALLM4007";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A handler gives up on a rate limit",
        message: "A rate-limited '{0}' is given up here{1}: the answer is lost although the limit is over in seconds",
        DiagnosticSeverity.Info,
        description: "A 429 says \"not now\", not \"no\". A handler that logs it and goes on loses the answer without telling anybody; a retry that waits as long as the server asks would have it some seconds later.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 42;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => RateLimitNotRetriedRule.AcceptsHandler(kind, name);

    public override Finding? Inspect(Site site) =>
        site.RateLimit is { } handler && (!handler.NamesTheLimit || handler.Retries is not { AreSound: false })
            ? new Finding(
                Descriptor,
                handler.Place,
                handler.Call.Method.Name,
                handler.Retries is { AreSound: true } retries ? $", {retries}" : "").Quoting(handler.Retries is { AreSound: true, Default: { } row } ? row : null, site.Model.Compilation)
            : null;
}
