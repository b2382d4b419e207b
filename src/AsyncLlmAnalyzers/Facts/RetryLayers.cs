using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Which retries stand around a call, one inside the other?</summary>
internal static class RetryLayers
{
    /// <summary>Every loop of attempts, pipeline and helper around it that certainly repeats it, here and where its functions are called from.</summary>
    public static ImmutableArray<Location> Of(IOperation call, LlmContext context, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<Location>();
        Surroundings.Of(call, context, here =>
        {
            if (RetryLoop.Around(here) is { TriesAnother: false } loop)
                Add(loop.Handler.Syntax.GetLocation());
            if (Executors.Around(here, ExecutorRole.Retries, context, cancellationToken) is { Verdict: Verdict.Yes, Proof: { } proof })
                Add(proof);
            return new Fact(Verdict.No);
        }, cancellationToken);
        return found.ToImmutable();

        void Add(Location location)
        {
            if (!found.Contains(location))
                found.Add(location);
        }
    }
}
