using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>What the source behind a token that a call is given says about its end.</summary>
internal static class DeadToken
{
    private const int MaxHops = 3;

    /// <summary>The source, where it can never fire: the member around makes it without a timeout, links it to no token that could, cancels it nowhere, and gives it to nobody.</summary>
    public static TokenSource? Of(IInvocationOperation call) => Tokens(call)
        .Append(TokenPassed.To(call, out var token).Verdict == Verdict.Yes ? token : null) // inside an options object
        .Select(passed => passed is null ? null : TokenSource.Of(passed))
        .FirstOrDefault(source => source is { IsCancelledByHand: false, IsGivenAway: false } && !source.Timers.Any() && (!source.IsLinked || Tokens((IInvocationOperation)source.Creation).All(part => part.IsNoToken())));

    /// <summary>Somebody chose a time after which the token fires: the member around, or all who hand it in.</summary>
    public static bool IsTimed(IInvocationOperation call, LlmContext context, CancellationToken cancellationToken) =>
        Tokens(call).Any(token => IsTimed(token, MaxHops, context, cancellationToken));

    private static bool IsTimed(IOperation token, int hops, LlmContext context, CancellationToken cancellationToken)
    {
        if (TokenSource.Of(token) is { } source)
            return source.Timers.Any() || (source.IsLinked && hops > 0 && Tokens((IInvocationOperation)source.Creation).Any(part => IsTimed(part, hops - 1, context, cancellationToken)));
        if (hops == 0 || token is not IParameterReferenceOperation { Parameter: { ContainingSymbol: IMethodSymbol method } parameter })
            return false;

        var callers = Surroundings.CallsOf(method, context, cancellationToken).ToList();
        return callers.Count > 0 && callers.TrueForAll(caller =>
            caller is IInvocationOperation call
            && call.Arguments.FirstOrDefault(argument => argument.Parameter?.Ordinal == parameter.Ordinal)?.Value.WithoutConversions() is { } given
            && IsTimed(given, hops - 1, context, cancellationToken));
    }

    private static IEnumerable<IOperation> Tokens(IInvocationOperation call) => call.Arguments
        .SelectMany(argument => argument.Value.WithoutConversions() is IArrayCreationOperation { Initializer: { } several } ? several.ElementValues.AsEnumerable() : [argument.Value])
        .Select(value => value.WithoutConversions())
        .Where(value => value.Type is { } type && ReturnTypes.IsCancellationToken(type));
}
