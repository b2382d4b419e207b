using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does a function use a token that is not among its arguments?</summary>
internal static class TokenOwned
{
    /// <summary>A local function that captures a token, or a member with one of its own, needs none; of a delegate nobody can tell.</summary>
    public static bool By(IInvocationOperation invocation, LlmContext context, CancellationToken cancellationToken)
    {
        var method = invocation.TargetMethod.OriginalDefinition;
        return method.MethodKind == MethodKind.DelegateInvoke
            || context.Bodies.Operation(method, cancellationToken)?.Descendants().Any(operation => operation switch
            {
                IParameterReferenceOperation { Parameter: var parameter } => ReturnTypes.IsCancellationToken(parameter.Type) && !SymbolEqualityComparer.Default.Equals(parameter.ContainingSymbol, method),
                ILocalReferenceOperation { Local.Type: var type } => ReturnTypes.IsCancellationToken(type),
                IFieldReferenceOperation { Field.Type: var type } => ReturnTypes.IsCancellationToken(type),
                IPropertyReferenceOperation { Property: { Name: not "None", Type: var type } } => ReturnTypes.IsCancellationToken(type),
                _ => false,
            }) == true;
    }
}
