using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Code that learns of a rate limit of a model call and gives up: it logs at most, and goes on without an answer.</summary>
/// <param name="Call">The call whose answer is given up.</param>
/// <param name="NamesTheLimit">It asks for the rate limit; otherwise it catches whatever status the library reports.</param>
/// <param name="Retries">What the client itself does before; null where its construction cannot be seen and its type does not tell.</param>
/// <param name="Place">The filter, the comparison or the case that names the limit, else the type that is caught or the question whether the request succeeded.</param>
internal sealed record RateLimitHandler(LlmCall Call, bool NamesTheLimit, ClientRetries? Retries, Location Place)
{
    public const string TooManyRequests = "TooManyRequests";
    public const string StatusCode = "StatusCode";
    public const string IsSuccess = "IsSuccessStatusCode";

    /// <summary>At a <c>catch</c> clause, or at what names the status: <c>response.StatusCode</c>, <c>HttpStatusCode.TooManyRequests</c>, <c>response.IsSuccessStatusCode</c>.</summary>
    public static RateLimitHandler? From(IOperation? site, LlmContext context, CancellationToken cancellationToken) => site switch
    {
        ICatchClauseOperation clause => OfClause(clause, context, cancellationToken),
        IMemberReferenceOperation status => OfStatus(status, context, cancellationToken),
        _ => null,
    };

    /// <summary><c>if (response.StatusCode == HttpStatusCode.TooManyRequests) return null;</c> after a request that was sent by hand.</summary>
    private static RateLimitHandler? OfStatus(IMemberReferenceOperation status, LlmContext context, CancellationToken cancellationToken)
    {
        if (StatusTest.Of(status) is not { } test
            || RequestBehind(test.Response, context, cancellationToken) is not { } call
            || !GivesUp(test.Then, test.Then, test.Response.Variable() is { } local ? [local] : [], context, cancellationToken)
            || IsTriedElsewhere(call, null, context, cancellationToken))
            return null;

        return new RateLimitHandler(call, test.NamesTheLimit, RetriesOf(call, context, cancellationToken), test.Test.Syntax.GetLocation());
    }

    private static LlmCall? RequestBehind(IOperation response, LlmContext context, CancellationToken cancellationToken)
    {
        const int maxSteps = 5;
        var sources = new ValueSources(context, cancellationToken);
        for (var (value, step) = (response, 0); step < maxSteps; step++)
        {
            if (value is IInvocationOperation { TargetMethod.Name: nameof(Task.ConfigureAwait), Instance: { } configured })
                value = configured.WithoutConversions();
            if (value is IInvocationOperation invocation && RawRequest.From(invocation, context, cancellationToken) is { } call)
                return call;
            if (sources.Of(value).ToList() is not [var only])
                return null;
            value = only.WithoutConversions();
        }

        return null;
    }

    /// <summary>What the client does before; of an HttpClient that comes from elsewhere nobody knows which handlers it has.</summary>
    private static ClientRetries? RetriesOf(LlmCall call, LlmContext context, CancellationToken cancellationToken) =>
        call.Entry.Kind != CatalogKind.Http ? ClientRetries.Of(call, context, cancellationToken)
        : RawRequest.HasVisibleClient(call.Operation, context, cancellationToken) ? new ClientRetries(0, WithoutDelay: false, Default: null)
        : null;

    private static RateLimitHandler? OfClause(ICatchClauseOperation clause, LlmContext context, CancellationToken cancellationToken)
    {
        if (clause.Parent is not ITryOperation attempt
            || FirstCall(attempt.Body, context, cancellationToken) is not { Entry: { RateLimit.Length: > 0 } entry } call
            || entry.HasTrait("nothrow")
            || RecognisedBy(clause, entry, context) is not { } recognised
            || !GivesUp(recognised.Handler, [clause.Handler], [.. clause.Locals], context, cancellationToken)
            || IsTriedElsewhere(call, clause, context, cancellationToken))
            return null;

        return new RateLimitHandler(
            call,
            recognised.NamesTheLimit,
            RetriesOf(call, context, cancellationToken),
            clause.Syntax is CatchClauseSyntax { Filter.FilterExpression: { } filter } ? filter.GetLocation() : RetryHandler.LocationOf(clause));
    }

    private static LlmCall? FirstCall(IOperation body, LlmContext context, CancellationToken cancellationToken)
    {
        var function = body.EnclosingFunction();
        return body.Descendants().OfType<IInvocationOperation>()
            .Where(invocation => invocation.EnclosingFunction() == function)
            .Select(invocation => LlmCall.From(invocation, context) ?? RawRequest.From(invocation, context, cancellationToken))
            .FirstOrDefault(call => call is not null && (call.Entry.Kind != CatalogKind.Http || RawRequest.ThrowsOnStatus(call.Operation, body)));
    }

    /// <summary>The code that runs for a rate limit, and whether that is what it asks for; null when the handler is about something else.</summary>
    private static (IEnumerable<IOperation> Handler, bool NamesTheLimit)? RecognisedBy(ICatchClauseOperation clause, CatalogEntry entry, LlmContext context)
    {
        if (entry.RateLimit.Split(':') is not [var typeName, var member] || context.Compilation.GetTypesByMetadataName(typeName) is not [var error, ..])
            return null;

        IEnumerable<IOperation> whole = clause.Handler.Operations;
        if (clause.Filter is { } filter)
            return error.IsOrDerivesFrom(clause.ExceptionType) && AsksForTheLimit(filter) ? (whole, true) : null;

        // A type that only a rate limit has, as against one for every error status.
        if (SymbolEqualityComparer.Default.Equals(clause.ExceptionType, error) && error.GetMembers(member).IsEmpty)
            return (whole, true);
        if (!error.IsOrDerivesFrom(clause.ExceptionType))
            return null;
        if (clause.Handler.Operations.OfType<IConditionalOperation>().FirstOrDefault(condition => AsksForTheLimit(condition.Condition)) is { } asked)
        {
            var then = StatusTest.Statements(asked.WhenTrue);
            var after = then.LastOrDefault() is IReturnOperation or IBranchOperation ? [] : clause.Handler.Operations.SkipWhile(operation => operation != asked).Skip(1);
            return ([.. then, .. after], true);
        }

        if (clause.Handler.Operations.OfType<ISwitchOperation>().FirstOrDefault() is { } choice
            && choice.Cases.FirstOrDefault(section => section.Clauses.Any(AsksForTheLimit)) is { } limit)
        {
            ImmutableArray<IOperation> then = [.. limit.Body.SelectMany(statement => StatusTest.Statements(statement))];
            var after = then.LastOrDefault() is IReturnOperation or IBranchOperation { BranchKind: BranchKind.Continue } ? [] : clause.Handler.Operations.SkipWhile(operation => operation != choice).Skip(1);
            return ([.. then, .. after], true);
        }

        return SymbolEqualityComparer.Default.Equals(clause.ExceptionType, error) ? (whole, false) : null;
    }

    /// <summary><c>e.Status == 429</c>, <c>HttpStatusCode.TooManyRequests</c>, <c>e.Message.Contains("429")</c>, in a condition that does not deny it.</summary>
    public static bool AsksForTheLimit(IOperation condition) =>
        !condition.DescendantsAndSelf().Any(part => part is IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } or IBinaryOperation { OperatorKind: BinaryOperatorKind.NotEquals } or INegatedPatternOperation)
        && condition.DescendantsAndSelf().Any(part => part.ConstantValue is { HasValue: true, Value: var value } && value switch
        {
            429 => true,
            string text => text.Contains("429") || text.IndexOf("rate limit", StringComparison.OrdinalIgnoreCase) >= 0 || text.IndexOf("too many requests", StringComparison.OrdinalIgnoreCase) >= 0,
            _ => false,
        });

    /// <summary>Nothing is done about it: it is logged, and the caller gets nothing, or the loop goes on with the next item.</summary>
    private static bool GivesUp(IEnumerable<IOperation> handler, IEnumerable<IOperation> whole, ImmutableArray<ISymbol> failure, LlmContext context, CancellationToken cancellationToken)
    {
        foreach (var operation in handler.SelectMany(statement => statement.DescendantsAndSelf()))
        {
            var goesOn = operation switch
            {
                IThrowOperation => true,
                IReturnOperation { IsImplicit: false, ReturnedValue: { } value } => !IsNothing(value),
                IAssignmentOperation or IEventAssignmentOperation or IIncrementOrDecrementOperation => true,
                IAwaitOperation { Operation: var awaited } => !Logging.Is(awaited.WithoutConversions() as IInvocationOperation) && !IsReading(awaited, failure),
                IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } => true,
                IInvocationOperation call when call.IsImplicit => false,
                IInvocationOperation call => !Logging.Is(call) && !IsReading(call, failure),
                _ => false,
            };
            if (goesOn)
                return false;
        }

        return !whole.Any(part => new TriedCalls(context, cancellationToken).In(part).Any());
    }

    /// <summary>Something is read off the exception or the response, to be logged.</summary>
    private static bool IsReading(IOperation operation, ImmutableArray<ISymbol> failure) =>
        operation.WithoutConversions() is IInvocationOperation call
        && call.Receiver() is { } receiver && receiver.DescendantsAndSelf().Any(part => part.Variable() is { } variable && failure.Contains(variable, SymbolEqualityComparer.Default));

    /// <summary><c>null</c>, <c>default</c>, an empty text or collection.</summary>
    public static bool IsNothing(IOperation value) => value.WithoutConversions() switch
    {
        IDefaultValueOperation => true,
        ILiteralOperation { ConstantValue.Value: null or "" } => true,
        IFieldReferenceOperation { Field: { Name: "Empty", ContainingType.SpecialType: SpecialType.System_String } } => true,
        IInvocationOperation { TargetMethod: { Name: "Empty", Parameters.IsEmpty: true } } => true,
        IInvocationOperation { TargetMethod.Name: "FromResult", Arguments: [var only] } => IsNothing(only.Value),
        ICollectionExpressionOperation { Elements.IsEmpty: true } => true,
        IObjectCreationOperation { Arguments.IsEmpty: true, Initializer: null, Type.ContainingNamespace: { } containing } => containing.ToDisplayString() == "System.Collections.Generic",
        IArrayCreationOperation { Initializer: null or { ElementValues.IsEmpty: true } } => true,
        _ => false,
    };

    /// <summary>A loop, a helper, a layer of the client, the next client, or a caller that goes on until there is an answer makes the call again.</summary>
    private static bool IsTriedElsewhere(LlmCall call, ICatchClauseOperation? clause, LlmContext context, CancellationToken cancellationToken) =>
        RetryLoop.Around(call.Operation) is { } loop && (clause is null || loop.IsRetriedBy(clause))
        || Retried.Around(call.Operation, context, cancellationToken).Verdict != Verdict.No
        || Retried.Layers(call.Operation, context, cancellationToken).Verdict == Verdict.Yes
        || Surroundings.Of(call.Operation, context, here => new Fact(here != call.Operation && IsAskedUntilAnswered(here) ? Verdict.Yes : Verdict.No), cancellationToken).Verdict == Verdict.Yes;

    private static bool IsAskedUntilAnswered(IOperation site) =>
        site.AncestorsInFunction().OfType<ILoopOperation>().Any(loop => loop.IsLeftAfter(site));
}

/// <summary>What the client of a call does by itself when it is refused.</summary>
/// <param name="Count">How often it repeats; 0 for a client that does not.</param>
/// <param name="WithoutDelay">Its repetitions follow each other at once.</param>
/// <param name="Default">The row that says so; null when the code does.</param>
internal readonly record struct ClientRetries(int Count, bool WithoutDelay, CatalogEntry? Default)
{
    /// <summary>Of the client as it is constructed, or of its type's default where that cannot be seen; null where neither tells.</summary>
    public static ClientRetries? Of(LlmCall call, LlmContext context, CancellationToken cancellationToken)
    {
        var origin = ClientOrigins.Of(call.Operation, context, cancellationToken);
        if (origin.Only is { } client)
            return client.Attempts is { } attempts ? new ClientRetries(attempts - 1, client.RetriesWithoutDelay, client.RetryDefault) : null;
        if (!origin.All.IsEmpty || origin.IsOwn)
            return null;

        var policy = call.Entry.RetryPolicy;
        return policy.Source switch
        {
            CatalogSource.None => new ClientRetries(0, WithoutDelay: false, call.Entry),
            CatalogSource.Known => new ClientRetries(policy.Count, policy.HasNoDelay, call.Entry),
            _ => null,
        };
    }

    public bool AreSound => Count > 0 && !WithoutDelay;

    public override string ToString() => (Count, WithoutDelay) switch
    {
        (0, _) => "its client does not retry",
        (_, true) => string.Format(CultureInfo.InvariantCulture, "its client retries {0} times at once, without waiting", Count),
        _ => string.Format(CultureInfo.InvariantCulture, "after the client's own {0} retries", Count),
    };
}
