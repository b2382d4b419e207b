using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RetryWithoutDelay;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a client is constructed with its SDK's default retries, and these do not wait between attempts.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the code sets a policy, or a layer of the client repeats its calls;</item>
/// <item>the options come from where they cannot be seen, or the client talks to a server on this machine;</item>
/// <item>the client is kept in a local, and no model call is made through it;</item>
/// <item>ALLM3003 or ALLM4001 says so already.</item>
/// </list>
/// </summary>
internal sealed class RetryWithoutDelayRule : LlmRule
{
    public const string Id = "ALLM4011";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A client's default retries do not wait",
        message: "'{0}' {1}",
        DiagnosticSeverity.Info,
        description: "The SDK's default policy repeats a refused request at once unless the server says how long to wait, so all attempts are used up within a moment while the rate limit needs seconds.",
        RuleTags.OffInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 20;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => ClientSite.Accepts(kind, name, context);

    public override Finding? Inspect(Site site) =>
        ClientSite.Of(site) is { RetriesWithoutDelay: true, IsLocal: false } client
        && ClientLayers.OfClient(site.Operation!, ExecutorRole.Retries, site.Context, site.CancellationToken).Verdict == Verdict.No
        && !IsIdle(client, site)
            ? new Finding(Descriptor, client.Location, client.Name, $"repeats a rate-limited call {client.Attempts - 1} times at once, without waiting, unless the server sends Retry-After")
                .Quoting(client.RetryDefault, site.Model.Compilation)
            : null;

    /// <summary>It is kept in a local, through which no model call is made, and which nobody else is given: it manages files, or is not used yet.</summary>
    private static bool IsIdle(ClientConstruction client, Site site)
    {
        var value = site.Operation!.WithConversionsAround();
        return value.Parent is IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var local } }
            && LocalUses.Around(value).ReferencesTo(local).All(reference =>
                reference.Parent is IInvocationOperation call && call.Instance == reference && site.Context.Catalog.FindClientMethod(call.TargetMethod, local.Type) is null)
            && !ClientUses.Of(client, site.Context, site.CancellationToken).Any();
    }
}
