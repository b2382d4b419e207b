using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does a hand-written retry give up at some time?</summary>
internal static class AttemptLimit
{
    /// <summary>
    /// Yes: something beside the result can leave it. No: only a success does, or the caller's cancellation of a loop that never slows down. Unknown: a count
    /// goes where it cannot be followed, or the next attempt asks something else, as a prompt that is cut shorter.
    /// </summary>
    public static Fact Of(RetryHandler handler)
    {
        if (FilterCounts(handler.Clause) is { } filter)
            return new Fact(Verdict.Yes, filter.Syntax.GetLocation());
        if (handler.Recursion is not null)
            return handler.Clause.Handler.Operations.Any(operation => operation is IConditionalOperation) || LeavesOn(handler.Clause.Handler) is not null
                ? new Fact(Verdict.Unknown)
                : ByToken(handler);

        var loop = handler.Loop!.Value;
        if (CountsInCondition(loop) is { } condition)
            return new Fact(Verdict.Yes, condition.Syntax.GetLocation());
        if (LeavesOn(handler.Clause.Handler, loop) is { } exit)
            return new Fact(Verdict.Yes, exit.Syntax.GetLocation());
        if (handler.BetweenAttempts.FirstOrDefault(operation => LeavesOtherwise(operation, loop, handler)) is { } other)
            return new Fact(Verdict.Yes, other.Syntax.GetLocation());
        if (handler.BetweenAttempts.Any(operation => operation is IInvocationOperation call && call.Arguments.Any(argument => IsCounter(argument.Value, loop))))
            return new Fact(Verdict.Unknown);
        return ChangesWhatIsAsked(handler) ? new Fact(Verdict.Unknown, handler.Location) : ByToken(handler);
    }

    private static bool ChangesWhatIsAsked(RetryHandler handler) => handler.Call.Arguments.SelectMany(argument => argument.Value.DescendantsAndSelf())
        .Select(part => part.Variable())
        .Any(given => given is not null && (handler.Clause.Handler.Changes(given) || IsShortened(given, handler.Clause)));

    private static bool IsShortened(ISymbol given, ICatchClauseOperation clause) => clause.Handler.Descendants().OfType<IInvocationOperation>().Any(call =>
        (call.TargetMethod.Name.StartsWith("Remove", StringComparison.Ordinal) || call.TargetMethod.Name is "Clear" or "Dequeue" or "Pop") && call.Receiver().IsVariable(given));

    /// <summary><c>when (attempt &lt; 3)</c>: the filter reads something beside the exception.</summary>
    private static IOperation? FilterCounts(ICatchClauseOperation clause) => clause.Filter is { } filter && filter.DescendantsAndSelf().Any(part => part switch
    {
        ILocalReferenceOperation local => !clause.Locals.Contains(local.Local, SymbolEqualityComparer.Default) && !local.IsDeclaration && !IsDeclaredIn(filter, local.Local),
        IParameterReferenceOperation => true,
        IFieldReferenceOperation { Field: { IsConst: false, IsReadOnly: false } } => true,
        IIncrementOrDecrementOperation => true,
        _ => false,
    }) ? filter : null;

    private static bool IsDeclaredIn(IOperation operation, ILocalSymbol local) =>
        local.DeclaringSyntaxReferences.Any(declaration => operation.Syntax.Span.Contains(declaration.Span));

    /// <summary>The loop's own condition reads more than whether the call has succeeded.</summary>
    private static IOperation? CountsInCondition(RetryLoop loop)
    {
        var condition = loop.Loop switch
        {
            IForLoopOperation @for => @for.Condition,
            IWhileLoopOperation @while => @while.Condition,
            _ => loop.Loop,
        };
        return condition is null || condition.ConstantValue is { HasValue: true, Value: true } || IsOfTheResult(condition, loop) || IsOfAToken(condition) ? null : condition;
    }

    private static bool IsOfAToken(IOperation condition) => condition.DescendantsAndSelf().Any(part => part is IPropertyReferenceOperation { Property.Name: nameof(CancellationToken.IsCancellationRequested) });

    /// <summary>All that the condition reads is set by the attempt itself.</summary>
    private static bool IsOfTheResult(IOperation condition, RetryLoop loop)
    {
        var read = condition.DescendantsAndSelf().Where(part => part is ILocalReferenceOperation or IParameterReferenceOperation or IFieldReferenceOperation or IInvocationOperation { Instance: null }).ToList();
        return read.Count > 0 && read.All(part => part is ILocalReferenceOperation local && loop.Try.Body.Changes(local.Local) && !IsCounter(local, loop));
    }

    private static bool IsCounter(IOperation value, RetryLoop loop) =>
        value.WithoutConversions() is IIncrementOrDecrementOperation
        || value.WithoutConversions() is ILocalReferenceOperation { Local: { Type.SpecialType: SpecialType.System_Int32 } local }
        && (loop.Loop.Locals.Contains(local, SymbolEqualityComparer.Default) || loop.Loop.Changes(local));

    /// <summary>The handler can leave the loop: it throws, returns or breaks somewhere.</summary>
    private static IOperation? LeavesOn(IBlockOperation handler, RetryLoop? loop = null) => handler.Descendants().FirstOrDefault(operation => operation.EnclosingFunction() == handler.EnclosingFunction() && operation switch
    {
        IThrowOperation => true,
        IReturnOperation { IsImplicit: false } => loop is not null,
        IBranchOperation branch => loop is { } inside && SymbolEqualityComparer.Default.Equals(branch.Target, inside.Loop.ExitLabel),
        IInvocationOperation { TargetMethod.Name: "Exit" or "FailFast", TargetMethod.ContainingType.Name: nameof(Environment) } => true,
        _ => false,
    });

    /// <summary>Beside the <c>try</c>: an exit that no success explains.</summary>
    private static bool LeavesOtherwise(IOperation operation, RetryLoop loop, RetryHandler handler)
    {
        if (handler.Clause.Syntax.Span.Contains(operation.Syntax.Span) || operation.EnclosingFunction() != loop.Loop.EnclosingFunction())
            return false;
        if (operation is IThrowOperation)
            return true;
        if (operation is not IReturnOperation { IsImplicit: false } && !(operation is IBranchOperation branch && SymbolEqualityComparer.Default.Equals(branch.Target, loop.Loop.ExitLabel)))
            return false;

        var condition = operation.Ancestors().TakeWhile(ancestor => ancestor != loop.Loop).OfType<IConditionalOperation>().FirstOrDefault()?.Condition;
        return condition is not null
            ? !IsOfTheResult(condition, loop)
            : !(handler.Clause.Handler.Operations.LastOrDefault() is IBranchOperation { BranchKind: BranchKind.Continue });
    }

    /// <summary>Cancelling ends it for good, and until then it slows down; or the token has a deadline of its own.</summary>
    private static Fact ByToken(RetryHandler handler)
    {
        var function = handler.Clause.EnclosingFunction();
        if (function.Descendants().FirstOrDefault(IsDeadline) is { } deadline)
            return new Fact(Verdict.Yes, deadline.Syntax.GetLocation());
        if (TokenThatLeaves(handler) is not { } token)
            return new Fact(Verdict.No, handler.Location);
        return AttemptDelay.Of(handler).Kind is DelayKind.Varying or DelayKind.Unknown ? new Fact(Verdict.Yes, token.Syntax.GetLocation()) : new Fact(Verdict.No, handler.Location);
    }

    private static bool IsDeadline(IOperation operation) => operation switch
    {
        IInvocationOperation { TargetMethod.Name: nameof(CancellationTokenSource.CancelAfter) } => true,
        IObjectCreationOperation { Type.Name: nameof(CancellationTokenSource), Arguments.IsEmpty: false } => true,
        _ => false,
    };

    /// <summary>Where a cancelled token makes the loop end, without its own handler swallowing that.</summary>
    public static IOperation? TokenThatLeaves(RetryHandler handler)
    {
        if (handler.Loop?.Loop is IWhileLoopOperation { Condition: { } condition } && IsOfAToken(condition))
            return condition;

        var between = handler.BetweenAttempts.FirstOrDefault(operation => operation is IInvocationOperation call
            && (call.TargetMethod.Name == nameof(CancellationToken.ThrowIfCancellationRequested) || AttemptDelay.IsDelay(call) && call.Arguments.Any(argument => IsToken(argument.Value))));
        if (between is not null)
            return between;
        return !CatchesCancellation(handler.Clause) && handler.Call.Arguments.FirstOrDefault(argument => IsToken(argument.Value)) is { } passed ? passed : null;
    }

    private static bool IsToken(IOperation value) => value.Type?.Name == nameof(CancellationToken) && !value.IsNoToken();

    /// <summary>A cancelled call comes back here, not to a handler above that throws it on.</summary>
    public static bool CatchesCancellation(ICatchClauseOperation clause) =>
        (RetryHandler.CatchesAll(clause) || clause.ExceptionType.Name is nameof(OperationCanceledException) or nameof(TaskCanceledException) or nameof(SystemException))
        && clause.Filter?.DescendantsAndSelf().Any(part => part is IPropertyReferenceOperation { Property.Name: nameof(CancellationToken.IsCancellationRequested) }
            || part is IIsTypeOperation { TypeOperand.Name: nameof(OperationCanceledException) or nameof(TaskCanceledException) }
            || part is IIsPatternOperation && part.Descendants().Any(pattern => pattern is ITypePatternOperation { MatchedType.Name: nameof(OperationCanceledException) or nameof(TaskCanceledException) })) != true
        && !RethrowsCancellationFirst(clause);

    /// <summary>A handler above lets cancellation through.</summary>
    public static bool RethrowsCancellationFirst(ICatchClauseOperation clause) =>
        clause.Parent is ITryOperation attempt
        && attempt.Catches.TakeWhile(other => other != clause).Any(other =>
            other.ExceptionType.Name is nameof(OperationCanceledException) or nameof(TaskCanceledException)
            && other.Handler.Operations.LastOrDefault() is IThrowOperation or IExpressionStatementOperation { Operation: IThrowOperation } or IReturnOperation);
}
