using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// Finds what starts the tasks given to a combinator: <c>Select</c> with a lambda or method group, query syntax, a loop that
/// adds to a list or fills an array, a spread, each through locals, copies, and the tuples or objects that carry the tasks.
/// </summary>
internal sealed class TaskProducers(KnownTypes types, ItemCounter counter)
{
    private readonly HashSet<ILocalSymbol> _localsBeingRead = new(SymbolEqualityComparer.Default);

    /// <summary>Empty when the tasks are fixed ones, or nothing can be said of them.</summary>
    public ImmutableArray<TaskProducer> Of(IOperation tasks) => [.. Producers(tasks, part: null)];

    /// <summary>What started the tasks that <c>Parallel.ForEachAsync</c> goes over: it limits how many are awaited, not how many run. A lazy sequence starts each when its turn comes.</summary>
    public ImmutableArray<TaskProducer> OfStarted(IInvocationOperation parallel) =>
        parallel.Argument("source") is { } source
        && types.IsTaskLike(parallel.TargetMethod.TypeArguments[0])
        && !new TaskCover(types, new TaskSources(types)).IsLazy(source.WithoutConversions())
            ? Of(source)
            : [];

    /// <param name="tasks">The tasks, or what carries them.</param>
    /// <param name="part">The member of each element that is the task; null when the element is.</param>
    private IEnumerable<TaskProducer> Producers(IOperation tasks, string? part)
    {
        tasks = tasks.WithoutConversions();
        return tasks switch
        {
            IInvocationOperation projection when ProjectionOf(projection) is { } function => OfProjection(projection, function, part),
            IPropertyReferenceOperation { Property.Name: "Values", Instance: { } dictionary } => Producers(dictionary, part),
            IInvocationOperation invocation when IsInNamespaceSystem(invocation) => SequenceArguments(invocation).SelectMany(sequence => Producers(sequence, part)),
            IObjectCreationOperation { Arguments: [var copied, ..] } => Producers(copied.Value, part),
            ICollectionExpressionOperation collection => collection.Elements.OfType<ISpreadOperation>().SelectMany(spread => Producers(spread.Operand, part)),
            IConditionalOperation { WhenFalse: { } whenFalse } conditional => Producers(conditional.WhenTrue, part).Concat(Producers(whenFalse, part)),
            ILocalReferenceOperation local => OfLocal(local, part),
            _ => [],
        };
    }

    /// <summary>The function that makes a task of each item.</summary>
    private static IOperation? ProjectionOf(IInvocationOperation query) => !IsInNamespaceSystem(query) ? null : query.TargetMethod.Name switch
    {
        "Select" or "SelectMany" when query.Arguments.Length >= 2 => query.Arguments[query.Arguments.Length - 1].Value,
        "Zip" => query.Argument("resultSelector"),
        "ToDictionary" => query.Argument("elementSelector"),
        "ConvertAll" => query.Argument("converter"),
        _ => null,
    };

    private IEnumerable<TaskProducer> OfProjection(IInvocationOperation projection, IOperation function, string? part)
    {
        var items = projection.Receiver() ?? projection.Arguments[0].Value;
        if (part is null && TaskPart.ReadBy(function) is { } read)
            return Producers(items, read.Name);

        if (part is null)
            return [TaskProducer.FromDelegate(function, counter.Of(items), projection)];

        return function.Lambda() is { } lambda && TaskPart.Results(lambda) is [var result] && TaskPart.Of(result, part) is { } task
            ? [TaskProducer.FromPart(task, lambda, counter.Of(items), projection)]
            : [];
    }

    private static bool IsInNamespaceSystem(IInvocationOperation invocation) =>
        invocation.TargetMethod.ContainingNamespace?.ToDisplayString().StartsWith("System", StringComparison.Ordinal) == true;

    private static IEnumerable<IOperation> SequenceArguments(IInvocationOperation invocation) =>
        invocation.TargetMethod.Name is "Concat" or "Union"
            ? invocation.Arguments.Select(argument => argument.Value)
            : invocation.Receiver() is { } receiver ? [receiver] : [];

    private List<TaskProducer> OfLocal(ILocalReferenceOperation reference, string? part)
    {
        var local = reference.Local;
        if (!_localsBeingRead.Add(local))
            return [];

        var root = reference.Root();
        var producers = LocalValues.Of(local, root).SelectMany(value => Producers(value, part))
            .Concat(root.DescendantsAndSelf().SelectMany(operation => operation switch
            {
                IInvocationOperation { TargetMethod.Name: "Add" or "TryAdd" or "Enqueue" or "Push" } add when LocalValues.IsOn(add.Instance, local) => OfStore(add, add.Arguments[add.Arguments.Length - 1].Value, local, part),
                IInvocationOperation { TargetMethod.Name: "AddRange" } add when LocalValues.IsOn(add.Receiver(), local) => Producers(add.Arguments[add.Arguments.Length - 1].Value, part),
                ISimpleAssignmentOperation { Target: IArrayElementReferenceOperation element } store when LocalValues.IsOn(element.ArrayReference, local) => OfStore(store, store.Value, local, part),
                ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.IsIndexer: true } element } store when LocalValues.IsOn(element.Instance, local) => OfStore(store, store.Value, local, part),
                _ => [],
            }))
            .ToList();

        _localsBeingRead.Remove(local);
        return producers;
    }

    /// <summary>A task put into the list or array in a loop. In a loop that also waits for the list, at most a batch is in flight.</summary>
    private IEnumerable<TaskProducer> OfStore(IOperation store, IOperation stored, ILocalSymbol list, string? part)
    {
        if ((part is null ? TaskPart.ValueOf(stored) : TaskPart.Of(stored, part)) is not { } task)
            return [];

        var loops = store.LoopsSinceDeclarationOf(list).ToImmutableArray();
        if (loops.IsEmpty)
            return OfStoreInLambda(store, task, list);
        if (loops.Any(loop => WaitsFor(loop.Body, list)))
            return [];

        var count = loops.All(loop => counter.Of(loop) == ItemCount.Bounded) ? ItemCount.Bounded : ItemCount.Unbounded;
        return [TaskProducer.FromLoop(task, loops, count, store)];
    }

    /// <summary><c>items.ForEach(item => tasks.Add(..))</c>, <c>Parallel.For(0, n, i => tasks[i] = ..)</c>: a loop by another name.</summary>
    private IEnumerable<TaskProducer> OfStoreInLambda(IOperation store, IOperation task, ILocalSymbol list)
    {
        if (store.EnclosingFunction() is not IAnonymousFunctionOperation lambda
            || lambda.Syntax.Span.Contains(list.Locations[0].SourceSpan)
            || lambda.GivenTo() is not { TargetMethod.Name: "ForEach" or "For" } loop
            || !IsInNamespaceSystem(loop)
            || WaitsFor(lambda.Body, list))
            return [];

        var count = loop.Argument("toExclusive") is { } end ? counter.OfNumber(end) : counter.Of(loop.Receiver() ?? loop.Arguments[0].Value);
        return [TaskProducer.FromPart(task, lambda, count, store)];
    }

    private bool WaitsFor(IOperation body, ILocalSymbol list) =>
        body.Descendants().OfType<IInvocationOperation>().Any(call =>
            types.IsTask(call.TargetMethod.ContainingType)
            && call.TargetMethod.Name is "WhenAll" or "WhenAny" or "WaitAll" or "WaitAny"
            && call.Arguments.Any(argument => argument.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Any(reference => LocalValues.IsOn(reference, list))));
}
