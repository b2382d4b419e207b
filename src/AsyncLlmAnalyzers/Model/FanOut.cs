using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Code that starts one task per item.</summary>
internal sealed class TaskProducer
{
    /// <summary>What runs per item: a lambda's body, or the task added to the list; null when a method group runs.</summary>
    public IOperation? Body { get; private init; }

    public IAnonymousFunctionOperation? Lambda { get; private init; }

    /// <summary>The method group that runs per item, where there is no lambda.</summary>
    public IMethodSymbol? Method { get; private init; }

    /// <summary>Where limiters count: the lambda, or the body of the loop.</summary>
    public IOperation? Scope { get; private init; }

    public required ItemCount Count { get; init; }

    /// <summary>The <c>Select</c>, <c>Add</c> or assignment that starts the task.</summary>
    public required IOperation Site { get; init; }

    /// <summary>The delegate argument, where one starts the task.</summary>
    public IOperation? Delegate { get; private init; }

    /// <summary>The loops around a task that is stored, innermost first.</summary>
    public ImmutableArray<ILoopOperation> Loops { get; private init; } = [];

    public static TaskProducer FromDelegate(IOperation @delegate, ItemCount count, IOperation site)
    {
        var lambda = @delegate.Lambda();
        return new() { Body = lambda, Lambda = lambda, Method = @delegate.MethodGroup(), Scope = lambda, Count = count, Site = site, Delegate = @delegate };
    }

    public static TaskProducer FromLoop(IOperation task, ImmutableArray<ILoopOperation> loops, ItemCount count, IOperation site) =>
        new() { Body = task, Scope = loops[0].Body, Count = count, Site = site, Loops = loops };

    /// <param name="task">The task that the lambda leaves in something: a tuple, an object, a list.</param>
    /// <param name="lambda">What runs per item.</param>
    /// <param name="count">How many items there are.</param>
    /// <param name="site">What runs the lambda, or stores the task.</param>
    public static TaskProducer FromPart(IOperation task, IAnonymousFunctionOperation lambda, ItemCount count, IOperation site) =>
        new() { Body = task, Scope = lambda, Count = count, Site = site };

    public Route Reach(LlmContext context, CancellationToken cancellationToken) => (Body, Method) switch
    {
        ({ } region, _) => context.Wrappers.Of(region, Scope ?? region, cancellationToken),
        (null, { } group) => context.FindRequest(group, group.ContainingType, Site) is not null
            ? new Route(context.IsBounded(group) ? Model.Reach.Limited : Model.Reach.Unlimited, new CallEdge(group, isModelCall: true, Site.Syntax.GetLocation(), [], [], []))
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
        var producers = new TaskProducers(context.Types, new ItemCounter(context, smallFanOut, cancellationToken));
        if (KnownTypes.Is(type, context.Types.Task) && invocation.TargetMethod.Name is "WhenAll" or "WhenAny" or "WhenEach")
            return new FanOut(invocation, producers.Of(invocation.Arguments[0].Value));

        return KnownTypes.Is(type, context.Types.Parallel) && invocation.TargetMethod.Name is "ForEachAsync" or "ForAsync"
            ? new FanOut(invocation, [OfParallel(invocation, smallFanOut), .. producers.OfStarted(invocation)])
            : null;
    }

    private static TaskProducer OfParallel(IInvocationOperation invocation, int smallFanOut)
    {
        // Only a constant above the threshold is no limit: -1 and no options mean the number of processors.
        var count = DegreeExpression(invocation) is { } degree && degree.IsConstant(out var value) && value > smallFanOut
            ? ItemCount.Unbounded
            : ItemCount.Bounded;
        return TaskProducer.FromDelegate(invocation.Argument("body")!, count, invocation);
    }

    /// <summary>The only value that <c>MaxDegreeOfParallelism</c> is given for a <c>Parallel</c> loop, in its options or on their local.</summary>
    public static IOperation? DegreeExpression(IInvocationOperation invocation)
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
        return degrees is [var degree] ? degree : null;
    }
}
