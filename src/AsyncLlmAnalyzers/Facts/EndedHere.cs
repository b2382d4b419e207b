using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Can the code that started a task end it, by a token that fires after a time or that the code fires itself?</summary>
internal static class EndedHere
{
    /// <summary>No: it got no token, or only one of a caller. Unknown: a token of unknown origin may reach it.</summary>
    public static Fact Of(IOperation task, LlmContext context, CancellationToken cancellationToken)
    {
        var result = new Fact(Verdict.No);
        foreach (var operation in StartOf(task, context, cancellationToken))
        {
            var fact = OfPart(operation, task, context, cancellationToken);
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;
        }

        return result;
    }

    /// <summary>Everything written to start it, through the locals it went through.</summary>
    private static IEnumerable<IOperation> StartOf(IOperation task, LlmContext context, CancellationToken cancellationToken)
    {
        var sources = new TaskSources(context.Types);
        var seen = new HashSet<IOperation>();
        var open = new Queue<IOperation>([task]);
        while (open.Count > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = open.Dequeue().WithoutConversions();
            if (!seen.Add(part))
                continue;

            foreach (var operation in part.DescendantsAndSelf())
                yield return operation;
            foreach (var source in sources.Of(part))
                open.Enqueue(source);
        }
    }

    private static Fact OfPart(IOperation operation, IOperation task, LlmContext context, CancellationToken cancellationToken)
    {
        switch (operation)
        {
            case IInvocationOperation { TargetMethod.Name: "MoveNextAsync" }:
                return Unknown(operation); // disposing of the enumerator ends the request
            case IInvocationOperation invocation when TokenPassed.To(invocation).Verdict == Verdict.Unknown || TokenOwned.By(invocation, context, cancellationToken):
                return Unknown(operation);
            case IParameterReferenceOperation { Parameter: var parameter } when ReturnTypes.IsCancellationToken(parameter.Type):
                return IsCallers(parameter, task) ? new Fact(Verdict.No) : Unknown(operation);
            case ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation when operation.Type is { } type && ReturnTypes.IsCancellationToken(type) && !operation.IsNoToken():
                return OfSource(operation, task, context, cancellationToken);
            default:
                return new Fact(Verdict.No);
        }
    }

    private static Fact OfSource(IOperation token, IOperation task, LlmContext context, CancellationToken cancellationToken)
    {
        if (TokenSource.Of(token) is not { } source)
            return Unknown(token);
        if (source.IsCancelledByHand || source.IsGivenAway || source.Timers.Any())
            return new Fact(Verdict.Yes, source.Creation.Syntax.GetLocation());

        // A linked source fires with the tokens it was made of.
        var linked = source.IsLinked ? source.Creation.Descendants().Select(part => OfPart(part, task, context, cancellationToken)).ToList() : [];
        return linked.FirstOrDefault(fact => fact.Verdict == Verdict.Yes) is { Verdict: Verdict.Yes } fired ? fired
            : linked.Any(fact => fact.Verdict == Verdict.Unknown) ? Unknown(token)
            : new Fact(Verdict.No);
    }

    private static Fact Unknown(IOperation operation) => new(Verdict.Unknown, operation.Syntax.GetLocation());

    /// <summary>The parameter belongs to a function around the wait, and not to a lambda that is part of the task.</summary>
    private static bool IsCallers(IParameterSymbol parameter, IOperation task) =>
        parameter.ContainingSymbol is not IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } lambda
        || task.Ancestors().OfType<IAnonymousFunctionOperation>().Any(around => SymbolEqualityComparer.Default.Equals(around.Symbol, lambda));
}
