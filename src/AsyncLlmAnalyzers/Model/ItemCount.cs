using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// How many items a sequence can have. Bounded: a literal, or a number the author chose (a page, a chunk, <c>Take(n)</c>).
/// Unbounded: as many as the data happens to have.
/// </summary>
internal enum ItemCount
{
    Bounded,
    Unbounded,
}

/// <summary>Reads the <see cref="ItemCount"/> of an expression, through locals, readonly fields and callers of private methods.</summary>
internal sealed class ItemCounter(LlmContext context, int smallFanOut, CancellationToken cancellationToken)
{
    private const int MaxDepth = 12;

    /// <summary>Names under which libraries offer "split into pieces of at most n".</summary>
    private static readonly HashSet<string> ChunkNames = ["Chunk", "Batch", "Buffer", "Window", "Partition", "InBatchesOf", "BatchesOf", "SplitIntoBatches"];

    private static readonly HashSet<string> CountNames = ["Count", "Length", "LongLength", "LongCount"];

    public ItemCount Of(IOperation sequence) => Of(sequence, MaxDepth);

    /// <summary>How many there are when this number of them is made.</summary>
    public ItemCount OfNumber(IOperation number) => OfLimit(number, MaxDepth);

    /// <summary>How often the loop runs its body.</summary>
    public ItemCount Of(ILoopOperation loop) => loop switch
    {
        _ when IsLeftAtACount(loop) => ItemCount.Bounded,
        IForEachLoopOperation forEach => Of(forEach.Collection),
        IForLoopOperation { Condition: IBinaryOperation condition } => OfLimit(condition.RightOperand, MaxDepth) == ItemCount.Bounded
            || OfLimit(condition.LeftOperand, MaxDepth) == ItemCount.Bounded && condition.LeftOperand.IsConstant(out _)
                ? ItemCount.Bounded
                : ItemCount.Unbounded,
        IWhileLoopOperation { Condition: { } condition } when ComparesACount(condition) => ItemCount.Bounded,
        IWhileLoopOperation { Condition: IBinaryOperation { OperatorKind: BinaryOperatorKind.LessThan or BinaryOperatorKind.LessThanOrEqual } condition } when Counts(loop, condition.LeftOperand) => OfLimit(condition.RightOperand, MaxDepth),
        _ => ItemCount.Unbounded,
    };

    /// <summary><c>if (tasks.Count >= limit) break;</c></summary>
    private bool IsLeftAtACount(ILoopOperation loop) => loop.Body.Descendants().OfType<IConditionalOperation>().Any(guard =>
        LimitOf(guard.Condition, isCount: static _ => true) is { } limit && OfLimit(limit, MaxDepth) == ItemCount.Bounded
        && guard.WhenTrue.DescendantsAndSelf().OfType<IBranchOperation>().Any(branch => SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel)));

    /// <summary><c>if (items.Count > limit) throw ..;</c> before the items are used: a number the author chose.</summary>
    private bool IsGuarded(IOperation sequence, ISymbol variable)
    {
        return sequence.Root().Descendants().Any(operation => operation.Syntax.SpanStart < sequence.Syntax.SpanStart && operation switch
        {
            IConditionalOperation { WhenFalse: null } guard => LimitOf(guard.Condition, IsOfVariable) is { } limit && IsChosen(limit) && Leaves(guard.WhenTrue),
            IInvocationOperation { TargetMethod: { Name: "ThrowIfGreaterThan" or "ThrowIfGreaterThanOrEqual" }, Arguments: [var count, var limit, ..] } => IsOfVariable(count.Value) && IsChosen(limit.Value),
            _ => false,
        });

        bool IsOfVariable(IOperation count) => CountedBy(count)?.WithoutConversions().IsVariable(variable) == true;

        bool IsChosen(IOperation limit) => OfLimit(limit, MaxDepth) == ItemCount.Bounded;
    }

    private static bool Leaves(IOperation branch) => branch switch
    {
        IBlockOperation { Operations: [.., var last] } => Leaves(last),
        IExpressionStatementOperation { Operation: IThrowOperation } => true,
        _ => branch is IReturnOperation or IThrowOperation or IBranchOperation,
    };

    /// <summary>The other side of a comparison that is true when a count is large.</summary>
    private static IOperation? LimitOf(IOperation condition, Func<IOperation, bool> isCount) => condition.WithoutConversions() switch
    {
        IBinaryOperation { OperatorKind: BinaryOperatorKind.GreaterThan or BinaryOperatorKind.GreaterThanOrEqual } binary
            when CountedBy(binary.LeftOperand) is not null && isCount(binary.LeftOperand) => binary.RightOperand,
        IBinaryOperation { OperatorKind: BinaryOperatorKind.LessThan or BinaryOperatorKind.LessThanOrEqual } binary
            when CountedBy(binary.RightOperand) is not null && isCount(binary.RightOperand) => binary.LeftOperand,
        _ => null,
    };

    /// <summary>In <c>items.Count</c>: the items.</summary>
    private static IOperation? CountedBy(IOperation count) => count.WithoutConversions() switch
    {
        IPropertyReferenceOperation { Instance: { } instance } property when CountNames.Contains(property.Property.Name) => instance,
        IInvocationOperation invocation when CountNames.Contains(invocation.TargetMethod.Name) => invocation.Receiver(),
        _ => null,
    };

    /// <summary>A number that the loop makes larger by one.</summary>
    private static bool Counts(ILoopOperation loop, IOperation value) => value.WithoutConversions() switch
    {
        IIncrementOrDecrementOperation { Kind: OperationKind.Increment } => true,
        ILocalReferenceOperation { Local: { Type.SpecialType: SpecialType.System_Int32 } local } =>
            loop.Body.Descendants().Any(operation => operation is IIncrementOrDecrementOperation { Kind: OperationKind.Increment } step && step.Target.IsVariable(local)),
        _ => false,
    };

    private static bool ComparesACount(IOperation condition) =>
        condition.DescendantsAndSelf().OfType<IBinaryOperation>().Any(binary =>
            binary.OperatorKind is BinaryOperatorKind.LessThan or BinaryOperatorKind.LessThanOrEqual
            && binary.LeftOperand.WithoutConversions() is IPropertyReferenceOperation { Property.Name: "Count" });

    private ItemCount Of(IOperation sequence, int depth)
    {
        sequence = sequence.WithoutConversions();
        if (depth == 0)
            return ItemCount.Bounded; // too far to prove anything: silent

        switch (sequence)
        {
            case IArrayCreationOperation { Initializer: not null }:
                return ItemCount.Bounded;
            case IArrayCreationOperation { DimensionSizes: [var size] }:
                return OfLimit(size, depth - 1);
            case ICollectionExpressionOperation collection:
                return Worst(collection.Elements.OfType<ISpreadOperation>().Select(spread => Of(spread.Operand, depth - 1)));
            case IObjectCreationOperation creation:
                return Worst(creation.Arguments
                    .Where(argument => argument.Parameter?.Type.AllInterfaces.Any(i => KnownTypes.Is(i, context.Types.EnumerableOfT)) == true
                        || KnownTypes.Is(argument.Parameter?.Type, context.Types.EnumerableOfT))
                    .Select(argument => Of(argument.Value, depth - 1)));
            case IInvocationOperation invocation:
                return OfInvocation(invocation, depth);
            case ILocalReferenceOperation local:
                return IsGuarded(local, local.Local) ? ItemCount.Bounded : OfLocal(local, depth);
            case IParameterReferenceOperation parameter:
                return IsGuarded(parameter, parameter.Parameter) ? ItemCount.Bounded : OfParameter(parameter, depth, Of);
            case IFieldReferenceOperation { Field: { IsReadOnly: true } or { IsConst: true } } field:
                return OfInitializer(field.Field, depth);
            case IPropertyReferenceOperation { Property: { SetMethod: null, IsIndexer: false } property }:
                return OfInitializer(property, depth);
            case IArrayElementReferenceOperation { Indices: [var index] } when IsRange(index):
            case IImplicitIndexerReferenceOperation { Argument: var argument } when IsRange(argument):
                return ItemCount.Bounded;
            case IConditionalOperation { WhenFalse: { } whenFalse } conditional:
                return Worst([Of(conditional.WhenTrue, depth - 1), Of(whenFalse, depth - 1)]);
            case ICoalesceOperation coalesce:
                return Of(coalesce.Value, depth - 1);
            case IAwaitOperation await:
                return Of(await.Operation, depth - 1);
            default:
                return ItemCount.Unbounded;
        }
    }

    private ItemCount OfInvocation(IInvocationOperation invocation, int depth)
    {
        var name = invocation.TargetMethod.Name;
        var arguments = invocation.Arguments;
        if (ChunkNames.Contains(name) || name is "Take" or "TakeLast")
            return OfPieceSize(invocation, depth);

        switch (name)
        {
            case "Range" or "Repeat" when KnownTypes.Is(invocation.TargetMethod.ContainingType, context.Types.Enumerable) && arguments.Length == 2:
                return OfLimit(arguments[1].Value, depth - 1);
            case "GetRange" or "Slice":
                return OfPieceSize(invocation, depth);
            case "GetValues" or "GetNames" when invocation.TargetMethod.ContainingType.SpecialType == SpecialType.System_Enum:
                return ItemCount.Bounded;
            case "SelectMany" or "GroupBy" or "Concat" or "Union":
                return ItemCount.Unbounded;
        }

        // A LINQ operator or copy keeps at most as many items as it is given.
        return invocation.TargetMethod.ContainingNamespace?.ToDisplayString() is "System.Linq" or "System.Collections.Immutable" or "System.Collections.Generic" or "System.Collections.Frozen"
            && invocation.Receiver() is { } receiver
                ? Of(receiver, depth - 1)
                : ItemCount.Unbounded;
    }

    private ItemCount OfPieceSize(IInvocationOperation invocation, int depth)
    {
        var sizes = invocation.Arguments.Where(argument => argument.Parameter?.Type.SpecialType == SpecialType.System_Int32).ToList();
        return sizes.Count == 0 ? ItemCount.Bounded : OfLimit(sizes[sizes.Count - 1].Value, depth - 1);
    }

    private ItemCount OfLocal(ILocalReferenceOperation reference, int depth)
    {
        if (LocalValues.IterationOf(reference.Local, reference) is { } loop)
            return OfElement(loop.Collection, depth - 1);

        var root = reference.Root();
        var values = LocalValues.Of(reference.Local, root);
        if (values.IsEmpty)
            return ItemCount.Unbounded;

        var additions = root.DescendantsAndSelf().OfType<IInvocationOperation>()
            .Where(call => call.TargetMethod.Name is "Add" or "AddRange" or "Enqueue" or "Push"
                && call.Instance?.WithoutConversions() is ILocalReferenceOperation target
                && SymbolEqualityComparer.Default.Equals(target.Local, reference.Local));

        return Worst(values.Select(value => Of(value, depth - 1)).Concat(additions.Select(addition => OfAddition(addition, reference.Local, depth))));
    }

    private ItemCount OfAddition(IInvocationOperation addition, ILocalSymbol list, int depth)
    {
        if (addition.TargetMethod.Name == "AddRange")
            return Of(addition.Arguments[0].Value, depth - 1);

        var loops = addition.LoopsSinceDeclarationOf(list).ToList();
        return loops.Count == 0 ? ItemCount.Bounded : Worst(loops.Select(loop => Of(loop)));
    }

    private ItemCount OfParameter(IParameterReferenceOperation reference, int depth, Func<IOperation, int, ItemCount> ofArgument)
    {
        if (depth == 0)
            return ItemCount.Bounded;

        if (reference.Parameter.ContainingSymbol is not IMethodSymbol method)
            return ItemCount.Unbounded;

        if (method.MethodKind == MethodKind.AnonymousFunction)
            return SequenceOfLambdaParameter(reference) is { } sequence ? OfElement(sequence, depth - 1) : ItemCount.Unbounded;

        if (method.MethodKind != MethodKind.LocalFunction && method.DeclaredAccessibility != Accessibility.Private)
            return ItemCount.Unbounded;

        var callers = context.Callers.Of(method, cancellationToken);
        if (callers.IsDefaultOrEmpty)
            return ItemCount.Unbounded;

        // Today's callers may all pass a short literal: the method still takes any number, only a piece is cut to size for it.
        return Worst(callers.Select(call =>
            call.Arguments.FirstOrDefault(argument => argument.Parameter?.Ordinal == reference.Parameter.Ordinal) is not { } argument ? ItemCount.Bounded
            : IsLiteral(argument.Value) ? ItemCount.Unbounded
            : ofArgument(argument.Value, depth - 1)));
    }

    private static bool IsLiteral(IOperation sequence) => sequence.WithoutConversions() switch
    {
        IArrayCreationOperation { Initializer: not null } or ICollectionExpressionOperation => true,
        ILocalReferenceOperation local when local.Initializer() is { } initializer => IsLiteral(initializer),
        _ => false,
    };

    /// <summary>In <c>xs.Select(x => ..)</c> or <c>Parallel.ForEachAsync(xs, (x, ct) => ..)</c>: <c>xs</c>, seen from <c>x</c>.</summary>
    private static IOperation? SequenceOfLambdaParameter(IParameterReferenceOperation reference)
    {
        var lambda = reference.Ancestors().OfType<IAnonymousFunctionOperation>()
            .FirstOrDefault(candidate => SymbolEqualityComparer.Default.Equals(candidate.Symbol, reference.Parameter.ContainingSymbol));
        var call = lambda?.Ancestors().OfType<IInvocationOperation>().FirstOrDefault();
        if (call is null || reference.Parameter.Ordinal != 0)
            return null;

        return call.Receiver() ?? call.Arguments.FirstOrDefault()?.Value;
    }

    /// <summary>How many items one element of the sequence has: that of a chunk is the chunk's size.</summary>
    private ItemCount OfElement(IOperation sequence, int depth)
    {
        sequence = sequence.WithoutConversions();
        if (depth == 0)
            return ItemCount.Bounded;

        switch (sequence)
        {
            case IInvocationOperation invocation when ChunkNames.Contains(invocation.TargetMethod.Name):
                return OfPieceSize(invocation, depth);
            case IInvocationOperation invocation when invocation.TargetMethod.Name is not ("GroupBy" or "Select" or "SelectMany" or "Zip")
                && invocation.Receiver() is { } receiver:
                return OfElement(receiver, depth - 1);
            case ILocalReferenceOperation local when local.Initializer() is { } initializer:
                return OfElement(initializer, depth - 1);
            case IParameterReferenceOperation parameter:
                return OfParameter(parameter, depth, OfElement);
            case ICollectionExpressionOperation collection:
                return Worst(collection.Elements.Select(element => element is ISpreadOperation spread ? OfElement(spread.Operand, depth - 1) : Of(element, depth - 1)));
            case IArrayCreationOperation { Initializer: { } initializer }:
                return Worst(initializer.ElementValues.Select(element => Of(element, depth - 1)));
            default:
                return ItemCount.Unbounded;
        }
    }

    /// <summary>
    /// A number that limits a count: a constant is small or not, the count of another sequence is that sequence's,
    /// and any other number is one the author chose.
    /// </summary>
    private ItemCount OfLimit(IOperation number, int depth)
    {
        number = number.WithoutConversions();
        if (number.ConstantValue is { HasValue: true, Value: int constant })
            return constant <= smallFanOut ? ItemCount.Bounded : ItemCount.Unbounded;

        if (depth == 0)
            return ItemCount.Bounded;

        switch (number)
        {
            case not null when CountedBy(number) is { } counted:
                return Of(counted, depth - 1);
            case IInvocationOperation { TargetMethod.Name: "Max", Arguments: [var left, var right] } invocation when KnownTypes.Is(invocation.TargetMethod.ContainingType, context.Types.Math):
                return Worst([OfLimit(left.Value, depth - 1), OfLimit(right.Value, depth - 1)]);
            case ILocalReferenceOperation local when local.Initializer() is { } initializer:
                return OfLimit(initializer, depth - 1);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Add or BinaryOperatorKind.Subtract or BinaryOperatorKind.Multiply } binary:
                return Worst([OfLimit(binary.LeftOperand, depth - 1), OfLimit(binary.RightOperand, depth - 1)]);
            default:
                return ItemCount.Bounded;
        }
    }

    private ItemCount OfInitializer(ISymbol member, int depth)
    {
        if (member.DeclaringSyntaxReferences is not [var reference])
            return ItemCount.Unbounded;

        var value = reference.GetSyntax(cancellationToken) switch
        {
            VariableDeclaratorSyntax declarator => declarator.Initializer?.Value,
            PropertyDeclarationSyntax property => property.Initializer?.Value ?? property.ExpressionBody?.Expression,
            _ => null,
        };

        return value is not null && context.GetModel(value.SyntaxTree)?.GetOperation(value, cancellationToken) is { } operation
            ? Of(operation, depth - 1)
            : ItemCount.Unbounded;
    }

    private static bool IsRange(IOperation index) => index.WithoutConversions() is IRangeOperation;

    private static ItemCount Worst(IEnumerable<ItemCount> counts) =>
        counts.Any(count => count == ItemCount.Unbounded) ? ItemCount.Unbounded : ItemCount.Bounded;
}
