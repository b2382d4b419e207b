using System.Collections.Concurrent;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Do all HttpClients of the compilation get a layer? <c>services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler())</c>.</summary>
internal sealed class HttpDefaults(LlmContext context)
{
    private readonly ConcurrentDictionary<ExecutorRole, Fact> _facts = new();

    public static Fact Of(ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var defaults = context.Kept(static context => new HttpDefaults(context));
        return defaults._facts.GetOrAdd(role, _ => defaults.Find(role, cancellationToken));
    }

    private Fact Find(ExecutorRole role, CancellationToken cancellationToken) =>
        context.Names.Invocations("ConfigureHttpClientDefaults", cancellationToken)
            .SelectMany(defaults => defaults.Descendants())
            .OfType<IInvocationOperation>()
            .Select(invocation => ClientLayers.OfExecutor(invocation, role, context))
            .Where(layer => layer.Verdict != Verdict.No)
            .DefaultIfEmpty(new Fact(Verdict.No))
            .First();
}
