using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Every value a local is given in the member that declares it.</summary>
internal static class LocalValues
{
    public static ImmutableArray<IOperation> Of(ILocalReferenceOperation reference) => Of(reference.Local, reference.Root());

    public static ImmutableArray<IOperation> Of(ILocalSymbol local, IOperation root)
    {
        var values = ImmutableArray.CreateBuilder<IOperation>();
        foreach (var operation in root.DescendantsAndSelf())
        {
            switch (operation)
            {
                case IVariableDeclaratorOperation declarator when Is(declarator.Symbol, local) && declarator.GetVariableInitializer() is { } initializer:
                    values.Add(initializer.Value);
                    break;
                case ISimpleAssignmentOperation { Target: ILocalReferenceOperation target } assignment when Is(target.Local, local):
                    values.Add(assignment.Value);
                    break;
                case ICompoundAssignmentOperation { Target: ILocalReferenceOperation target } assignment when Is(target.Local, local):
                    values.Add(assignment);
                    break;
            }
        }

        return values.ToImmutable();
    }

    /// <summary>The loop whose iteration variable this local is.</summary>
    public static IForEachLoopOperation? IterationOf(ILocalSymbol local, IOperation inside) =>
        inside.Ancestors().OfType<IForEachLoopOperation>().FirstOrDefault(loop => loop.Locals.Any(candidate => Is(candidate, local)));

    private static bool Is(ISymbol left, ISymbol right) => SymbolEqualityComparer.Default.Equals(left, right);
}
