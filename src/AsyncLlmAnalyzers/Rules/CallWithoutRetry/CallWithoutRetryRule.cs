using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.CallWithoutRetry;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>nothing around a call repeats it when it is refused, and its client comes from where it cannot be seen;</item>
/// <item>a request is sent by hand through an <c>HttpClient</c> made in sight, and nothing repeats it.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>an own loop, a pipeline, a throttle, or a layer of the client repeats it, or may;</item>
/// <item>the code only hands the call on: a decorator, middleware, an extension of the client, a method that passes all it is given;</item>
/// <item>the retries of its SDK are sound by default;</item>
/// <item>the construction of its client is visible: ALLM4001 and ALLM4011 speak there; or it is a class of this compilation;</item>
/// <item>a request that is sent by hand goes to this machine, or through an <c>HttpClient</c> whose handlers cannot be seen.</item>
/// </list>
/// </summary>
internal sealed class CallWithoutRetryRule : LlmRule
{
    public const string Id = "ALLM4010";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "Nothing that can be seen repeats a refused model call",
        message: "Nothing here repeats '{0}' when the provider refuses it for a moment: {1}",
        DiagnosticSeverity.Info,
        description: "A rate limit or a dropped connection passes within seconds; whether a call survives it depends here on how somebody else made the client.",
        RuleTags.OffInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 10;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site) =>
        site.Call is { } call
        && call.Entry.Kind != CatalogKind.Local
        && site.Client is { All.IsEmpty: true, IsOwn: false } client
        && Reason(call, client, site) is { } reason
        && !Forwarded.Is(call, site.Context)
        && Retried.Around(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.No
        && Retried.Layers(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.No
            ? new Finding(Descriptor, site.NameToken.GetLocation(), site.NameToken.ValueText, reason).Quoting(call.Entry, site.Model.Compilation)
            : null;

    private static string? Reason(LlmCall call, ClientOrigin client, Site site) => call.Entry.RetryPolicy switch
    {
        _ when call.Entry.Kind == CatalogKind.Http =>
            RawRequest.HasVisibleClient(call.Operation, site.Context, site.CancellationToken) && !RawRequest.IsLocal(call.Operation, site.Context, site.CancellationToken) ? "HttpClient sends every request once" : null,
        { HasNoDelay: true, Count: var count } => $"by default its client tries {count} times more at once, without waiting",
        { Source: CatalogSource.None } => $"{client.Whence}, and by itself it makes every request once",
        { Source: CatalogSource.Inner or CatalogSource.Unknown or CatalogSource.Unsaid } => $"{client.Whence}, and it may make every request once",
        _ => null,
    };
}
