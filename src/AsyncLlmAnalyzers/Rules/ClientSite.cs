using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules;

/// <summary>What the rules about constructions of clients have in common.</summary>
internal static class ClientSite
{
    public static bool Accepts(TriggerKind kind, string name, LlmContext context) => kind switch
    {
        TriggerKind.Creation => context.Catalog.MayBeClient(name),
        TriggerKind.Invocation => context.Catalog.MayBeClientMethod(name),
        _ => false,
    };

    public static ClientConstruction? Of(Site site) => ClientOrigins.At(site.Operation, site.Context, site.CancellationToken);

    /// <summary>The finding; an information where the SDK is of another version than the one its numbers were measured on.</summary>
    public static Finding Measured(ClientConstruction client, Site site, Finding finding) =>
        MeasuredVersions.Cover(client.Entry.Versions, site.Model.Compilation) ? finding : finding.Softened($"measured on {client.Entry.Versions}");
}
