using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does the code around a call only hand it on, so that whoever calls that code decides what becomes of a failure?</summary>
internal static class Forwarded
{
    /// <summary>
    /// A decorator or an adapter implements a call by calls of another object; middleware is a lambda that is given the client with the arguments; an extension method adds a
    /// member to the client; a method may hand on all that it is given, as it is.
    /// </summary>
    public static bool Is(LlmCall call, LlmContext context)
    {
        var receiver = call.Operation.Receiver();
        return receiver is IParameterReferenceOperation client && (IsExtended(client.Parameter) || IsGivenToMiddleware(client, call.Operation))
            || call.Operation.EnclosingMember() is IMethodSymbol member && (IsCallOf(member, call.Entry, context) || HandsOnEverything(member, call.Operation));
    }

    /// <summary>The member is such a call itself: of the same library, or around a client that may be anybody's. What an agent does, it does for those who run the agent.</summary>
    private static bool IsCallOf(IMethodSymbol member, CatalogEntry called, LlmContext context) =>
        context.Catalog.FindCall(member, member.ContainingType) is { IsCall: true } own && (own.Package == called.Package || called.RetryPolicy.Source is not (CatalogSource.Known or CatalogSource.None))
        || context.Catalog.IsAgent(member.ContainingType);

    /// <summary>The block of C# 14's extension members has the parameter, which no method has then.</summary>
    private static bool IsExtended(IParameterSymbol parameter) =>
        parameter.ContainingSymbol is IMethodSymbol { IsExtensionMethod: true } && parameter.Ordinal == 0 || parameter.ContainingSymbol is INamedTypeSymbol;

    /// <summary>What an endpoint of ASP.NET Core is given, it is given as a constructor is.</summary>
    private static bool IsGivenToMiddleware(IParameterReferenceOperation client, IInvocationOperation call) =>
        client.Parameter.ContainingSymbol is IMethodSymbol { MethodKind: MethodKind.LambdaMethod } lambda
        && TaskSources.LambdaCallOf(client)?.TargetMethod.Name.StartsWith("Map", StringComparison.Ordinal) != true
        && call.Arguments.Any(argument => argument.Value.WithoutConversions() is IParameterReferenceOperation { Parameter: var handed }
            && SymbolEqualityComparer.Default.Equals(handed.ContainingSymbol, lambda)
            && !SymbolEqualityComparer.Default.Equals(handed, client.Parameter)
            && !ReturnTypes.IsCancellationToken(handed.Type));

    private static bool HandsOnEverything(IMethodSymbol member, IInvocationOperation call)
    {
        var handed = call.Arguments
            .Where(argument => argument.ArgumentKind == ArgumentKind.Explicit && argument.Value != call.Receiver())
            .Select(argument => (argument.Value.WithoutConversions() as IParameterReferenceOperation)?.Parameter)
            .ToList();
        return member.Parameters.Count(parameter => !ReturnTypes.IsCancellationToken(parameter.Type)) > 1 && handed.SequenceEqual(member.Parameters, SymbolEqualityComparer.Default);
    }
}
