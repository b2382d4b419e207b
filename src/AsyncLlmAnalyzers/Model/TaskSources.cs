using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// Where a task, or a collection of tasks, comes from, one step at a time: through locals, collections, LINQ, loop variables,
/// lambda parameters, and members that hand a task on.
/// </summary>
internal sealed class TaskSources(KnownTypes types)
{
    /// <summary>The expressions this one has its tasks from; none when it starts them itself, or they come from elsewhere.</summary>
    public IEnumerable<IOperation> Of(IOperation tasks)
    {
        tasks = tasks.WithoutConversions();
        return tasks switch
        {
            IConditionalAccessInstanceOperation instance => One(instance.ConditionalTarget()),
            IConditionalAccessOperation access => [access.WhenNotNull],
            IAwaitOperation await => [await.Operation],
            IInvocationOperation invocation => OfInvocation(invocation),
            ILocalReferenceOperation local => OfLocal(local),
            IParameterReferenceOperation parameter => One(SequenceOf(parameter)),
            IArrayElementReferenceOperation element => [element.ArrayReference],
            IPropertyReferenceOperation { Property.Name: TaskWait.ResultName, Instance: { } task } when types.IsTaskLike(task.Type) => [task],
            IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } collection } => [collection],
            IPropertyReferenceOperation { Property.ContainingType.IsAnonymousType: true, Instance: { } value } => [value],
            IPropertyReferenceOperation { Property: { Name: "Value", ContainingType.Name: "Lazy" or "KeyValuePair" }, Instance: { } value } => [value],
            IFieldReferenceOperation { Field.ContainingType.IsTupleType: true, Instance: { } tuple } => [tuple],
            IConditionalOperation { WhenFalse: { } whenFalse } conditional => [conditional.WhenTrue, whenFalse],
            ICoalesceOperation coalesce => [coalesce.Value, coalesce.WhenNull],
            ISwitchExpressionOperation @switch => @switch.Arms.Select(arm => arm.Value),
            IAssignmentOperation assignment => [assignment.Value],
            IArrayCreationOperation { Initializer: { } initializer } => initializer.ElementValues,
            ICollectionExpressionOperation collection => collection.Elements.Select(element => element is ISpreadOperation spread ? spread.Operand : element),
            IObjectCreationOperation creation => OfCreation(creation),
            _ => [],
        };
    }

    /// <summary>The member gives the very tasks of its receiver: none left out, none started.</summary>
    public static bool KeepsAll(IInvocationOperation invocation) =>
        invocation.TargetMethod.ContainingType.IsInNamespace("System")
        && invocation.TargetMethod.Name is
            "ConfigureAwait" or "AsTask" or "Preserve" or "GetAwaiter" or "WaitAsync" or "ToArray" or "ToList" or "ToImmutableArray"
            or "AsEnumerable" or "AsReadOnly" or "Cast" or "Concat" or "Append" or "Prepend" or "Reverse" or "OrderBy" or "OrderByDescending";

    /// <summary>The invocation that is given the lambda whose parameter this is.</summary>
    public static IInvocationOperation? LambdaCallOf(IParameterReferenceOperation reference) => reference.Ancestors()
        .OfType<IAnonymousFunctionOperation>()
        .FirstOrDefault(lambda => SymbolEqualityComparer.Default.Equals(lambda.Symbol, reference.Parameter.ContainingSymbol))
        ?.GivenTo();

    /// <summary>The values a local is given, and what is put into the list, array or dictionary it holds.</summary>
    private static IEnumerable<IOperation> OfLocal(ILocalReferenceOperation reference)
    {
        if (LocalValues.IterationOf(reference.Local, reference) is { } loop)
            return [loop.Collection];

        var root = reference.Root();
        return LocalValues.Of(reference.Local, root).Concat(LocalValues.ElementsPutInto(reference.Local, root)).Concat(LocalValues.CollectionsThatGive(reference.Local, root));
    }

    private IEnumerable<IOperation> OfInvocation(IInvocationOperation invocation)
    {
        var method = invocation.TargetMethod;
        if (types.IsTask(method.ContainingType) && method.Name is "WhenAll" or "WhenAny" or "WhenEach" or "FromResult")
            return invocation.Arguments.Select(argument => argument.Value);

        return KeepsAll(invocation)
            || types.IsTask(method.ContainingType) && method.Name == "ContinueWith"
            || method.Name == "Unwrap"
            || types.IsAsyncEnumerable(invocation.ReceiverType()) || method.Name == "MoveNextAsync"
            || method.ContainingType.IsInNamespace("System.Linq") && method.Name is not ("Select" or "SelectMany")
                ? Receivers(invocation)
                : [];
    }

    private static IEnumerable<IOperation> Receivers(IInvocationOperation invocation) =>
        invocation.TargetMethod.Name is "Concat" or "Append" or "Prepend" or "Union"
            ? One(invocation.Receiver()).Concat(invocation.Arguments.Select(argument => argument.Value))
            : One(invocation.Receiver());

    private static IEnumerable<IOperation> OfCreation(IObjectCreationOperation creation)
    {
        var initializers = creation.Initializer?.Initializers ?? [];
        var set = initializers.OfType<ISimpleAssignmentOperation>().Where(assignment => assignment.Target is IPropertyReferenceOperation { Property.IsIndexer: true });
        return creation.Arguments.Concat(initializers.OfType<IInvocationOperation>().SelectMany(add => add.Arguments)).Select(argument => argument.Value)
            .Concat(set.Select(assignment => assignment.Value));
    }

    /// <summary>In <c>tasks.Select(t => ..)</c>, <c>task.ContinueWith(t => ..)</c> and their kin: what <c>t</c> is taken from.</summary>
    private IOperation? SequenceOf(IParameterReferenceOperation reference)
    {
        if (LambdaCallOf(reference) is not { } call || !call.TargetMethod.ContainingType.IsInNamespace("System"))
            return null;

        if (call.TargetMethod.Name == "Zip" && reference.Parameter.Ordinal == 1)
            return call.Argument("second");

        return types.IsTaskLike(reference.Type) || reference.Type is { IsTupleType: true } or { IsAnonymousType: true }
            ? call.Receiver() ?? call.Arguments.FirstOrDefault()?.Value
            : null;
    }

    private static IEnumerable<IOperation> One(IOperation? operation) => operation is null ? [] : [operation];
}
