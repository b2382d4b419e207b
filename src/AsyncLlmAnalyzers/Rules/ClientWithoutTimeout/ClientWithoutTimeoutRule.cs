using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Rules.ClientWithoutRetry;

namespace AsyncLlmAnalyzers.Rules.ClientWithoutTimeout;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a client is constructed without a timeout, and by its SDK's default a call that nobody answers takes longer than <c>async_llm.timeout_seconds</c>.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>a timeout is set, on the client, its options, its <c>HttpClient</c> or a layer of it;</item>
/// <item>the options come from where they cannot be seen;</item>
/// <item>no model call through the client is in the compilation, or each has a time limit of its own.</item>
/// </list>
/// </summary>
internal sealed class ClientWithoutTimeoutRule : LlmRule
{
    public const string Id = "ALLM3003";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A client is constructed without a deadline",
        message: "No deadline was chosen for '{0}': {1}",
        DiagnosticSeverity.Warning,
        description: "Without a timeout of its own the SDK's default holds, which is neither short enough for a caller that waits nor long enough for a long answer, and is repeated by every retry.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 80;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => ClientSite.Accepts(kind, name, context);

    public override bool MayStandBeside(LlmRule other) => other is ClientWithoutRetryRule;

    public override Finding? Inspect(Site site)
    {
        var limit = TimeSpan.FromSeconds(Options.TimeoutSeconds.Read(site.Options));
        if (ClientSite.Of(site) is not { Timeout.Source: SettingSource.Unset, WorstCase: { } worstCase, AttemptTimeout: { } attempt } client
            || worstCase <= limit
            || ClientLayers.OfClient(site.Operation!, Catalog.ExecutorRole.Deadline, site.Context, site.CancellationToken).Verdict != Verdict.No)
            return null;

        var uses = ClientUses.In(site.Context, site.CancellationToken)[client.Location].ToList();
        if (uses.Count == 0 || uses.TrueForAll(use => use.HasTimeLimit))
            return null;

        var properties = DiagnosticProperties.AttemptTimeoutSeconds.AddTo(ImmutableDictionary<string, string?>.Empty, Options.AttemptTimeoutSeconds.Read(site.Options));
        var attempts = client.Attempts == 1 ? "" : $" and made up to {client.Attempts} times";
        var burst = client.RetriesWithoutDelay ? $"; a rate-limited call is retried {client.Attempts - 1} times at once, without waiting" : "";
        return ClientSite.Measured(client, site, new Finding(
            Descriptor,
            client.Location,
            properties,
            client.Name,
            $"each attempt is cut at {Seconds(attempt)}{attempts}, so a hung call fails after {Seconds(worstCase)} and an answer that takes longer than {Seconds(attempt)} is paid for and never received{burst}"));
    }

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds} s");
}
