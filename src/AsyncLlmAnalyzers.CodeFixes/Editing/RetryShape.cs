using System.Collections.Immutable;
using System.Net;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// The parts of a hand-written retry that is one <c>try</c> around one awaited call, with one handler, and none above it but such as throw cancellation on:
/// what is done when the call succeeds, what when it fails, and the locals that count and wait. Null for every other loop.
/// </summary>
internal sealed class RetryShape
{
    private static readonly HashSet<string> KnownExceptions = new(StringComparer.Ordinal)
    {
        "System.Exception", "System.AggregateException", "System.IO.IOException", "System.Net.Http.HttpRequestException", "System.Net.Sockets.SocketException",
    };

    private readonly IOperation _root;
    private readonly string? _token;

    private RetryShape(RetryHandler retry, string? token, IOperation callStatement, IEnumerable<IOperation> beforeCall, IEnumerable<IOperation> afterCall, IEnumerable<IOperation> afterFailure, bool mustContinue)
    {
        (Loop, Clause, _token, _root) = (retry.Loop!.Value.Loop, retry.Clause, token, retry.Clause.Root());
        (CallStatement, BeforeCall, AfterFailure, MustContinue) = (callStatement, [.. beforeCall.Where(statement => !IsBareDeclaration(statement))], [.. afterFailure], mustContinue);
        Declarations = [.. beforeCall.Where(IsBareDeclaration)];
        AfterCall = [.. afterCall];
        Owned = [.. OwnLocals()];
    }

    public ILoopOperation Loop { get; }

    public ICatchClauseOperation Clause { get; }

    /// <summary>Locals without a value that the attempt fills.</summary>
    public ImmutableArray<IOperation> Declarations { get; }

    public ImmutableArray<IOperation> BeforeCall { get; }

    public IOperation CallStatement { get; }

    /// <summary>What is done with the answer.</summary>
    public ImmutableArray<IOperation> AfterCall { get; }

    /// <summary>What runs after the handler, before the next attempt.</summary>
    public ImmutableArray<IOperation> AfterFailure { get; }

    /// <summary>What stands behind the <c>try</c> is done with the answer, so the handler has to leave before it.</summary>
    public bool MustContinue { get; }

    /// <summary>The locals that count attempts and hold times.</summary>
    public ImmutableArray<ILocalSymbol> Owned { get; }

    /// <summary>The types of cancellation that a handler above throws on, whoever cancelled.</summary>
    public IEnumerable<string> ThrownOn => ((ITryOperation)Clause.Parent!).Catches
        .Where(handler => handler != Clause && handler.Filter is null)
        .Select(handler => ((CatchClauseSyntax)handler.Syntax).Declaration!.Type.ToString());

    /// <summary>The answer leaves the function, not only the loop.</summary>
    public bool Returns => AfterCall.Append(CallStatement).Any(statement => statement is IReturnOperation);

    /// <param name="retry">A hand-written retry.</param>
    /// <param name="token">The caller's token, as the helper will be given it.</param>
    public static RetryShape? Of(RetryHandler retry, string? token)
    {
        if (retry.Loop is not { Loop: var loop, Try: { Catches: [.. var above, var last], Finally: null } attempt }
            || loop is not (IForLoopOperation or IWhileLoopOperation)
            || last != retry.Clause
            || !IsUnderstood(retry.Clause.ExceptionType)
            || !above.All(handler => ThrowsCancellationOn(handler, token)))
            return null;

        ImmutableArray<IOperation> body = loop.Body is IBlockOperation block ? block.Operations : [loop.Body];
        var place = body.IndexOf(attempt);
        var statement = attempt.Body.Operations.FirstOrDefault(part => part.Syntax.Span.Contains(retry.Call.Syntax.Span));
        if (place < 0 || statement is null || !IsOnlyTheCall(statement, retry.Call))
            return null;

        var index = attempt.Body.Operations.IndexOf(statement);
        var rest = attempt.Body.Operations.Skip(index + 1).ToList();
        var behind = body.Skip(place + 1).ToList();
        var succeedsBehind = behind.Count > 0 && rest.Count == 0 && !LeavesBy(statement, loop) && LeavesBy(behind[behind.Count - 1], loop);
        var afterCall = succeedsBehind ? behind : rest;
        if (!afterCall.All(part => IsPlain(part, loop)) || afterCall.Take(afterCall.Count - 1).Any(part => LeavesBy(part, loop)))
            return null;

        var shape = new RetryShape(retry, token, statement, [.. body.Take(place), .. attempt.Body.Operations.Take(index)], afterCall, succeedsBehind ? [] : behind, succeedsBehind);
        var leaves = LeavesBy(afterCall.LastOrDefault() ?? statement, loop);
        return leaves || behind.Count == 0 && shape.IsLeftByCondition ? shape : null;
    }

    public IVariableDeclaratorOperation? DeclarationOf(ILocalSymbol local) => _root.DescendantsAndSelf().OfType<IVariableDeclaratorOperation>()
        .FirstOrDefault(declarator => Is(declarator.Symbol, local) && !Loop.Syntax.Span.Contains(declarator.Syntax.Span));

    /// <summary>Every use of the local.</summary>
    public IEnumerable<ILocalReferenceOperation> UsesOf(ILocalSymbol local) => _root.DescendantsAndSelf().OfType<ILocalReferenceOperation>().Where(use => Is(use.Local, local));

    public bool IsCallersToken(IOperation? value) => IsWritten(value, _token);

    /// <summary>The loop goes on as long as there is no answer: all that the condition reads is set by the attempt.</summary>
    public bool AsksForAnswer(IOperation condition) =>
        condition.DescendantsAndSelf().OfType<ILocalReferenceOperation>().ToList() is { Count: > 0 } read
        && !condition.DescendantsAndSelf().Any(part => part is IInvocationOperation or IParameterReferenceOperation or IFieldReferenceOperation)
        && read.TrueForAll(local => IsSetByAnswer(local.Local));

    public bool IsChanged(IOperation value) => value.Variable() is { } symbol && Loop.Changes(symbol);

    /// <summary>A question about what was caught, or whether the caller has cancelled, that the helper's own judgement answers as well.</summary>
    /// <param name="condition">The question.</param>
    /// <param name="givesUp">A yes ends the retry.</param>
    public bool AsksAboutFailure(IOperation condition, bool givesUp)
    {
        var parts = condition.DescendantsAndSelf().ToList();
        return parts.Exists(part => part is ILocalReferenceOperation { Local: var local } && IsCaught(local) || IsCancelled(part, _token))
            && parts.TrueForAll(part => part switch
            {
                ILocalReferenceOperation { Local: var local } => IsCaught(local) || condition.Syntax.Span.Contains(local.DeclaringSyntaxReferences[0].Span),
                IPropertyReferenceOperation property => !property.Property.IsIndexer,
                IFieldReferenceOperation { Field.IsConst: var isConst } => isConst,
                IParameterReferenceOperation => part.Parent is not null && IsCancelled(part.Parent, _token),
                IInvocationOperation call => call.TargetMethod is { ContainingType.SpecialType: SpecialType.System_String, IsStatic: false },
                ITypePatternOperation { MatchedType: var type } => IsUnderstood(type) || IsCancellation(type),
                IDeclarationPatternOperation { MatchedType: { } type } => IsUnderstood(type) || IsCancellation(type),
                IIsTypeOperation { TypeOperand: var type } => IsUnderstood(type) || IsCancellation(type),
                ILiteralOperation or IBinaryOperation or IUnaryOperation or IConversionOperation or IParenthesizedOperation or IIsPatternOperation or IPatternOperation
                    or IPropertySubpatternOperation or IConditionalAccessOperation or IConditionalAccessInstanceOperation or IArgumentOperation or IInstanceReferenceOperation => true,
                _ => false,
            })
            && parts.TrueForAll(part => IsOfPassingFailure(part) is not { } passes || passes == (givesUp == IsDenied(parts)));
    }

    /// <summary>Where the question makes the loop go on, the helper goes on, too, or gives up.</summary>
    /// <param name="question">One that <see cref="AsksAboutFailure"/> knows.</param>
    /// <param name="goesOn">The answer that makes the loop go on.</param>
    public bool IsTheHelpersToo(IOperation question, bool goesOn) => WhileUncancelled(question) == goesOn || IsAboutLastingFailure(question);

    /// <summary>What the question comes to as long as the caller has not cancelled, after which the helper asks no more; null where that depends on the failure.</summary>
    private bool? WhileUncancelled(IOperation question) => question.WithoutConversions() switch
    {
        var part when IsCancelled(part, _token) => false,
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not, Operand: var operand } => !WhileUncancelled(operand),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd, LeftOperand: var left, RightOperand: var right } => WhileUncancelled(left) & WhileUncancelled(right),
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr, LeftOperand: var left, RightOperand: var right } => WhileUncancelled(left) | WhileUncancelled(right),
        _ => null,
    };

    /// <summary>It sorts out statuses that the helper never repeats, and nothing else.</summary>
    private static bool IsAboutLastingFailure(IOperation question) =>
        question.DescendantsAndSelf().ToList() is var parts
        && parts.Exists(part => IsOfPassingFailure(part) == false)
        && parts.TrueForAll(part => IsOfPassingFailure(part) != true && part switch
        {
            ITypePatternOperation or IDeclarationPatternOperation or IIsTypeOperation => false,
            IRecursivePatternOperation pattern => Is(pattern.MatchedType, pattern.InputType),
            _ => true,
        });

    /// <summary>The caller's token has fired.</summary>
    private static bool IsCancelled(IOperation part, string? token) => part is IPropertyReferenceOperation { Property.Name: nameof(CancellationToken.IsCancellationRequested), Instance: var instance } && IsWritten(instance, token);

    private static bool IsWritten(IOperation? value, string? text) => value is not null && value.Syntax.ToString() == text;

    /// <summary><c>catch (OperationCanceledException) { throw; }</c>, perhaps only of what the caller cancelled.</summary>
    private static bool ThrowsCancellationOn(ICatchClauseOperation handler, string? token) =>
        IsCancellation(handler.ExceptionType)
        && (handler.Filter is not { } filter || IsCancelled(filter.WithoutConversions(), token))
        && handler.Handler.Operations is [IThrowOperation { Exception: null } or IExpressionStatementOperation { Operation: IThrowOperation { Exception: null } }];

    private static bool IsCancellation(ITypeSymbol type) => type is { Name: nameof(OperationCanceledException) or nameof(TaskCanceledException) } && type.IsInNamespace(nameof(System));

    private static bool IsDenied(List<IOperation> parts) => parts.Exists(part => part is
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } or IBinaryOperation { OperatorKind: BinaryOperatorKind.NotEquals } or INegatedPatternOperation);

    /// <summary>A status, or a word, of a failure that the helper repeats; null for what is neither.</summary>
    private static bool? IsOfPassingFailure(IOperation part) => part.ConstantValue switch
    {
        { HasValue: true, Value: int status } => status is 0 or (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.Conflict or 425 or 429 or >= 500,
        { HasValue: true, Value: string text } => text.Contains("429") || text.IndexOf("rate limit", StringComparison.OrdinalIgnoreCase) >= 0 || text.IndexOf("too many requests", StringComparison.OrdinalIgnoreCase) >= 0,
        _ => null,
    };

    /// <summary>The helper reads such an exception: the framework's own, or one with a status.</summary>
    private static bool IsUnderstood(ITypeSymbol type) =>
        type.SpecialType == SpecialType.System_Object || KnownExceptions.Contains(type.ToDisplayString())
        || type.BaseTypesAndSelf().SelectMany(current => current.GetMembers()).Any(member => member is IPropertySymbol { Name: "Status" or "StatusCode" or "ResponseStatusCode" });

    /// <summary>Beside the call nothing in the statement can fail for a reason of its own that was meant to be retried, and nothing else waits.</summary>
    private static bool IsOnlyTheCall(IOperation statement, IInvocationOperation call) =>
        statement is IReturnOperation { Kind: OperationKind.Return } or IVariableDeclarationGroupOperation or IExpressionStatementOperation
        && statement.Descendants().All(part => call.Syntax.Span.Contains(part.Syntax.Span) || part switch
        {
            IAwaitOperation { Operation: var awaited } => awaited == call || awaited is IInvocationOperation { TargetMethod.Name: "ConfigureAwait", Instance: var configured } && configured == call,
            IInvocationOperation { TargetMethod: var method } => method.Name == "ConfigureAwait" || method.ContainingType.SpecialType == SpecialType.System_String,
            IAnonymousFunctionOperation or IObjectCreationOperation => false,
            IAssignmentOperation { Target: var target } => target is ILocalReferenceOperation or IFieldReferenceOperation or IParameterReferenceOperation or IPropertyReferenceOperation or IDiscardOperation,
            _ => true,
        })
        && statement.Descendants().OfType<IAwaitOperation>().Any(wait => wait.Syntax.Span.Contains(call.Syntax.Span));

    /// <summary>Cannot fail, and says nothing that must not be said.</summary>
    private static bool IsPlain(IOperation statement, ILoopOperation loop) => statement switch
    {
        IBranchOperation => LeavesBy(statement, loop),
        IReturnOperation returned => !returned.Descendants().Any(part => part is IInvocationOperation or IObjectCreationOperation or IAwaitOperation or IAssignmentOperation),
        IExpressionStatementOperation { Operation: ISimpleAssignmentOperation { Target: ILocalReferenceOperation, Value: var value } } => value.WithoutConversions() is ILiteralOperation or ILocalReferenceOperation,
        IExpressionStatementOperation { Operation: IInvocationOperation { TargetMethod.ReturnsVoid: true } log } => Logging.Is(log),
        _ => false,
    };

    private static bool LeavesBy(IOperation statement, ILoopOperation loop) =>
        statement is IReturnOperation || statement is IBranchOperation branch && Is(branch.Target, loop.ExitLabel);

    private static bool IsBareDeclaration(IOperation statement) => statement is IVariableDeclarationGroupOperation { Declarations: [{ Declarators: [var only], Initializer: null }] } && only.Initializer is null;

    /// <summary>The condition, which is true until there is an answer, ends the loop; an answer that may be null would be asked for again.</summary>
    private bool IsLeftByCondition =>
        Loop switch { IWhileLoopOperation @while => @while.Condition, IForLoopOperation @for => @for.Condition, _ => null } is { } condition
        && AsksForAnswer(condition)
        && (condition.DescendantsAndSelf().OfType<ILocalReferenceOperation>().All(local => local.Type?.SpecialType == SpecialType.System_Boolean)
            || CallStatement.Descendants().OfType<IAwaitOperation>().First().Type is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.NotAnnotated });

    private bool IsSetByAnswer(ILocalSymbol local) => AfterCall.Append(CallStatement).Any(statement => statement.Changes(local));

    private bool IsCaught(ILocalSymbol local) => Clause.Locals.Contains(local, SymbolEqualityComparer.Default);

    private IEnumerable<ILocalSymbol> OwnLocals()
    {
        var answer = AfterCall.Append(CallStatement).ToList();
        return Loop.Descendants()
            .Where(part => !answer.Exists(statement => statement.Syntax.Span.Contains(part.Syntax.Span)))
            .Select(part => part switch
            {
                IVariableDeclaratorOperation { Symbol: var declared } => declared,
                IAssignmentOperation { Target: ILocalReferenceOperation { Local: var assigned } } => assigned,
                IIncrementOrDecrementOperation { Target: ILocalReferenceOperation { Local: var changed } } => changed,
                _ => null,
            })
            .OfType<ILocalSymbol>()
            .Where(local => local.Type is { SpecialType: SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_Double } or { Name: nameof(TimeSpan) })
            .Distinct<ILocalSymbol>(SymbolEqualityComparer.Default);
    }

    private static bool Is(ISymbol? left, ISymbol? right) => SymbolEqualityComparer.Default.Equals(left, right);
}
