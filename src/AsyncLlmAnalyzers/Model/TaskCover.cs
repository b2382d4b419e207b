using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// Which tasks are complete once an expression is: itself, the collection it was made of, the tasks given to <c>WhenAll</c>.
/// A helper of another library that is given the task is believed to wait for it.
/// </summary>
internal sealed class TaskCover(KnownTypes types, TaskSources sources)
{
    /// <summary>Once all of <paramref name="awaited"/> is complete, so is the task (or every task of the collection) the path names.</summary>
    public bool Covers(IOperation awaited, IOperation path)
    {
        awaited = awaited.WithoutConversions();
        if (TaskPath.AreSame(awaited, path))
            return !IsLazy(awaited);

        return awaited switch
        {
            IInvocationOperation { TargetMethod.Name: "Select" } select => ReadsMember(select) && Covers(select.Receiver()!, path),
            IInvocationOperation helper when !helper.TargetMethod.ContainingType.IsInNamespace("System") => helper.Arguments.Any(argument => Covers(argument.Value, path)),
            IInvocationOperation invocation => (TaskSources.KeepsAll(invocation) || types.IsCombinator(invocation, "WhenAll") || types.IsCombinator(invocation, "WhenEach")) && AnySourceCovers(invocation, path),
            IArrayCreationOperation or ICollectionExpressionOperation or IObjectCreationOperation or IConditionalAccessInstanceOperation => AnySourceCovers(awaited, path),
            ISimpleAssignmentOperation assignment => Covers(assignment.Target, path) || Covers(assignment.Value, path),
            IPropertyReferenceOperation { Property.Name: "Values", Instance: { } dictionary } => Covers(dictionary, path),
            ILocalReferenceOperation local => local.Initializer() is { } value && TaskPath.CollectionOf(value) is null && AnySourceCovers(local, path),
            _ => false,
        };
    }

    /// <summary>A query still to run: its type says only that it can be enumerated, and nothing shows that it was materialised.</summary>
    public bool IsLazy(IOperation sequence) =>
        IsQuery(sequence.Type)
        && (sequence is not ILocalReferenceOperation local || LocalValues.Of(local).Any(value => IsQuery(value.WithoutConversions().Type)));

    private bool IsQuery(ITypeSymbol? type) =>
        KnownTypes.Is(type, types.EnumerableOfT) || type is INamedTypeSymbol { Name: "IOrderedEnumerable" or "IQueryable" or "ParallelQuery" };

    private bool AnySourceCovers(IOperation awaited, IOperation path) => sources.Of(awaited).Any(source => Covers(source, path));

    /// <summary><c>started.Select(s => s.Task)</c>: reads the tasks, starts none.</summary>
    private static bool ReadsMember(IInvocationOperation select) =>
        select.Receiver() is not null
        && select.Arguments[select.Arguments.Length - 1].Value.Lambda() is { Body: var body }
        && body.Descendants().OfType<IInvocationOperation>().All(TaskSources.KeepsAll);
}
