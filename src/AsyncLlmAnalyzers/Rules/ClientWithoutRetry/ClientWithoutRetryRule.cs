using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.ClientWithoutRetry;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a client is constructed with its retries switched off, or its SDK has none;</item>
/// <item>its SDK's default retries do not wait, and a call through it stands in a loop or fan-out.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the SDK's default is sound, or the code sets a policy;</item>
/// <item>an own loop, a pipeline, a throttle or a layer of the client repeats every visible call;</item>
/// <item>the options or the HttpClient come from where they cannot be seen, no call through the client is in the compilation, or it talks to a server on this machine.</item>
/// </list>
/// </summary>
internal sealed class ClientWithoutRetryRule : LlmRule
{
    public const string Id = "ALLM4001";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A client does not survive a rate limit",
        message: "'{0}' {1}",
        DiagnosticSeverity.Warning,
        description: "Providers answer 429 as a matter of course when requests come faster than the account allows, and drop connections now and then; a client that does not wait and try again turns each of them into an error of the application.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 78;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => ClientSite.Accepts(kind, name, context);

    public override Finding? Inspect(Site site)
    {
        if (ClientSite.Of(site) is not { } client || !(client.HasNoRetries || client.RetriesWithoutDelay)
            || client.IsLocal
            || ClientLayers.OfClient(site.Operation!, ExecutorRole.Retries, site.Context, site.CancellationToken).Verdict != Verdict.No)
            return null;

        var reported = ClientUses.Of(client, site.Context, site.CancellationToken).FirstOrDefault(use =>
            (client.HasNoRetries || use.IsRepeated(site.CancellationToken)) && use.IsRetried(site.CancellationToken) == Verdict.No);
        return reported is null ? null : new Finding(Descriptor, client.Location, client.Name, Describe(client, reported)).Quoting(client.RetryDefault, site.Model.Compilation);
    }

    private static string Describe(ClientConstruction client, ClientUse use) =>
        client.RetriesWithoutDelay ? $"repeats a rate-limited call {client.Attempts - 1} times at once, without waiting, and '{use.Call}' is called in a loop or fan-out: what exceeds the rate limit fails"
        : client.Retry.Source == SettingSource.Off ? $"is constructed with its retries switched off, and nothing around '{use.Call}' repeats it: the first 429 or dropped connection fails the call"
        : $"makes every request once, and nothing around '{use.Call}' repeats it: the first 429 or dropped connection fails the call";
}
