using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Expressions that name a task (or a collection of tasks) without starting it: <c>task</c>, <c>tasks[i]</c>, <c>this.tasks</c>.</summary>
internal static class TaskPath
{
    /// <summary>The expression names the same task each time it is evaluated, until something in it is assigned.</summary>
    public static bool Is(IOperation operation) => operation.WithoutConversions() switch
    {
        ILocalReferenceOperation or IParameterReferenceOperation or IInstanceReferenceOperation or ILiteralOperation => true,
        IFieldReferenceOperation field => field.Instance is null || Is(field.Instance),
        IPropertyReferenceOperation property => (property.Instance is null || Is(property.Instance)) && property.Arguments.All(argument => Is(argument.Value)),
        IArrayElementReferenceOperation element => Is(element.ArrayReference) && element.Indices.All(Is),
        _ => false,
    };

    public static bool AreSame(IOperation? left, IOperation? right) => (left?.WithoutConversions(), right?.WithoutConversions()) switch
    {
        (null, null) => true,
        (ILocalReferenceOperation a, ILocalReferenceOperation b) => AreSame(a.Local, b.Local),
        (IParameterReferenceOperation a, IParameterReferenceOperation b) => AreSame(a.Parameter, b.Parameter),
        (IInstanceReferenceOperation, IInstanceReferenceOperation) => true,
        (ILiteralOperation a, ILiteralOperation b) => Equals(a.ConstantValue.Value, b.ConstantValue.Value),
        (IFieldReferenceOperation a, IFieldReferenceOperation b) => AreSame(a.Field, b.Field) && AreSame(a.Instance, b.Instance),
        (IPropertyReferenceOperation a, IPropertyReferenceOperation b) => AreSame(a.Property, b.Property) && AreSame(a.Instance, b.Instance)
            && a.Arguments.Zip(b.Arguments, (x, y) => AreSame(x.Value, y.Value)).All(same => same),
        (IArrayElementReferenceOperation a, IArrayElementReferenceOperation b) => AreSame(a.ArrayReference, b.ArrayReference)
            && a.Indices.Zip(b.Indices, AreSame).All(same => same),
        _ => false,
    };

    /// <summary>The collection when this is <c>collection[i]</c>.</summary>
    public static IOperation? CollectionOf(IOperation operation) => operation.WithoutConversions() switch
    {
        IArrayElementReferenceOperation element => element.ArrayReference,
        IPropertyReferenceOperation { Property.IsIndexer: true } element => element.Instance,
        _ => null,
    };

    /// <summary>Between the one operation and the other, something in the path was assigned, or its collection got another task.</summary>
    public static bool IsReplaced(IOperation path, IOperation from, IOperation to)
    {
        var locals = path.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Select(reference => reference.Local).ToList();
        return locals.Count > 0 && to.Root().DescendantsAndSelf().Any(operation => locals.Any(local => Replaces(operation, local)) && IsBetween(operation, from, to));
    }

    private static bool Replaces(IOperation operation, ILocalSymbol local) => operation switch
    {
        IAssignmentOperation { Target: ILocalReferenceOperation target } => AreSame(target.Local, local),
        IIncrementOrDecrementOperation { Target: ILocalReferenceOperation target } => AreSame(target.Local, local),
        _ => LocalValues.ElementsPutBy(operation, local).Any(),
    };

    /// <summary>Written after the one and before the other, or later in a loop that comes back to the other.</summary>
    private static bool IsBetween(IOperation write, IOperation from, IOperation to) =>
        write.Syntax.SpanStart >= from.Syntax.Span.End
        && (write.Syntax.SpanStart < to.Syntax.SpanStart
            || write.Ancestors().OfType<ILoopOperation>().Any(loop => loop.Syntax.Span.Contains(to.Syntax.Span) && !loop.Syntax.Span.Contains(from.Syntax.Span)));

    private static bool AreSame(ISymbol left, ISymbol right) => SymbolEqualityComparer.Default.Equals(left, right);
}
