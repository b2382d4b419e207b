using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>What the source behind a token that a call is given says about its end.</summary>
internal static class DeadToken
{
    /// <summary>The source, where it can never fire: the member around makes it without a timeout, cancels it nowhere, and gives it to nobody.</summary>
    public static TokenSource? Of(IInvocationOperation call) => Sources(call).FirstOrDefault(source =>
        source is { IsLinked: false, IsCancelledByHand: false, IsGivenAway: false } && !source.Timers.Any());

    /// <summary>The member around chose a time after which the token fires.</summary>
    public static bool IsTimed(IInvocationOperation call) => Sources(call).Any(source => source.Timers.Any());

    private static IEnumerable<TokenSource> Sources(IInvocationOperation call) => call.Arguments
        .Select(argument => argument.Value.WithoutConversions())
        .Where(value => value.Type is { } type && ReturnTypes.IsCancellationToken(type))
        .Select(TokenSource.Of)
        .OfType<TokenSource>();
}
