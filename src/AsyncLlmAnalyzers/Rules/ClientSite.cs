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
}
