using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does a call run many times in one go, in a loop or a fan-out, here or where a wrapper of it is called?</summary>
internal static class Repeated
{
    /// <summary>
    /// Yes with the loop or the fan-out. None of these is one: a loop of attempts, one over a few items or over implementations, one with a pause in it, and one
    /// that only the answers end, as that of a conversation or of a model that calls tools.
    /// </summary>
    public static Fact Of(IOperation site, LlmContext context, CancellationToken cancellationToken) =>
        Surroundings.Of(site, context, here => Here(here, context, cancellationToken), cancellationToken);

    private static Fact Here(IOperation site, LlmContext context, CancellationToken cancellationToken)
    {
        var attempts = RetryLoop.Around(site)?.Loop;
        foreach (var ancestor in site.Ancestors())
        {
            var repeats = ancestor switch
            {
                ILoopOperation loop => loop != attempts && loop.Repeats(site) && GoesOverItems(loop) && !IsShort(loop, context, cancellationToken) && !GoesOverImplementations(loop, site) && !IsPaced(loop) && !loop.IsLeftAfter(site),
                IAnonymousFunctionOperation lambda => lambda.GivenTo() is { } carrier && RunsPerItem(carrier, context, cancellationToken),
                _ => false,
            };
            if (repeats)
                return new Fact(Verdict.Yes, ancestor.Syntax.GetLocation());
            if (ancestor is ILocalFunctionOperation)
                break;
        }

        return new Fact(Verdict.No);
    }

    /// <summary>Its head counts, or takes the next item from somewhere.</summary>
    private static bool GoesOverItems(ILoopOperation loop) => loop switch
    {
        IForEachLoopOperation => true,
        IForLoopOperation { Condition: { } condition } => Counts(condition),
        IWhileLoopOperation { Condition: { } condition } => Counts(condition),
        _ => false,
    };

    private static bool Counts(IOperation condition) => condition.DescendantsAndSelf().Any(part => part switch
    {
        IBinaryOperation { OperatorKind: BinaryOperatorKind.LessThan or BinaryOperatorKind.LessThanOrEqual or BinaryOperatorKind.GreaterThan or BinaryOperatorKind.GreaterThanOrEqual } => true,
        IInvocationOperation { TargetMethod.Name: var name } => name.StartsWith("Try", StringComparison.Ordinal) || name is "MoveNext" or "MoveNextAsync" or "WaitToReadAsync" or "Read" or "ReadAsync" or "Any",
        _ => false,
    });

    /// <summary>Three questions in a literal, a page: one after the other they exceed no limit. A loop over pages goes over all of them.</summary>
    private static bool IsShort(ILoopOperation loop, LlmContext context, CancellationToken cancellationToken) =>
        loop is IForEachLoopOperation or IForLoopOperation or IWhileLoopOperation { Condition: IBinaryOperation { RightOperand.ConstantValue.HasValue: true } }
        && !loop.Locals.Any(item => item.Type.SpecialType == SpecialType.None && item.Type.AllInterfaces.Any(contract => contract.SpecialType == SpecialType.System_Collections_IEnumerable))
        && new ItemCounter(context, Options.SmallFanOut.Default, cancellationToken).Of(loop) == ItemCount.Bounded;

    /// <summary><c>foreach (var step in steps) await step.RunAsync()</c>: each item runs code of its own, and that once.</summary>
    private static bool GoesOverImplementations(ILoopOperation loop, IOperation site) =>
        site is IInvocationOperation { TargetMethod: var method } call
        && (method.ContainingType.TypeKind == TypeKind.Interface || method.IsAbstract || method.IsVirtual || method.IsOverride)
        && call.Receiver() is ILocalReferenceOperation { Local: var item }
        && loop.Locals.Contains(item, SymbolEqualityComparer.Default);

    private static bool IsPaced(ILoopOperation loop) => loop.Descendants().Any(operation => operation is IInvocationOperation { TargetMethod.Name: "Delay" or "ReadLine" or "ReadLineAsync" or "ReadKey" or "WaitForNextTickAsync" or "Sleep" or "Ask" });

    /// <summary>LINQ, <c>Parallel</c>, the runtime's fan-outs, and a function of this compilation that invokes what it is given in a loop.</summary>
    private static bool RunsPerItem(IInvocationOperation carrier, LlmContext context, CancellationToken cancellationToken)
    {
        if (context.Bodies.IsInSource(carrier.TargetMethod))
        {
            return context.Bodies.Operation(carrier.TargetMethod.OriginalDefinition, cancellationToken)?.Descendants()
                .Any(inside => inside is IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } && Here(inside, context, cancellationToken).Verdict == Verdict.Yes) == true;
        }

        var type = carrier.TargetMethod.ContainingType;
        return type.IsInNamespace("System.Linq")
            || KnownTypes.Is(type, context.Types.Parallel)
            || carrier.TargetMethod.Name == "ForEach"
            || context.FindExecutor(carrier.TargetMethod, carrier.ReceiverType()) is { ExecutorShape: ExecutorShape.Run, Roles: ExecutorRole.Bounds };
    }
}
