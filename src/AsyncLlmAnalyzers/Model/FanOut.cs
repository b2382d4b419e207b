using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Code that starts one task per item.</summary>
/// <param name="body">What runs per item: a lambda, or the expression added to the list.</param>
/// <param name="method">The method group that runs per item, when there is no <paramref name="body"/>.</param>
/// <param name="scope">Where limiters count: the lambda, or the body of the loop.</param>
/// <param name="count">How many items there are.</param>
/// <param name="site">The <c>Select</c>, <c>Add</c> or assignment that starts the task.</param>
internal sealed class TaskProducer(IOperation? body, IMethodSymbol? method, IOperation? scope, ItemCount count, IOperation site)
{
    public ItemCount Count { get; } = count;

    public IOperation Site { get; } = site;

    public Route Reach(LlmContext context, CancellationToken cancellationToken) => (body, method) switch
    {
        ({ } region, _) => context.Wrappers.Of(region, scope ?? region, cancellationToken),
        (null, { } group) => context.FindRequest(group, group.ContainingType, Site) is not null
            ? new Route(Model.Reach.Unlimited, new CallEdge(group, isModelCall: true, Site.Syntax.GetLocation(), [], [], []))
            : context.Wrappers.Of(group, cancellationToken),
        _ => new Route(Model.Reach.Unknown, null),
    };
}

/// <summary>A combinator over tasks (<c>Task.WhenAll</c>, <c>WhenEach</c>, <c>WhenAny</c>, <c>Parallel.ForEachAsync</c>) and what starts them.</summary>
internal sealed class FanOut(IInvocationOperation combinator, ImmutableArray<TaskProducer> producers)
{
    public static readonly ImmutableHashSet<string> CombinatorNames = ["WhenAll", "WhenAny", "WhenEach", "ForEachAsync", "ForAsync"];

    public IInvocationOperation Combinator { get; } = combinator;

    public ImmutableArray<TaskProducer> Producers { get; } = producers;

    public static FanOut? From(IInvocationOperation invocation, LlmContext context, AnalyzerConfigOptions options, CancellationToken cancellationToken)
    {
        var type = invocation.TargetMethod.ContainingType;
        var smallFanOut = Options.SmallFanOut.Read(options);
        if (KnownTypes.Is(type, context.Types.Task) && invocation.TargetMethod.Name is "WhenAll" or "WhenAny" or "WhenEach")
        {
            var reader = new TaskProducers(invocation, new ItemCounter(context, smallFanOut, cancellationToken));
            return new FanOut(invocation, reader.Of(invocation.Arguments[0].Value));
        }

        return KnownTypes.Is(type, context.Types.Parallel) && invocation.TargetMethod.Name is "ForEachAsync" or "ForAsync"
            ? new FanOut(invocation, [OfParallel(invocation, smallFanOut)])
            : null;
    }

    private static TaskProducer OfParallel(IInvocationOperation invocation, int smallFanOut)
    {
        var body = invocation.Argument("body")!;
        var lambda = body.Lambda();
        return new TaskProducer(lambda, body.MethodGroup(), lambda, DegreeOf(invocation, smallFanOut), invocation);
    }

    /// <summary>Only a constant above the threshold is no limit: -1 and no options mean the number of processors.</summary>
    private static ItemCount DegreeOf(IInvocationOperation invocation, int smallFanOut)
    {
        var options = invocation.Argument("parallelOptions")?.WithoutConversions();
        var creation = (options is ILocalReferenceOperation local ? local.Initializer()?.WithoutConversions() : options) as IObjectCreationOperation;
        var assignments = creation?.Initializer?.Initializers.OfType<ISimpleAssignmentOperation>() ?? [];
        if (options is ILocalReferenceOperation later)
        {
            assignments = assignments.Concat(invocation.Root().DescendantsAndSelf().OfType<ISimpleAssignmentOperation>()
                .Where(assignment => assignment.Target is IPropertyReferenceOperation { Instance: ILocalReferenceOperation target }
                    && SymbolEqualityComparer.Default.Equals(target.Local, later.Local)));
        }

        var degrees = assignments
            .Where(assignment => assignment.Target is IPropertyReferenceOperation { Property.Name: "MaxDegreeOfParallelism" })
            .Select(assignment => assignment.Value)
            .ToList();
        return degrees is [var degree] && degree.IsConstant(out var value) && value > smallFanOut ? ItemCount.Unbounded : ItemCount.Bounded;
    }
}
