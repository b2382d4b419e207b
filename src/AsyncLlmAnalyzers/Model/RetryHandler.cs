using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A handler that makes the same model call again: in a hand-written loop of attempts, or by calling its own method.</summary>
internal sealed class RetryHandler
{
    private RetryHandler(ICatchClauseOperation clause, IInvocationOperation call, ISymbol target, RetryLoop? loop, IInvocationOperation? recursion) =>
        (Clause, Call, Target, Loop, Recursion) = (clause, call, target, loop, recursion);

    public ICatchClauseOperation Clause { get; }

    /// <summary>What is tried: the call, a wrapper of it, or the delegate that holds it.</summary>
    public IInvocationOperation Call { get; }

    /// <summary>The model call or wrapper behind it.</summary>
    public ISymbol Target { get; }

    /// <summary>The loop of attempts; null where the method calls itself.</summary>
    public RetryLoop? Loop { get; }

    /// <summary>The method's call of itself in the handler, with the arguments it was given.</summary>
    public IInvocationOperation? Recursion { get; }

    /// <summary>The exception type's name, or <c>catch</c> where none is written.</summary>
    public Location Location => LocationOf(Clause);

    /// <summary>Catches every exception there is.</summary>
    public bool CatchesEverything => CatchesAll(Clause);

    /// <summary>What runs between two attempts: the handler, and the loop around the <c>try</c>.</summary>
    public IEnumerable<IOperation> BetweenAttempts => Loop is { } loop
        ? loop.Loop.Descendants().Where(operation => !loop.Try.Body.Syntax.Span.Contains(operation.Syntax.Span) && !IsInOtherHandler(operation, loop.Try))
        : Clause.Descendants();

    public static bool CatchesAll(ICatchClauseOperation clause) =>
        clause.ExceptionType is { Name: nameof(Exception), ContainingNamespace.Name: nameof(System) } or { SpecialType: SpecialType.System_Object };

    public static Location LocationOf(ICatchClauseOperation clause) =>
        clause.Syntax is CatchClauseSyntax { Declaration.Type: var type } ? type.GetLocation() : ((CatchClauseSyntax)clause.Syntax).CatchKeyword.GetLocation();

    /// <summary>Null for a handler that gives up, moves on to another client or item, or guards something else.</summary>
    public static RetryHandler? From(ICatchClauseOperation? clause, LlmContext context, CancellationToken cancellationToken)
    {
        if (clause?.Parent is not ITryOperation attempt)
            return null;

        foreach (var (call, target) in new TriedCalls(context, cancellationToken).In(attempt.Body))
        {
            if (RetryLoop.Around(call) is { } loop)
                return loop.Try == attempt && loop.IsRetriedBy(clause) && !loop.TriesAnother && !ChangesClient(clause, call) ? new RetryHandler(clause, call, target, loop, null) : null;
            if (RecursionIn(clause) is { } recursion)
                return new RetryHandler(clause, call, target, null, recursion);
        }

        return null;
    }

    /// <summary>Where a handler around <paramref name="site"/> makes its function's attempt again, counted or not: <c>catch when (attempt &lt; 3) { return await AskAsync(question, attempt + 1); }</c>.</summary>
    public static IInvocationOperation? AgainAround(IOperation site) => site.AncestorsInFunction()
        .OfType<ITryOperation>()
        .Where(attempt => attempt.Body.Syntax.Span.Contains(site.Syntax.Span))
        .SelectMany(attempt => attempt.Catches)
        .Select(clause => SelfCallIn(clause, static value => value is IBinaryOperation { LeftOperand: var counted, RightOperand.ConstantValue.Value: 1 } ? counted : value))
        .FirstOrDefault(again => again is not null);

    /// <summary><c>catch { return await AskAsync(question); }</c> in <c>AskAsync(question)</c>; with another argument it is another attempt, or has a count.</summary>
    private static IInvocationOperation? RecursionIn(ICatchClauseOperation clause) => SelfCallIn(clause, static value => value);

    /// <param name="clause">The handler.</param>
    /// <param name="given">Of an argument, the parameter that it has to be, or be made of.</param>
    private static IInvocationOperation? SelfCallIn(ICatchClauseOperation clause, Func<IOperation, IOperation> given) =>
        clause.Handler.Descendants().OfType<IInvocationOperation>().FirstOrDefault(call =>
            SymbolEqualityComparer.Default.Equals(call.TargetMethod.OriginalDefinition, FunctionOf(clause)?.OriginalDefinition)
            && call.Instance is null or IInstanceReferenceOperation
            && call.Arguments.All(argument => argument.IsImplicit || given(argument.Value.WithoutConversions()) is IParameterReferenceOperation { Parameter.Ordinal: var ordinal } && ordinal == argument.Parameter?.Ordinal)
            && call.EnclosingFunction() == clause.EnclosingFunction());

    /// <summary>The handler takes another client for the next attempt.</summary>
    private static bool ChangesClient(ICatchClauseOperation clause, IInvocationOperation call) =>
        call.Receiver()?.Variable() is { } client && clause.Handler.Changes(client);

    private static IMethodSymbol? FunctionOf(IOperation operation) => operation.EnclosingFunction() switch
    {
        ILocalFunctionOperation local => local.Symbol,
        IAnonymousFunctionOperation => null,
        _ => operation.EnclosingMember() as IMethodSymbol,
    };

    private bool IsInOtherHandler(IOperation operation, ITryOperation attempt) =>
        attempt.Catches.Any(other => other != Clause && other.Syntax.Span.Contains(operation.Syntax.Span));
}

/// <summary>The model calls that a block makes itself, outside of functions declared in it.</summary>
internal sealed class TriedCalls(LlmContext context, CancellationToken cancellationToken)
{
    public IEnumerable<(IInvocationOperation Call, ISymbol Target)> In(IOperation block)
    {
        var function = block.EnclosingFunction();
        foreach (var operation in block.Descendants())
        {
            if (operation is IInvocationOperation { TargetMethod.Name: not nameof(Task.ConfigureAwait) } call && call.EnclosingFunction() == function && TargetOf(call) is { } target)
                yield return (call, target);
        }
    }

    private ISymbol? TargetOf(IInvocationOperation call) =>
        LlmCall.From(call, context)?.Method
        ?? new CallsBehind(context, cancellationToken).Of(call)
        ?? (call is { TargetMethod.MethodKind: MethodKind.DelegateInvoke, Instance: IParameterReferenceOperation { Parameter: var parameter } } ? GivenFor(parameter) : null);

    /// <summary>The call in a lambda that somebody gives for the parameter.</summary>
    private ISymbol? GivenFor(IParameterSymbol parameter) =>
        parameter.ContainingSymbol is not IMethodSymbol { MethodKind: MethodKind.Ordinary or MethodKind.LocalFunction } method ? null
        : context.Names.Invocations(method.Name, cancellationToken)
            .Where(call => SymbolEqualityComparer.Default.Equals((call.TargetMethod.ReducedFrom ?? call.TargetMethod).OriginalDefinition, method.OriginalDefinition))
            .SelectMany(call => call.Arguments)
            .Where(argument => argument.Parameter?.Name == parameter.Name)
            .Select(argument => new CallsBehind(context, cancellationToken).OfFunction(argument.Value))
            .FirstOrDefault(target => target is not null);
}
