using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>How a hand-written retry ends when every attempt fails.</summary>
internal enum RetryEnd
{
    /// <summary>The last failure goes through to the caller.</summary>
    Rethrow,

    /// <summary>The loop is left, and the code after it goes on.</summary>
    FallsOut,

    /// <summary>Never.</summary>
    Endless,
}

/// <summary>
/// Runs the skeleton of a hand-written retry, counters, conditions, delays and logs, as if every attempt failed for a passing reason. Whatever it does not
/// know makes it give up: what is not understood is not replaced.
/// </summary>
internal sealed class RetryRun
{
    private const int MaxAttempts = 100;

    private readonly RetryShape _shape;
    private readonly double _boundValue;
    private readonly SyntaxNode? _denied;
    private readonly Dictionary<ILocalSymbol, double?> _numbers = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<IOperation, List<ImmutableDictionary<ILocalSymbol, double>>> _logs = [];
    private bool _isUnderstood = true;
    private bool _waited;

    private RetryRun(RetryShape shape, double boundValue, SyntaxNode? denied) => (_shape, _boundValue, _denied) = (shape, boundValue, denied);

    private enum Step
    {
        Next,
        Continue,
        Rethrow,
        Leave,
    }

    public RetryEnd End { get; private set; }

    /// <summary>How often the call is made.</summary>
    public int Attempts { get; private set; }

    /// <summary>The value that is no constant and decides how often.</summary>
    public IOperation? Bound { get; private set; }

    /// <summary>The first wait's time as it is written; null for none.</summary>
    public IOperation? Delay { get; private set; }

    /// <summary>The first wait, in milliseconds, where it can be computed.</summary>
    public double? DelayMilliseconds { get; private set; }

    /// <summary>The local that keeps the last exception.</summary>
    public ILocalSymbol? Saved { get; private set; }

    /// <summary>What is logged after each attempt that is followed by another, with what to add to the attempt's number for each counter in it.</summary>
    public ImmutableArray<(IOperation Statement, ImmutableDictionary<ILocalSymbol, double> Offsets)> Logs { get; private set; } = [];

    /// <summary>What the loop asked about the failure, or the caller's cancellation, with the answer by which it goes on.</summary>
    public List<(IOperation Question, bool GoesOn)> Questions { get; } = [];

    /// <summary>Null when something in the loop is not part of counting, waiting and logging.</summary>
    /// <param name="shape">The loop.</param>
    /// <param name="boundValue">What stands for the value that is no constant.</param>
    /// <param name="denied">A question about the failure that is given the other answer.</param>
    public static RetryRun? Of(RetryShape shape, double boundValue, SyntaxNode? denied = null)
    {
        var run = new RetryRun(shape, boundValue, denied);
        run.Run();
        return run._isUnderstood && run.ReadLogs() ? run : null;
    }

    private void Run()
    {
        foreach (var local in _shape.Owned)
            _numbers[local] = _shape.DeclarationOf(local) is { Initializer.Value: { } value } ? Number(value) : null;
        if (_shape.Loop is IForLoopOperation { Before: var before })
            Run(before);

        var (condition, isTop) = _shape.Loop is IWhileLoopOperation @while ? (@while.Condition, @while.ConditionIsTop) : ((_shape.Loop as IForLoopOperation)?.Condition, true);
        while (_isUnderstood)
        {
            if (isTop && !GoesOn(condition))
                return;
            if (++Attempts > MaxAttempts)
            {
                End = RetryEnd.Endless;
                Attempts = 0;
                return;
            }

            if (Run(_shape.BeforeCall) != Step.Next)
                _isUnderstood = false;
            if (_shape.Clause.Filter is { } filter && !IsTrue(filter, ofFailure: true))
            {
                End = RetryEnd.Rethrow;
                return;
            }

            var step = Run(_shape.Clause.Handler.Operations);
            if (step == Step.Next)
                step = _shape.MustContinue ? NotUnderstood(Step.Next) : Run(_shape.AfterFailure);
            if (step is Step.Rethrow or Step.Leave)
            {
                End = step == Step.Rethrow ? RetryEnd.Rethrow : RetryEnd.FallsOut;
                return;
            }

            if (_shape.Loop is IForLoopOperation { AtLoopBottom: var bottom })
                Run(bottom);
            if (!isTop && !GoesOn(condition))
                return;
        }
    }

    /// <summary>The loop's own condition; one that asks for the answer is true as long as there is none.</summary>
    private bool GoesOn(IOperation? condition)
    {
        if (condition is null || _shape.AsksForAnswer(condition) || IsTrue(condition, ofFailure: null))
            return true;
        End = RetryEnd.FallsOut;
        return false;
    }

    private Step Run(IEnumerable<IOperation> statements)
    {
        foreach (var statement in statements)
        {
            if (Run(statement) is var step and not Step.Next)
                return step;
        }

        return Step.Next;
    }

    private Step Run(IOperation statement)
    {
        switch (statement)
        {
            case IBlockOperation block:
                return Run(block.Operations);
            case IEmptyOperation:
                return Step.Next;
            case IBranchOperation { BranchKind: BranchKind.Continue } next when Is(next.Target, _shape.Loop.ContinueLabel):
                return Step.Continue;
            case IBranchOperation { BranchKind: BranchKind.Break } leave when Is(leave.Target, _shape.Loop.ExitLabel):
                return Step.Leave;
            case IThrowOperation { Exception: null } or IExpressionStatementOperation { Operation: IThrowOperation { Exception: null } }:
                return Step.Rethrow;
            case IConditionalOperation choice:
                var throws = choice.WhenTrue.DescendantsAndSelf().Any(part => part is IThrowOperation);
                return IsTrue(choice.Condition, ofFailure: !throws) ? Run(choice.WhenTrue) : choice.WhenFalse is { } otherwise ? Run(otherwise) : Step.Next;
            case IVariableDeclarationGroupOperation declaration:
                foreach (var declarator in declaration.Declarations.SelectMany(part => part.Declarators))
                    Set(declarator.Symbol, declarator.GetVariableInitializer()?.Value);
                return Step.Next;
            case IExpressionStatementOperation { Operation: var expression }:
                return RunExpression(expression, statement);
            default:
                return NotUnderstood(Step.Next);
        }
    }

    private Step RunExpression(IOperation expression, IOperation statement)
    {
        switch (expression)
        {
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: var saved }, Value: var value } when IsCaught(value):
                Saved = saved;
                break;
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: var local }, Value: var value }:
                Set(local, value);
                break;
            case IIncrementOrDecrementOperation or ICompoundAssignmentOperation when IsHarmless(expression):
                Number(expression);
                break;
            case IInvocationOperation { TargetMethod.Name: nameof(CancellationToken.ThrowIfCancellationRequested) } check when _shape.IsCallersToken(check.Instance):
                break;
            case var other when DelayIn(other) is { } delay:
                Wait(delay);
                break;
            case IInvocationOperation { TargetMethod.ReturnsVoid: true } log when Logging.Is(log) && !log.Descendants().Any(part => part is IAssignmentOperation or IIncrementOrDecrementOperation):
                Log(statement);
                break;
            default:
                _isUnderstood = false;
                break;
        }

        return Step.Next;
    }

    /// <summary>The time in <c>await Task.Delay(time)</c> or <c>Thread.Sleep(time)</c>.</summary>
    public static IOperation? DelayIn(IOperation expression)
    {
        if (expression is IAwaitOperation { Operation: var awaited })
            expression = awaited is IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: { } configured } ? configured : awaited;
        return expression is IInvocationOperation invocation && AttemptDelay.IsDelay(invocation)
            && invocation.Arguments.All(argument => argument.Parameter?.Ordinal == 0 || argument.Value.Type?.Name == nameof(CancellationToken))
                ? invocation.Arguments.First(argument => argument.Parameter?.Ordinal == 0).Value
                : null;
    }

    private void Wait(IOperation delay)
    {
        _isUnderstood &= IsHarmless(delay);
        var milliseconds = Number(delay);
        if (!_waited)
            (Delay, DelayMilliseconds) = (delay, milliseconds);
        _waited = true;
    }

    private void Set(ILocalSymbol local, IOperation? value)
    {
        if (!_numbers.ContainsKey(local) || value is not null && !IsHarmless(value))
            _isUnderstood = false;
        else
            _numbers[local] = value is null ? null : Number(value);
    }

    private void Log(IOperation statement)
    {
        var offsets = _numbers.Where(number => number.Value is not null).ToImmutableDictionary(number => number.Key, number => number.Value!.Value - Attempts, (IEqualityComparer<ILocalSymbol>)SymbolEqualityComparer.Default);
        if (!_logs.TryGetValue(statement, out var times))
            _logs.Add(statement, times = []);
        times.Add(offsets);
    }

    /// <summary>Each log is written after every attempt but the last, and says the same about it each time.</summary>
    private bool ReadLogs()
    {
        var times = End == RetryEnd.Endless ? MaxAttempts : Attempts - (End == RetryEnd.FallsOut ? 0 : 1);
        if (_logs.Values.Any(written => written.Count != times) || End == RetryEnd.FallsOut && _logs.Count > 0)
            return false;

        Logs =
        [
            .. _logs.OrderBy(log => log.Key.Syntax.SpanStart).Select(log => (log.Key, log.Value[0].Where(offset =>
                log.Value.All(other => other.TryGetValue(offset.Key, out var value) && value == offset.Value)).ToImmutableDictionary((IEqualityComparer<ILocalSymbol>)SymbolEqualityComparer.Default))),
        ];
        return true;
    }

    /// <param name="condition">Counts, or asks about the failure.</param>
    /// <param name="ofFailure">What a question about the failure is answered with; null where none may be asked.</param>
    private bool IsTrue(IOperation condition, bool? ofFailure)
    {
        condition = condition.WithoutConversions();
        if (condition.ConstantValue is { HasValue: true, Value: bool constant })
            return constant;
        if (ofFailure is { } answer && _shape.AsksAboutFailure(condition, givesUp: !answer))
        {
            if (!Questions.Exists(asked => asked.Question.Syntax == condition.Syntax))
                Questions.Add((condition, answer));
            return answer != (condition.Syntax == _denied);
        }

        switch (condition)
        {
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd } both:
                return IsTrue(both.LeftOperand, ofFailure) && IsTrue(both.RightOperand, ofFailure);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr } either:
                return IsTrue(either.LeftOperand, ofFailure) || IsTrue(either.RightOperand, ofFailure);
            case IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not:
                return !IsTrue(not.Operand, ofFailure);
            case IBinaryOperation { LeftOperand: var left, RightOperand: var right } comparison when (CountOrBound(left), CountOrBound(right)) is ({ } l, { } r):
                return comparison.OperatorKind switch
                {
                    BinaryOperatorKind.LessThan => l < r,
                    BinaryOperatorKind.LessThanOrEqual => l <= r,
                    BinaryOperatorKind.GreaterThan => l > r,
                    BinaryOperatorKind.GreaterThanOrEqual => l >= r,
                    BinaryOperatorKind.Equals => l == r,
                    BinaryOperatorKind.NotEquals => l != r,
                    _ => NotUnderstood(false),
                };
            default:
                return NotUnderstood(false);
        }
    }

    /// <summary>A counter's value, a number, or the one other value that the loop compares with.</summary>
    private double? CountOrBound(IOperation value)
    {
        var bare = value.WithoutConversions();
        var isBound = bare is ILocalReferenceOperation { Local: var local } && !_numbers.ContainsKey(local) || bare is IParameterReferenceOperation or IFieldReferenceOperation
            || bare is IPropertyReferenceOperation { Property.IsIndexer: false, Instance: null or IInstanceReferenceOperation or ILocalReferenceOperation or IParameterReferenceOperation or IFieldReferenceOperation };
        if (!isBound || bare.Type?.SpecialType != SpecialType.System_Int32)
            return Number(value);
        if (Bound is not null && Bound.Syntax.ToString() != bare.Syntax.ToString() || _shape.IsChanged(bare))
            _isUnderstood = false;
        Bound ??= bare;
        return bare.ConstantValue is { HasValue: true, Value: int constant } ? constant : _boundValue;
    }

    /// <summary>The value of an expression of constants and the retry's own locals, a time in milliseconds; null when it cannot be known.</summary>
    private double? Number(IOperation value)
    {
        value = value.WithoutConversions();
        if (value.ConstantValue is { HasValue: true, Value: int or long or double } constant)
            return Convert.ToDouble(constant.Value, CultureInfo.InvariantCulture);

        switch (value)
        {
            case ILocalReferenceOperation { Local: var local }:
                return _numbers.TryGetValue(local, out var number) ? number : null;
            case IIncrementOrDecrementOperation { Target: ILocalReferenceOperation { Local: var counter } } change when _numbers.TryGetValue(counter, out var before):
                _numbers[counter] = before + (change.Kind == OperationKind.Increment ? 1 : -1);
                return change.IsPostfix ? before : _numbers[counter];
            case ICompoundAssignmentOperation { Target: ILocalReferenceOperation { Local: var target } } change when _numbers.TryGetValue(target, out var current):
                return _numbers[target] = Calculate(change.OperatorKind, current, Number(change.Value));
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: var assigned } } assignment when _numbers.ContainsKey(assigned):
                return _numbers[assigned] = Number(assignment.Value);
            case IBinaryOperation binary:
                return Calculate(binary.OperatorKind, Number(binary.LeftOperand), Number(binary.RightOperand));
            case IInvocationOperation { TargetMethod: { ContainingType.Name: var type, Name: var name } } call:
                return Call(type, name, [.. call.Arguments.Where(argument => argument.ArgumentKind != ArgumentKind.DefaultValue).OrderBy(argument => argument.Parameter?.Ordinal).Select(argument => Number(argument.Value))]);
            default:
                return null;
        }
    }

    private static double? Calculate(BinaryOperatorKind kind, double? left, double? right) => kind switch
    {
        BinaryOperatorKind.Add => left + right,
        BinaryOperatorKind.Subtract => left - right,
        BinaryOperatorKind.Multiply => left * right,
        BinaryOperatorKind.Divide => left / right,
        BinaryOperatorKind.LeftShift => left * Math.Pow(2, right ?? double.NaN),
        _ => null,
    };

    /// <summary>A random number is taken for the middle of its range.</summary>
    private static double? Call(string type, string name, ImmutableArray<double?> arguments) => (type, name, arguments) switch
    {
        (nameof(Math), nameof(Math.Pow), [{ } x, { } y]) => Math.Pow(x, y),
        (nameof(Math), nameof(Math.Min), [{ } x, { } y]) => Math.Min(x, y),
        (nameof(Math), nameof(Math.Max), [{ } x, { } y]) => Math.Max(x, y),
        (nameof(TimeSpan), nameof(TimeSpan.FromMilliseconds), [{ } time]) => time,
        (nameof(TimeSpan), nameof(TimeSpan.FromSeconds), [{ } time]) => time * 1_000,
        (nameof(TimeSpan), nameof(TimeSpan.FromMinutes), [{ } time]) => time * 60_000,
        (nameof(Random), nameof(Random.NextDouble), []) => 0.5,
        (nameof(Random), nameof(Random.Next), [{ } max]) => max / 2,
        (nameof(Random), nameof(Random.Next), [{ } min, { } max]) => (min + max) / 2,
        _ => null,
    };

    /// <summary>Computes, and changes nothing but the retry's own locals.</summary>
    private bool IsHarmless(IOperation expression) => expression.DescendantsAndSelf().All(part => part switch
    {
        IInvocationOperation call => call.TargetMethod.ContainingNamespace is { Name: nameof(System), ContainingNamespace.IsGlobalNamespace: true },
        IObjectCreationOperation creation => creation.Type is { Name: nameof(TimeSpan) or nameof(Random) },
        IAssignmentOperation assignment => IsOwn(assignment.Target),
        IIncrementOrDecrementOperation change => IsOwn(change.Target),
        IAwaitOperation or IAnonymousFunctionOperation or IThrowOperation => false,
        _ => true,
    });

    private bool IsOwn(IOperation target) => target is ILocalReferenceOperation { Local: var local } && _numbers.ContainsKey(local);

    private bool IsCaught(IOperation value) => value.WithoutConversions() is ILocalReferenceOperation { Local: var local } && _shape.Clause.Locals.Contains(local, SymbolEqualityComparer.Default);

    private T NotUnderstood<T>(T value)
    {
        _isUnderstood = false;
        return value;
    }

    private static bool Is(ISymbol? left, ISymbol? right) => SymbolEqualityComparer.Default.Equals(left, right);
}
