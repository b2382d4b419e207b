using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Do the functions that are given the code around a call bound, retry or end it?</summary>
internal static class Executors
{
    private const int MaxSteps = 50;
    private const int MaxHops = 3;

    /// <summary>
    /// Looks at every function that is given a lambda around <paramref name="site"/>, or the method group it is: an executor of the catalog, as it was built where that can be
    /// seen; a function of this compilation by its body; of a library's own nobody can tell unless it is the framework's.
    /// </summary>
    public static Fact Around(IOperation site, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var result = new Fact(Verdict.No);
        foreach (var function in site.Ancestors().Prepend(site).Where(operation => operation is IAnonymousFunctionOperation or IMethodReferenceOperation))
        {
            if (function.GivenTo() is not { } carrier)
                continue;

            var fact = Of(carrier, role, context, cancellationToken);
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;
        }

        return result;
    }

    /// <summary>What one invocation does with the delegates it is given.</summary>
    public static Fact Of(IInvocationOperation carrier, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var proof = carrier.Syntax.GetLocation();
        var method = carrier.TargetMethod;
        if (context.FindExecutor(method, carrier.ReceiverType()) is { ExecutorShape: ExecutorShape.Run } executor)
        {
            return (executor.Roles & role) == 0 ? OfThrottle(carrier)
                : !executor.HasTrait("maybe") ? new Fact(Verdict.Yes, proof)
                : carrier.Receiver() is { } pipeline ? OfPipeline(pipeline, role, context, cancellationToken)
                : new Fact(Verdict.Unknown, proof);
        }

        if (context.Bodies.IsInSource(method))
            return OfFunction(method, role, context, MaxHops, cancellationToken) ? new Fact(Verdict.Yes, proof) : new Fact(Verdict.No);
        return method.ContainingType.IsInNamespace("System") || method.ContainingType.IsInNamespace("Microsoft") ? new Fact(Verdict.No) : new Fact(Verdict.Unknown, proof);
    }

    /// <summary>A group of calls may be given a throttle, which does all of it: <c>LlmTask.WhenAll(items, call, throttle)</c>. A task group was, where it was made.</summary>
    private static Fact OfThrottle(IInvocationOperation carrier)
    {
        if (carrier.TargetMethod.ContainingType is { Name: "LlmTaskGroup" } group && group.IsInNamespace("AsyncLlm"))
            return new Fact(Verdict.Unknown, carrier.Syntax.GetLocation());

        foreach (var argument in carrier.Arguments)
        {
            if (argument.Parameter?.Type is not { } type || !type.IsInNamespace("AsyncLlm"))
                continue;
            if (type.Name == "LlmThrottle")
                return new Fact(Verdict.Yes, argument.Syntax.GetLocation());
            if (type.Name == "LlmBatchOptions" && (argument.Value.WithoutConversions() is not IObjectCreationOperation { Initializer: var set } || set?.Initializers.Any(IsThrottle) == true))
                return new Fact(Verdict.Unknown, argument.Syntax.GetLocation());
        }

        return new Fact(Verdict.No);

        static bool IsThrottle(IOperation set) => set is ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: "Throttle" } };
    }

    /// <summary>The roles a pipeline was built with; Unknown when it is handed in from elsewhere.</summary>
    private static Fact OfPipeline(IOperation pipeline, ExecutorRole role, LlmContext context, CancellationToken cancellationToken)
    {
        var sources = new ValueSources(context, cancellationToken);
        var seen = new HashSet<SyntaxNode>();
        var open = new Queue<IOperation>([pipeline]);
        var (wasBuiltHere, isPartlyUnknown) = (false, false);
        for (var step = 0; open.Count > 0 && step < MaxSteps; step++)
        {
            foreach (var operation in open.Dequeue().DescendantsAndSelf())
            {
                if (operation is IInvocationOperation creation
                    && context.FindExecutor(creation.TargetMethod, creation.ReceiverType()) is { ExecutorShape: ExecutorShape.Create } part)
                {
                    if ((part.Roles & role) != 0)
                        return new Fact(part.HasTrait("maybe") ? Verdict.Unknown : Verdict.Yes, creation.Syntax.GetLocation());
                    wasBuiltHere = true;
                }

                if (operation is not (ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation or IParameterReferenceOperation or IInvocationOperation) || !seen.Add(operation.Syntax))
                    continue;

                var done = operation is ILocalReferenceOperation local
                    ? LocalUses.Around(local).InvocationsOn(local.Local)
                    : [];
                var values = sources.Of(operation).ToList();
                isPartlyUnknown |= values.Count == 0 && operation is not IInvocationOperation && operation.Type is { TypeKind: TypeKind.Class or TypeKind.Interface } policy && policy.IsInNamespace("Polly");
                foreach (var value in values.Concat(done))
                    open.Enqueue(value);
            }
        }

        return new Fact(wasBuiltHere && !isPartlyUnknown ? Verdict.No : Verdict.Unknown, pipeline.Syntax.GetLocation());
    }

    /// <summary>A function that runs what it is given in a loop of attempts, under a time limit, or through one that does.</summary>
    private static bool OfFunction(IMethodSymbol method, ExecutorRole role, LlmContext context, int hops, CancellationToken cancellationToken) =>
        context.Implementations.Of(method, cancellationToken).Any(body => context.Bodies.Operation(body, cancellationToken) is { } operation && operation.Descendants().Any(inside => inside switch
        {
            IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } invoked => role == ExecutorRole.Retries && (RetryLoop.Around(invoked) is not null || RetryLoop.OfStatus(invoked) is not null),
            IInvocationOperation { TargetMethod: { Name: "CancelAfter" or "WaitAsync", Parameters.IsEmpty: false } } => role == ExecutorRole.Deadline,
            IInvocationOperation call when context.FindExecutor(call.TargetMethod, call.ReceiverType()) is { ExecutorShape: ExecutorShape.Run } executor => (executor.Roles & role) != 0,
            IInvocationOperation call => hops > 0 && call.TargetMethod.Parameters.Any(parameter => parameter.Type.TypeKind == TypeKind.Delegate) && context.Bodies.IsInSource(call.TargetMethod)
                && OfFunction(call.TargetMethod, role, context, hops - 1, cancellationToken),
            IObjectCreationOperation { Type.Name: nameof(CancellationTokenSource), Arguments.IsEmpty: false } => role == ExecutorRole.Deadline,
            _ => false,
        }));
}
