using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Finds a token that can never fire: of a local source without a timeout that nobody cancels and nobody else gets.</summary>
internal static class DeadToken
{
    /// <summary>The token argument of the call that is dead; null when the call gets none, or one that can fire.</summary>
    public static IOperation? Of(IInvocationOperation call) => call.Arguments
        .Select(argument => argument.Value.WithoutConversions())
        .Where(value => value.Type is { } type && ReturnTypes.IsCancellationToken(type))
        .FirstOrDefault(IsDead);

    private static bool IsDead(IOperation token) =>
        TokenSource.Of(token) is { IsLinked: false, IsCancelledByHand: false, IsGivenAway: false } source && !source.Timers.Any();
}
