using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Is a call that fails for a passing reason made again?</summary>
internal static class Retried
{
    /// <summary>
    /// Yes: by the code around it, a layer of its client, or the SDK's own policy. No: all of them can be seen and none does.
    /// Unknown: the client, or what is around the call, comes from elsewhere.
    /// </summary>
    public static Fact Of(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var around = Around(call, context, cancellationToken);
        if (around.Verdict == Verdict.Yes)
            return around;

        var layers = Layers(call, context, cancellationToken);
        if (layers.Verdict == Verdict.Yes)
            return layers;

        var client = ClientOrigins.Of(call, context, cancellationToken).Only;
        if (client is null)
            return new Fact(Verdict.Unknown);
        if (client.Attempts is null or > 1)
            return new Fact(client.Retry.Source == SettingSource.Unknown ? Verdict.Unknown : Verdict.Yes, client.Retry.Proof ?? client.Location);
        if (around.Verdict == Verdict.Unknown)
            return around;
        return layers.Verdict == Verdict.Unknown ? layers : new Fact(Verdict.No, client.Retry.Proof ?? client.Location);
    }

    /// <summary>By a layer of the client that is no policy of the SDK: a handler, a pipeline, a throttle.</summary>
    public static Fact Layers(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken) =>
        ClientLayers.Of(call, ExecutorRole.Retries, context, cancellationToken);

    /// <summary>By the code around it, whatever the client does: a loop of attempts, a pipeline, a function that is given the call, here or where a wrapper is called.</summary>
    public static Fact Around(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        context.Answer(nameof(Retried), site.Syntax, () => Surroundings.Of(site, context, here =>
            RetryLoop.Around(here) is { } loop
                ? new Fact(Verdict.Yes, loop.Handler.Syntax.GetLocation())
                : (RetryLoop.OfStatus(here) ?? (IOperation?)RetryLoop.ByJump(here)) is { } again ? new Fact(Verdict.Yes, again.Syntax.GetLocation())
                : Executors.Around(here, ExecutorRole.Retries, context, cancellationToken), cancellationToken));
}
