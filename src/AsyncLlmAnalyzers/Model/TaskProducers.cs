using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// Finds what starts the tasks given to a combinator: <c>Select</c> with a lambda or method group, query syntax, a loop that
/// adds to a list or fills an array, a spread, each through locals and copies.
/// </summary>
internal sealed class TaskProducers(IInvocationOperation combinator, ItemCounter counter)
{
    private readonly HashSet<ILocalSymbol> _localsBeingRead = new(SymbolEqualityComparer.Default);

    /// <summary>Empty when the tasks are fixed ones, or nothing can be said of them.</summary>
    public ImmutableArray<TaskProducer> Of(IOperation tasks) => [.. Producers(tasks)];

    private IEnumerable<TaskProducer> Producers(IOperation tasks)
    {
        tasks = tasks.WithoutConversions();
        return tasks switch
        {
            IInvocationOperation projection when ProjectionOf(projection) is { } function => [TaskProducer.FromDelegate(function, counter.Of(projection.Receiver() ?? projection.Arguments[0].Value), projection)],
            IPropertyReferenceOperation { Property.Name: "Values", Instance: { } dictionary } => Producers(dictionary),
            IInvocationOperation invocation when IsLinqOrCopy(invocation) => SequenceArguments(invocation).SelectMany(Producers),
            IObjectCreationOperation { Arguments: [var copied, ..] } => Producers(copied.Value),
            ICollectionExpressionOperation collection => collection.Elements.OfType<ISpreadOperation>().SelectMany(spread => Producers(spread.Operand)),
            IConditionalOperation { WhenFalse: { } whenFalse } conditional => Producers(conditional.WhenTrue).Concat(Producers(whenFalse)),
            ILocalReferenceOperation local => OfLocal(local),
            _ => [],
        };
    }

    /// <summary>The function that makes a task of each item.</summary>
    private static IOperation? ProjectionOf(IInvocationOperation query) => !IsInNamespaceSystem(query) ? null : query.TargetMethod.Name switch
    {
        "Select" or "SelectMany" when query.Arguments.Length >= 2 => query.Arguments[query.Arguments.Length - 1].Value,
        "Zip" => query.Argument("resultSelector"),
        "ToDictionary" => query.Argument("elementSelector"),
        _ => null,
    };

    private static bool IsLinqOrCopy(IInvocationOperation invocation) => IsInNamespaceSystem(invocation);

    private static bool IsInNamespaceSystem(IInvocationOperation invocation) =>
        invocation.TargetMethod.ContainingNamespace?.ToDisplayString().StartsWith("System", StringComparison.Ordinal) == true;

    private static IEnumerable<IOperation> SequenceArguments(IInvocationOperation invocation) =>
        invocation.TargetMethod.Name is "Concat" or "Union"
            ? invocation.Arguments.Select(argument => argument.Value)
            : invocation.Receiver() is { } receiver ? [receiver] : [];

    private List<TaskProducer> OfLocal(ILocalReferenceOperation reference)
    {
        var local = reference.Local;
        if (!_localsBeingRead.Add(local))
            return [];

        var root = reference.Root();
        var producers = LocalValues.Of(local, root).SelectMany(Producers)
            .Concat(root.DescendantsAndSelf().SelectMany(operation => operation switch
            {
                IInvocationOperation { TargetMethod.Name: "Add" or "TryAdd" or "Enqueue" or "Push" } add when IsOn(add.Instance, local) => OfStore(add, add.Arguments[add.Arguments.Length - 1].Value, local),
                IInvocationOperation { TargetMethod.Name: "AddRange" } add when IsOn(add.Receiver(), local) => Producers(add.Arguments[add.Arguments.Length - 1].Value),
                ISimpleAssignmentOperation { Target: IArrayElementReferenceOperation element } store when IsOn(element.ArrayReference, local) => OfStore(store, store.Value, local),
                ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.IsIndexer: true } element } store when IsOn(element.Instance, local) => OfStore(store, store.Value, local),
                _ => [],
            }))
            .ToList();

        _localsBeingRead.Remove(local);
        return producers;
    }

    private static bool IsOn(IOperation? target, ILocalSymbol local) =>
        target?.WithoutConversions() is ILocalReferenceOperation reference && SymbolEqualityComparer.Default.Equals(reference.Local, local);

    /// <summary>A task put into the list or array in a loop. In a loop that also waits for the list, at most a batch is in flight.</summary>
    private IEnumerable<TaskProducer> OfStore(IOperation store, IOperation task, ILocalSymbol list)
    {
        var loops = store.LoopsSinceDeclarationOf(list).ToImmutableArray();
        if (loops.IsEmpty || loops.Any(loop => WaitsFor(loop, list)))
            return [];

        task = task.WithoutConversions();
        if (task is ILocalReferenceOperation { } local && local.Initializer() is { } initializer)
            task = initializer.WithoutConversions();

        var count = loops.All(loop => counter.Of(loop) == ItemCount.Bounded) ? ItemCount.Bounded : ItemCount.Unbounded;
        return [TaskProducer.FromLoop(task, loops, count, store)];
    }

    private bool WaitsFor(ILoopOperation loop, ILocalSymbol list) =>
        loop.Body.Descendants().OfType<IInvocationOperation>().Any(call =>
            call.TargetMethod.ContainingType.Equals(combinator.TargetMethod.ContainingType, SymbolEqualityComparer.Default)
            && call.TargetMethod.Name is "WhenAll" or "WhenAny" or "WaitAll" or "WaitAny"
            && call.Arguments.Any(argument => argument.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Any(reference => IsOn(reference, list))));
}
