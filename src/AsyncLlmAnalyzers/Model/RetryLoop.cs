using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A loop that makes the same call again after it failed, and is left when it succeeds.</summary>
/// <param name="Loop">The loop.</param>
/// <param name="Try">The <c>try</c> in it whose handler lets the loop go on.</param>
/// <param name="Handler">That handler.</param>
internal readonly record struct RetryLoop(ILoopOperation Loop, ITryOperation Try, ICatchClauseOperation Handler)
{
    /// <summary>The innermost one around <paramref name="call"/>, up to the function it runs in; null when a failure leaves every loop around it.</summary>
    public static RetryLoop? Around(IOperation call)
    {
        var attempt = default(ITryOperation);
        for (var (child, parent) = (call, call.Parent); parent is not null && !parent.IsFunction(); (child, parent) = (parent, parent.Parent))
        {
            if (parent is ITryOperation @try && @try.Body == child)
                attempt ??= @try;
            else if (parent is ILoopOperation loop && attempt is not null && IsLeftOnSuccess(loop, attempt, call) && !AsksSomethingElse(loop, call) && !IsLedByPerson(loop) && attempt.Catches.FirstOrDefault(handler => GoesOn(handler, loop)) is { } found)
                return new RetryLoop(loop, attempt, found);
        }

        return null;
    }

    /// <summary>The loop around <paramref name="call"/> that looks at the status of the answer and is left with one: <c>if (!response.IsSuccessStatusCode) continue; return ..</c>.</summary>
    public static ILoopOperation? OfStatus(IOperation call) => call.AncestorsInFunction()
        .OfType<ILoopOperation>()
        .FirstOrDefault(loop => loop is not IForEachLoopOperation && loop.IsLeftAfter(call) && loop.Descendants().Any(part => part is IPropertyReferenceOperation { Property.Name: "StatusCode" or "IsSuccessStatusCode" or "HttpStatusCode" or "Successful" }));

    /// <summary>The jump by which a handler around <paramref name="call"/> makes it again: <c>catch { goto again; }</c>.</summary>
    public static IBranchOperation? ByJump(IOperation call) => call.AncestorsInFunction()
        .OfType<ITryOperation>()
        .Where(attempt => attempt.Body.Syntax.Span.Contains(call.Syntax.Span))
        .SelectMany(attempt => attempt.Catches)
        .SelectMany(handler => handler.Handler.Descendants())
        .OfType<IBranchOperation>()
        .FirstOrDefault(branch => branch.BranchKind == BranchKind.GoTo);

    /// <summary>A failure that <paramref name="handler"/> catches makes the loop go on, too.</summary>
    public bool IsRetriedBy(ICatchClauseOperation handler) => Try.Catches.Contains(handler) && GoesOn(handler, Loop);

    /// <summary>The loop goes over clients, models or items: what is tried next is another one. One that only counts, or brings the delays, tries the same again.</summary>
    public bool TriesAnother => Loop.Locals.Any(Loop is IForEachLoopOperation ? IsTried : IsIndex);

    private bool IsTried(ILocalSymbol variable)
    {
        var handlers = Try.Catches;
        return Loop.Body.Descendants().OfType<ILocalReferenceOperation>().Any(use =>
            SymbolEqualityComparer.Default.Equals(use.Local, variable) && !handlers.Any(handler => handler.Syntax.Span.Contains(use.Syntax.Span)));
    }

    private bool IsIndex(ILocalSymbol variable) => Loop.Body.Descendants().Any(operation => operation switch
    {
        IArrayElementReferenceOperation element => element.Indices.Any(index => Mentions(index, variable)),
        IPropertyReferenceOperation { Property.IsIndexer: true } element => element.Arguments.Any(index => Mentions(index, variable)),
        IInvocationOperation { TargetMethod.Name: "ElementAt" or "ElementAtOrDefault" or "Skip" } element => element.Arguments.Any(index => Mentions(index, variable)),
        _ => false,
    });

    private static bool Mentions(IOperation operation, ILocalSymbol local) =>
        operation.DescendantsAndSelf().Any(part => part is ILocalReferenceOperation reference && SymbolEqualityComparer.Default.Equals(reference.Local, local));

    /// <summary>What the call was given is replaced after it, whether it failed or not: the next round of a conversation, no next attempt.</summary>
    private static bool AsksSomethingElse(ILoopOperation loop, IOperation call)
    {
        var given = call.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Select(reference => reference.Local).ToList();
        return given.Count > 0 && loop.Body.Descendants().Any(operation =>
            operation is ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: var replaced } }
            && operation.Syntax.SpanStart > call.Syntax.Span.End
            && given.Contains(replaced, SymbolEqualityComparer.Default)
            && !operation.Ancestors().TakeWhile(ancestor => ancestor != loop).Any(ancestor => ancestor is ITryOperation || ancestor.IsFunction()));
    }

    /// <summary>Each round waits for what a person types, who has seen the failure.</summary>
    private static bool IsLedByPerson(ILoopOperation loop) => loop.Descendants().OfType<IInvocationOperation>().Any(asked =>
        asked.TargetMethod.Name.StartsWith("Read", StringComparison.Ordinal)
            ? IsConsole(asked.TargetMethod.ContainingType) || asked.Receiver() is IPropertyReferenceOperation { Property.ContainingType: var owner } && IsConsole(owner)
            : asked.TargetMethod.Name is "Ask" or "AskAsync" or "Confirm" or "ConfirmAsync" or "Prompt" or "PromptAsync" && asked.TargetMethod.ContainingType.IsInNamespace("Spectre.Console"));

    private static bool IsConsole(ITypeSymbol type) => type is { Name: nameof(Console), ContainingNamespace: { Name: nameof(System), ContainingNamespace.IsGlobalNamespace: true } };

    /// <summary>The handler ends, or continues the loop; one whose last statement leaves it gives up.</summary>
    private static bool GoesOn(ICatchClauseOperation handler, ILoopOperation loop) =>
        handler.Handler.Operations.LastOrDefault() switch
        {
            IReturnOperation or IThrowOperation => false,
            IExpressionStatementOperation { Operation: IThrowOperation } => false,
            IBranchOperation branch => SymbolEqualityComparer.Default.Equals(branch.Target, loop.ContinueLabel),
            _ => true,
        };

    /// <summary>After a success the loop returns, breaks, or sees the end in its condition; one that takes the next item does not.</summary>
    private static bool IsLeftOnSuccess(ILoopOperation loop, ITryOperation attempt, IOperation call) =>
        loop.Body.Descendants().Any(operation =>
            operation.Syntax.Span.End >= call.Syntax.SpanStart
            && !operation.Ancestors().TakeWhile(ancestor => ancestor != loop).Any(ancestor => ancestor is ICatchClauseOperation || ancestor.IsFunction())
            && (operation is IReturnOperation { IsImplicit: false }
                || operation is IBranchOperation branch && SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel)
                || operation is IAssignmentOperation assignment && IsReadByCondition(assignment.Target, loop)));

    private static bool IsReadByCondition(IOperation target, ILoopOperation loop)
    {
        var condition = loop switch
        {
            IWhileLoopOperation @while => @while.Condition,
            IForLoopOperation @for => @for.Condition,
            _ => null,
        };
        return target is ILocalReferenceOperation local
            && condition?.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Any(read => SymbolEqualityComparer.Default.Equals(read.Local, local.Local)) == true;
    }
}
