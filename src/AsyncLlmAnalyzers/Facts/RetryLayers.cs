using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Which retries stand around a call, one inside the other?</summary>
internal static class RetryLayers
{
    /// <summary>
    /// Every loop of attempts, method that calls itself after a failure, pipeline and helper around it that certainly repeats it, here and where its functions are called from. Two callers that each repeat it
    /// are no two layers: of several ways to the call it is the one with the most.
    /// </summary>
    public static ImmutableArray<Location> Of(IOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var most = ImmutableArray<Location>.Empty;
        var layers = new Dictionary<CallPlace, ImmutableArray<Location>>();
        foreach (var place in Surroundings.Places(call, context, cancellationToken))
        {
            var found = place.Inner is { } inner ? layers[inner] : [];
            if (RetryLoop.Around(place.Site) is { TriesAnother: false } loop)
                found = With(found, loop.Handler.Syntax.GetLocation());
            else if (RetryHandler.AgainAround(place.Site) is { } again)
                found = With(found, again.Syntax.GetLocation());
            if (Executors.Around(place.Site, ExecutorRole.Retries, context, cancellationToken) is { Verdict: Verdict.Yes, Proof: { } proof })
                found = With(found, proof);
            layers.Add(place, found);
            if (found.Length > most.Length)
                most = found;
        }

        return most;

        // A function that calls itself is its own caller.
        static ImmutableArray<Location> With(ImmutableArray<Location> found, Location layer) => found.Contains(layer) ? found : found.Add(layer);
    }
}
