using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Every value a local is given in the member that declares it.</summary>
internal static class LocalValues
{
    public static ImmutableArray<IOperation> Of(ILocalReferenceOperation reference) => Of(reference.Local, reference);

    /// <param name="local">The local.</param>
    /// <param name="inside">Any operation of the member.</param>
    public static ImmutableArray<IOperation> Of(ILocalSymbol local, IOperation inside) => LocalUses.Around(inside).ValuesOf(local);

    /// <summary>What is added to the collection this local holds, or stored at an index of it.</summary>
    public static IEnumerable<IOperation> ElementsPutInto(ILocalSymbol local, IOperation root) =>
        root.DescendantsAndSelf().SelectMany(operation => ElementsPutBy(operation, local));

    public static IEnumerable<IOperation> ElementsPutBy(IOperation operation, ILocalSymbol local) => operation switch
    {
        IInvocationOperation { TargetMethod.Name: "Add" or "AddRange" or "Insert" or "Enqueue" or "Push" or "TryAdd" } add when IsOn(add.Receiver(), local) =>
            add.Arguments.Select(argument => argument.Value),
        ISimpleAssignmentOperation { Target: IArrayElementReferenceOperation element } store when IsOn(element.ArrayReference, local) => [store.Value],
        ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.IsIndexer: true } element } store when IsOn(element.Instance, local) => [store.Value],
        _ => [],
    };

    /// <summary>The collections that put one of their elements into the local: <c>tasks.TryGetValue(key, out var task)</c>.</summary>
    public static IEnumerable<IOperation> CollectionsThatGive(ILocalSymbol local, IOperation root) => root.DescendantsAndSelf()
        .OfType<IInvocationOperation>()
        .Where(get => get.TargetMethod.Name is "TryGetValue" or "TryDequeue" or "TryTake" or "TryPop" or "TryRemove" or "Remove"
            && get.Arguments.Any(argument => argument.Parameter?.RefKind == RefKind.Out && IsOn(LocalUses.Declared(argument.Value), local)))
        .Select(get => get.Receiver())
        .OfType<IOperation>();

    /// <summary>The loop whose iteration variable this local is.</summary>
    public static IForEachLoopOperation? IterationOf(ILocalSymbol local, IOperation inside) =>
        inside.Ancestors().OfType<IForEachLoopOperation>().FirstOrDefault(loop => loop.Locals.Any(candidate => SymbolEqualityComparer.Default.Equals(candidate, local)));

    /// <summary>What is called, or has the element, is the local.</summary>
    public static bool IsOn(IOperation? target, ILocalSymbol local) => (target?.WithoutConversions()).IsVariable(local);
}
