using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does nothing but the SDK's default end the calls through a client, and too late?</summary>
internal static class ClientDeadline
{
    /// <summary>Neither its construction nor a layer of it sets a time, and there is a call that nothing else ends sooner.</summary>
    public static bool IsMissing(ClientConstruction client, IOperation construction, TimeSpan limit, LlmContext context, CancellationToken cancellationToken) =>
        client is { Timeout.Source: SettingSource.Unset, WorstCase: { } worstCase }
        && worstCase > limit
        && ClientLayers.OfClient(construction, ExecutorRole.Deadline, context, cancellationToken).Verdict == Verdict.No
        && ClientUses.Of(client, context, cancellationToken).Any(use => !use.HasTimeLimit(cancellationToken));
}
