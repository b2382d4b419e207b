using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

internal static class Variables
{
    /// <summary>The local, parameter or field that the operation reads or writes.</summary>
    public static ISymbol? Variable(this IOperation? operation) => operation switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field => field.Field,
        _ => null,
    };

    public static bool IsVariable(this IOperation? operation, ISymbol symbol) => SymbolEqualityComparer.Default.Equals(operation.Variable(), symbol);

    /// <summary>The code gives the local, parameter or field another value.</summary>
    public static bool Changes(this IOperation code, ISymbol symbol) => code.DescendantsAndSelf().Any(operation => operation switch
    {
        IAssignmentOperation assignment => assignment.Target.IsVariable(symbol),
        IIncrementOrDecrementOperation change => change.Target.IsVariable(symbol),
        IArgumentOperation { Parameter.RefKind: RefKind.Ref or RefKind.Out } argument => argument.Value.IsVariable(symbol),
        _ => false,
    });
}
