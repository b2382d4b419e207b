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
/// <item>a client is constructed without a timeout, and by its SDK's default a call that nobody answers takes longer than <c>async_llm.timeout_seconds</c>;</item>
/// <item>the standard resilience handler stands around the <c>HttpClient</c> of a client, with its timeout of 10 s for an attempt.</item>
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
        message: "{0}",
        DiagnosticSeverity.Warning,
        description: "Without a timeout of its own the SDK's default holds, which is neither short enough for a caller that waits nor long enough for a long answer, and is repeated by every retry.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 80;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        ClientSite.Accepts(kind, name, context) || kind == TriggerKind.Invocation && name == ResilienceHandler.MethodName;

    public override bool MayStandBeside(LlmRule other) => other is ClientWithoutRetryRule;

    public override Finding? Inspect(Site site) => site.NameToken.ValueText == ResilienceHandler.MethodName ? InspectHandler(site) : InspectClient(site);

    private Finding? InspectHandler(Site site) => ResilienceHandler.From(site.Invocation, site.Context, site.CancellationToken) is { } handler
        ? new Finding(
            Descriptor,
            site.NameToken.GetLocation(),
            DiagnosticProperties.TimeoutSeconds.AddTo(AttemptTimeout(site), Options.TimeoutSeconds.Read(site.Options)),
            $"'{site.NameToken.ValueText}' cuts each attempt of '{handler.Call}' off after 10 s{(handler.ChangesRest ? "" : ", makes up to 4, and gives up after 30 s")}, so an answer that {(handler.IsStream ? "does not begin within" : "takes longer than")} 10 s is paid for and never received; set AttemptTimeout, with it TotalRequestTimeout, and CircuitBreaker.SamplingDuration to at least twice as much")
        : null;

    private static ImmutableDictionary<string, string?> AttemptTimeout(Site site) =>
        DiagnosticProperties.AttemptTimeoutSeconds.AddTo(ImmutableDictionary<string, string?>.Empty, Options.AttemptTimeoutSeconds.Read(site.Options));

    private Finding? InspectClient(Site site)
    {
        var limit = TimeSpan.FromSeconds(Options.TimeoutSeconds.Read(site.Options));
        if (ClientSite.Of(site) is not { WorstCase: { } worstCase, AttemptTimeout: { } attempt } client || !ClientDeadline.IsMissing(client, site.Operation!, limit, site.Context, site.CancellationToken))
            return null;

        var attempts = client.Attempts == 1 ? "" : $" and made up to {client.Attempts} times";
        var burst = client is { RetriesWithoutDelay: true, IsLocal: false } ? $"; a rate-limited call is retried {client.Attempts - 1} times at once, without waiting" : "";
        var uses = ClientUses.Of(client, site.Context, site.CancellationToken);
        var rest = uses.Any(use => !use.IsStream && !use.IsJob) ? $" and an answer that takes longer than {Seconds(attempt)} is {(client.IsLocal ? "generated" : "paid for")} and never received"
            : uses.Any(use => use.IsStream) ? " and no time limit ends a stream that goes on and on"
            : "";
        return new Finding(
            Descriptor,
            client.Location,
            AttemptTimeout(site),
            $"No deadline was chosen for '{client.Name}': each attempt is cut at {Seconds(attempt)}{attempts}, so a hung call fails after {Seconds(worstCase)}{rest}{burst}")
            .Quoting(client.Entry, site.Model.Compilation);
    }

    private static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds} s");
}
