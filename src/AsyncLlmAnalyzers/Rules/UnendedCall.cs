using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules;

/// <summary>What the rules about calls without an end have in common.</summary>
internal static class UnendedCall
{
    /// <summary>The finding at a call that no token, no code around it and no layer of its client ends, where there is a reason to say so.</summary>
    public static Finding? Find(Site site, DiagnosticDescriptor descriptor, Func<LlmCall, Site, (string Text, CatalogEntry? Quoted)?> reasonOf) =>
        site.Call is { } call
        && call.Entry.Kind != CatalogKind.Local
        && !call.Entry.HasTrait("no-token-fix")
        && Deadline.OfToken(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.No
        && reasonOf(call, site) is var (reason, quoted)
        && !site.Client.IsOwn
        && Deadline.Around(call.Operation, site.Context, site.CancellationToken).Verdict == Verdict.No
        && ClientLayers.Of(call.Operation, ExecutorRole.Deadline, site.Context, site.CancellationToken).Verdict == Verdict.No
            ? new Finding(
                descriptor,
                site.NameToken.GetLocation(),
                DiagnosticProperties.TimeoutSeconds.AddTo(ImmutableDictionary<string, string?>.Empty, Options.TimeoutSeconds.Read(site.Options)),
                site.NameToken.ValueText,
                reason).Quoting(quoted, site.Model.Compilation)
            : null;

    /// <summary>What the construction of its client says of the time; of a request by hand that is its <c>HttpClient</c>'s. Null where the construction is not certain.</summary>
    public static TimeoutSetting? TimeoutOf(LlmCall call, Site site) => call.Entry.Kind == CatalogKind.Http
        ? new ClientSettings(site.Context, site.CancellationToken).OfHttpClient(call.Operation.Receiver())
        : site.Client.Only?.Timeout;
}
