using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What a condition says about a task: <c>IsCompletedSuccessfully</c>, <c>Status</c>, a timed wait, the winner of a <c>WhenAny</c>.</summary>
internal sealed class CompletionTests(KnownTypes types, TaskSources sources, TaskCover cover)
{
    /// <summary>The part of the condition that proves the path's task complete when the condition has this value.</summary>
    public IOperation? Implied(IOperation condition, bool value, IOperation path)
    {
        condition = condition.WithoutConversions();
        switch (condition)
        {
            case IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } negation:
                return Implied(negation.Operand, !value, path);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd } both:
                return Combine(Implied(both.LeftOperand, value, path), Implied(both.RightOperand, value, path), oneIsEnough: value);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr } either:
                return Combine(Implied(either.LeftOperand, value, path), Implied(either.RightOperand, value, path), oneIsEnough: !value);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Equals or BinaryOperatorKind.NotEquals } equality:
                var areEqual = equality.OperatorKind == BinaryOperatorKind.Equals == value;
                return ImpliedByEquality(equality.LeftOperand, equality.RightOperand, areEqual, path)
                    ?? ImpliedByEquality(equality.RightOperand, equality.LeftOperand, areEqual, path);
        }

        return !value ? null : condition switch
        {
            IIsPatternOperation isPattern => ImpliedByPattern(isPattern, path),
            IPropertyReferenceOperation { Instance: { } task } test => IsTest(test.Property) && cover.Covers(task, path) ? test : null,
            IInvocationOperation { TargetMethod.Name: "All" } all => all.Receiver() is { } tasks && cover.Covers(tasks, path) ? OfPredicate(all) : null,
            IInvocationOperation timed => !types.IsCombinator(timed, "WaitAny") && TaskWait.From(timed, types) is { } wait && wait.Tasks.Any(task => cover.Covers(task, path)) ? timed : null,
            _ => null,
        };
    }

    /// <summary>The test by which <c>Where</c> or <c>All</c> lets only completed tasks through.</summary>
    public IOperation? OfPredicate(IInvocationOperation query) =>
        query.Arguments[query.Arguments.Length - 1].Value.Lambda() is { Symbol.Parameters: [var parameter, ..], Body: var body }
        && body.Operations is [IReturnOperation { ReturnedValue: { } test }]
        && body.Descendants().OfType<IParameterReferenceOperation>().FirstOrDefault(reference => SymbolEqualityComparer.Default.Equals(reference.Parameter, parameter)) is { } element
            ? Implied(test, true, element)
            : null;

    /// <summary>The label of a <c>switch</c> over the task's status under which it is complete.</summary>
    public static IOperation? OfStatus(IOperation switched, IOperation label, IOperation path) =>
        IsStatusOf(switched, path) && IsFinal(label) ? label : null;

    /// <summary>The <c>Task.WhenAny(..)</c> that this is the awaited winner of.</summary>
    public IInvocationOperation? RaceOf(IOperation winner) => winner.WithoutConversions() switch
    {
        IAwaitOperation await => RaceOf(await.Operation),
        ILocalReferenceOperation local when local.Initializer()?.WithoutConversions() is IAwaitOperation await => RaceOf(await.Operation),
        IInvocationOperation invocation when types.IsCombinator(invocation, "WhenAny") => invocation,
        IInvocationOperation { TargetMethod.Name: "ConfigureAwait" } invocation when invocation.Receiver() is { } receiver => RaceOf(receiver),
        _ => null,
    };

    private static IOperation? Combine(IOperation? left, IOperation? right, bool oneIsEnough) =>
        oneIsEnough ? left ?? right : left is null ? null : right;

    /// <summary><c>winner == task</c>, <c>winner != theOther</c>, <c>task.Status == TaskStatus.RanToCompletion</c>.</summary>
    private IOperation? ImpliedByEquality(IOperation left, IOperation right, bool areEqual, IOperation path)
    {
        if (areEqual && OfStatus(left, right, path) is { } status)
            return status;
        if (RaceOf(left) is not { } race)
            return null;

        var isWinner = areEqual
            ? TaskPath.AreSame(right, path)
            : !TaskPath.AreSame(right, path) && Racers(race) is [var one, var other] && (TaskPath.AreSame(one, path) || TaskPath.AreSame(other, path));
        return isWinner ? race : null;
    }

    private List<IOperation> Racers(IInvocationOperation race) =>
        [.. race.Arguments.SelectMany(argument => argument.Value is IArrayCreationOperation or ICollectionExpressionOperation ? sources.Of(argument.Value) : [argument.Value])];

    private IOperation? ImpliedByPattern(IIsPatternOperation isPattern, IOperation path) => isPattern.Pattern switch
    {
        IConstantPatternOperation constant => OfStatus(isPattern.Value, constant.Value, path),
        IRecursivePatternOperation pattern when cover.Covers(isPattern.Value, path) => pattern.PropertySubpatterns.FirstOrDefault(part =>
            part is { Member: IPropertyReferenceOperation member, Pattern: IConstantPatternOperation { Value.ConstantValue.Value: true } } && IsTest(member.Property)),
        _ => null,
    };

    private static bool IsTest(IPropertySymbol property) => property.Name is "IsCompleted" or "IsCompletedSuccessfully" or "IsFaulted" or "IsCanceled";

    private static bool IsStatusOf(IOperation operation, IOperation path) =>
        operation.WithoutConversions() is IPropertyReferenceOperation { Property.Name: "Status", Instance: { } task } && TaskPath.AreSame(task, path);

    private static bool IsFinal(IOperation status) => status.WithoutConversions().ConstantValue is
        { HasValue: true, Value: (int)TaskStatus.RanToCompletion or (int)TaskStatus.Faulted or (int)TaskStatus.Canceled };
}
