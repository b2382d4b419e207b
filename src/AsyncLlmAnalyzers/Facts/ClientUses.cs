using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>One model call through a client that is constructed in this compilation.</summary>
/// <param name="Call">The name of the called member.</param>
/// <param name="IsRetried">No: neither the code around it nor a layer of its client repeats it; whatever the SDK does.</param>
/// <param name="IsRepeated">It runs in a loop or fan-out.</param>
/// <param name="HasTimeLimit">The code around it, or the source of its token, ends it after a time.</param>
internal sealed record ClientUse(string Call, Verdict IsRetried, bool IsRepeated, bool HasTimeLimit);

/// <summary>The calls through each construction of the compilation, found when first asked for.</summary>
internal sealed class ClientUses(LlmContext context)
{
    private ILookup<Location, ClientUse>? _uses;

    public static ILookup<Location, ClientUse> In(LlmContext context, CancellationToken cancellationToken) =>
        context.Kept(static context => new ClientUses(context)).All(cancellationToken);

    /// <summary>Found without a lock: twice is harmless.</summary>
    private ILookup<Location, ClientUse> All(CancellationToken cancellationToken) => _uses ??= Find(cancellationToken).ToLookup(found => found.Construction, found => found.Use);

    private IEnumerable<(Location Construction, ClientUse Use)> Find(CancellationToken cancellationToken)
    {
        foreach (var invocation in context.Names.Invocations(context.MayBeCall, cancellationToken))
        {
            if (LlmCall.From(invocation, context) is null)
                continue;

            var origin = ClientOrigins.Of(invocation, context, cancellationToken);
            if (origin.All.IsEmpty)
                continue;

            var use = Use(invocation, cancellationToken);
            foreach (var construction in origin.All)
                yield return (construction.Location, use);
        }
    }

    private ClientUse Use(Microsoft.CodeAnalysis.Operations.IInvocationOperation call, CancellationToken cancellationToken)
    {
        var around = Retried.Around(call, context, cancellationToken).Verdict;
        return new ClientUse(
            call.TargetMethod.Name,
            around == Verdict.No ? Retried.Layers(call, context, cancellationToken).Verdict : around,
            Repeated.Of(call, context, cancellationToken).Verdict == Verdict.Yes,
            Deadline.Around(call, context, cancellationToken).Verdict == Verdict.Yes || DeadToken.IsTimed(call));
    }
}
