using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.CallWithoutDeadline;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a call is given no token, and by the defaults of its client, or of its type, it may take longer than <c>async_llm.timeout_seconds</c>;</item>
/// <item>a call is given no token, and what its client does cannot be seen.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>any token that can fire is passed: then the caller owns the deadline;</item>
/// <item>a timeout is set on the client or its <c>HttpClient</c>, or its options come from elsewhere;</item>
/// <item>the client is a class of this compilation: what it sends is looked at where it sends it;</item>
/// <item>a helper, a pipeline or a wait with a time limit is around the call or a wrapper of it.</item>
/// </list>
/// </summary>
internal sealed class CallWithoutDeadlineRule : LlmRule
{
    public const string Id = "ALLM3004";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A model call has no deadline",
        message: "'{0}' {1}",
        DiagnosticSeverity.Info,
        description: "Whoever waits for the call waits for as long as its client tries, which is the SDK's choice and not the application's.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 30;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site) => UnendedCall.Find(site, Descriptor, Reason);

    private static (string, CatalogEntry?)? Reason(LlmCall call, Site site)
    {
        var limit = TimeSpan.FromSeconds(Options.TimeoutSeconds.Read(site.Options));
        if (site.Client.Only is { } client)
        {
            return client is { Timeout.Source: SettingSource.Unset, WorstCase: { } worstCase } && worstCase > limit
                ? ($"may take {Seconds(worstCase)} when nobody answers: {Attempts(client.Attempts!.Value, client.AttemptTimeout!.Value)}, and nothing here ends it sooner", client.Entry)
                : null;
        }

        if (call.Entry.Kind == CatalogKind.Http && UnendedCall.TimeoutOf(call, site)?.Source != SettingSource.Unset
            || site.Client.All.Any(known => known.Timeout.Source is SettingSource.Set or SettingSource.Unknown))
            return null;

        var timeout = call.Entry.TimeoutLimit;
        if (timeout.Source != CatalogSource.Known)
            return ($"has no deadline that can be seen: {site.Client.Whence}, and no token or timeout is passed", null);

        var attempts = call.Entry.RetryPolicy is { Source: CatalogSource.Known, Count: var retries } ? retries + 1 : 1;
        var longest = TimeSpan.FromTicks(timeout.Longest.Ticks * (timeout.Scope == TimeoutScope.Total ? 1 : attempts));
        return longest > limit
            ? ($"may take {Seconds(longest)} by default when nobody answers: {Attempts(attempts, timeout.Longest)}, {site.Client.Whence}, and no token or timeout is passed", call.Entry)
            : null;
    }

    private static string Attempts(int count, TimeSpan timeout) => count == 1 ? $"one attempt of {Seconds(timeout)}" : $"{count} attempts of {Seconds(timeout)}";

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds} s");
}
