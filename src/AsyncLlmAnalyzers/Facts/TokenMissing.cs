using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Could a call be given a token, and is given none that can fire?</summary>
internal static class TokenMissing
{
    /// <summary>False as well where passing one is known to be harmful.</summary>
    public static bool In(LlmCall call) =>
        !call.Entry.HasTrait("no-token-fix")
        && TokenPassed.To(call.Operation).Verdict == Verdict.No
        && (call.Shape is CallShape.Task or CallShape.Sync || TokenPassed.Downstream(call.Operation) is null)
        && (call.Shape == CallShape.StreamLazy || TakesToken(call.Method));

    /// <summary>Some overload can be given a token; where none can, the caller has no choice.</summary>
    private static bool TakesToken(IMethodSymbol method)
    {
        method = method.ReducedFrom ?? method;
        return method.ContainingType.GetMembers(method.Name).OfType<IMethodSymbol>().Any(overload => overload.Parameters.Any(parameter =>
            ReturnTypes.IsCancellationToken(parameter.Type) || TokenPassed.TokenProperty(parameter.Type) is not null));
    }
}
