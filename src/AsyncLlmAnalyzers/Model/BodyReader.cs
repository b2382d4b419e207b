using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Reads a <see cref="BodySummary"/> off the operations of one body.</summary>
/// <param name="context">The compilation.</param>
/// <param name="scope">The body: limiters acquired inside it count.</param>
/// <param name="method">The function whose delegate parameters are followed; null for a lambda or a loop body.</param>
/// <param name="cancellationToken">Cancels the reading.</param>
internal sealed class BodyReader(LlmContext context, IOperation scope, IMethodSymbol? method, CancellationToken cancellationToken)
{
    /// <summary>A function that enters a limiter by calling another that does: deeper than this nobody hides it.</summary>
    private const int MaxEnterDepth = 2;

    private readonly ImmutableArray<CallEdge>.Builder _calls = ImmutableArray.CreateBuilder<CallEdge>();
    private readonly ImmutableArray<DelegateUse>.Builder _delegates = ImmutableArray.CreateBuilder<DelegateUse>();
    private readonly HashSet<SyntaxNode> _lambdasBeingRead = [];
    private ImmutableArray<HeldGate> _held;

    /// <summary>Summarises what runs in <paramref name="region"/>, which lies in the scope.</summary>
    public BodySummary Read(IOperation region)
    {
        _held = [.. HeldGates(scope, MaxEnterDepth)];
        Visit(region is IAnonymousFunctionOperation lambda ? lambda.Body : region, [], isRoot: true);
        return new BodySummary(_calls.ToImmutable(), _delegates.ToImmutable(), HoldsOnReturn(scope, _held));
    }

    private void Visit(IOperation operation, ImmutableArray<Carrier> carriers, bool isRoot = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        switch (operation)
        {
            case ILocalFunctionOperation when !isRoot:
            case INameOfOperation or ITypeOfOperation:
                return;
            case IAnonymousFunctionOperation lambda:
                if (CarrierOf(lambda) is { } carrier)
                    VisitLambda(lambda, carriers.Add(carrier));
                return;
            case IMethodReferenceOperation reference when CarrierOf(reference) is { } receiver:
                AddCall(reference.Method, reference.Instance?.Type, reference, [], carriers.Add(receiver));
                break;
            case IInvocationOperation invocation:
                AddCall(invocation.TargetMethod, invocation.ReceiverType(), invocation, invocation.Arguments, carriers);
                break;
            case IParameterReferenceOperation parameter when IsDelegateOfMethod(parameter.Parameter):
                AddDelegateUse(parameter, carriers);
                break;
            case ILocalReferenceOperation local when local.Type?.TypeKind == TypeKind.Delegate && local.Lambda() is { } lambda:
                VisitLocalLambda(local, lambda, carriers);
                break;
        }

        foreach (var child in operation.ChildOperations)
            Visit(child, carriers);
    }

    private void VisitLambda(IAnonymousFunctionOperation lambda, ImmutableArray<Carrier> carriers)
    {
        if (!_lambdasBeingRead.Add(lambda.Syntax))
            return;

        Visit(lambda.Body, carriers);
        _lambdasBeingRead.Remove(lambda.Syntax);
    }

    private void VisitLocalLambda(ILocalReferenceOperation local, IAnonymousFunctionOperation lambda, ImmutableArray<Carrier> carriers)
    {
        if (IsInvoked(local))
            VisitLambda(lambda, carriers);
        else if (CarrierOf(local) is { } carrier)
            VisitLambda(lambda, carriers.Add(carrier));
    }

    private void AddCall(IMethodSymbol target, ITypeSymbol? receiver, IOperation site, ImmutableArray<IArgumentOperation> arguments, ImmutableArray<Carrier> carriers)
    {
        if (context.FindRequest(target, receiver, site) is not null)
        {
            _calls.Add(new CallEdge(target, isModelCall: true, site.Syntax.GetLocation(), GatesAt(site), carriers, []));
        }
        else if (context.Bodies.IsInSource(target) && target.MethodKind is MethodKind.Ordinary or MethodKind.LocalFunction or MethodKind.ExplicitInterfaceImplementation or MethodKind.ReducedExtension)
        {
            var gateArguments = arguments
                .Where(argument => argument.Parameter is { } parameter && IsLimiter(parameter.Type))
                .Select(argument => new GateArgument(argument.Parameter!.Ordinal, GateOf(argument.Value)))
                .ToImmutableArray();
            _calls.Add(new CallEdge(target, isModelCall: false, site.Syntax.GetLocation(), GatesAt(site), carriers, gateArguments));
        }
    }

    private void AddDelegateUse(IParameterReferenceOperation parameter, ImmutableArray<Carrier> carriers)
    {
        if (!IsInvoked(parameter))
            carriers = carriers.Add(CarrierOf(parameter) ?? new Carrier(CarrierKind.Unknown));
        _delegates.Add(new DelegateUse(parameter.Parameter.Ordinal, GatesAt(parameter), carriers));
    }

    private bool IsDelegateOfMethod(IParameterSymbol parameter) =>
        parameter.Type.TypeKind == TypeKind.Delegate && SymbolEqualityComparer.Default.Equals(parameter.ContainingSymbol, method);

    private static bool IsInvoked(IOperation operation) =>
        operation.Parent is IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } invocation && invocation.Instance == operation
        || operation.Parent is IConditionalAccessOperation access && access.Operation == operation;

    /// <summary>Who is given the delegate; null when it is only stored, so nothing here runs it.</summary>
    private Carrier? CarrierOf(IOperation function)
    {
        for (var (child, parent) = (function, function.Parent); parent is not null; (child, parent) = (parent, parent.Parent))
        {
            switch (parent)
            {
                case IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation or IConditionalOperation:
                    continue;
                case IArgumentOperation { Parent: IInvocationOperation invocation } argument:
                    return CarrierOf(invocation, argument.Parameter?.Ordinal ?? 0);
                case IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke } invocation when invocation.Instance == child:
                    return new Carrier(CarrierKind.Inline);
                default:
                    return null;
            }
        }

        return null;
    }

    private Carrier CarrierOf(IInvocationOperation invocation, int ordinal)
    {
        var target = invocation.TargetMethod;
        if (context.FindExecutor(target, invocation.ReceiverType()) is { ExecutorShape: ExecutorShape.Run } executor)
            return new Carrier((executor.Roles & ExecutorRole.Bounds) != 0 ? CarrierKind.Bounded : CarrierKind.Inline);

        if (context.Bodies.IsInSource(target))
            return new Carrier(CarrierKind.Method, target, ordinal);

        return new Carrier(IsFramework(target) ? CarrierKind.Inline : CarrierKind.Unknown);
    }

    private static bool IsFramework(IMethodSymbol target)
    {
        var root = target.ContainingNamespace;
        while (root is { IsGlobalNamespace: false, ContainingNamespace.IsGlobalNamespace: false })
            root = root.ContainingNamespace;
        return root?.Name == "System";
    }

    private ImmutableArray<Gate> GatesAt(IOperation site)
    {
        var position = site.Syntax.SpanStart;
        var gates = _held.Where(gate => gate.Region.Contains(position)).Select(gate => gate.Gate).ToImmutableArray();
        return DrainsSharedQueue(site) ? gates.Add(new Gate(null)) : gates;
    }

    /// <summary>
    /// A worker: the call stands in a loop that takes its items from a queue, channel or enumerator shared with others,
    /// so the number of workers is the limit.
    /// </summary>
    private bool DrainsSharedQueue(IOperation site) => site.Ancestors()
        .TakeWhile(ancestor => ancestor != scope)
        .OfType<ILoopOperation>()
        .Any(loop => Takers(loop, site).Any(IsTake));

    /// <summary>The invocations by which the loop gets its next item: in its head, or in its body before the site.</summary>
    private static IEnumerable<IInvocationOperation> Takers(ILoopOperation loop, IOperation site)
    {
        IOperation?[] heads = loop switch
        {
            IForEachLoopOperation forEach => [forEach.Collection],
            IWhileLoopOperation { Condition: { } condition } => [condition, loop.Body],
            IForLoopOperation { Condition: { } condition } => [condition, loop.Body],
            _ => [loop.Body],
        };
        return heads.OfType<IOperation>()
            .SelectMany(head => head.DescendantsAndSelf())
            .OfType<IInvocationOperation>()
            .Where(taker => taker.Syntax.SpanStart < site.Syntax.SpanStart);
    }

    private static bool IsTake(IInvocationOperation invocation) => invocation.TargetMethod.Name is
        "ReadAllAsync" or "WaitToReadAsync" or "TryRead" or "ReadAsync" or "TryDequeue" or "Dequeue" or "TryTake" or "TryPop" or "Pop"
        or "GetConsumingEnumerable" or "MoveNext" or "MoveNextAsync"
        || invocation.TargetMethod is { Name: "Increment", ContainingType.Name: "Interlocked" };

    private IEnumerable<HeldGate> HeldGates(IOperation body, int enterDepth)
    {
        foreach (var invocation in body.DescendantsAndSelf().OfType<IInvocationOperation>())
        {
            var executor = context.FindExecutor(invocation.TargetMethod, invocation.ReceiverType());
            if (executor is { ExecutorShape: ExecutorShape.Acquire })
                yield return new HeldGate(GateOf(LimiterOf(invocation)), invocation, RegionOf(invocation));
            else if (executor is null && enterDepth > 0 && EntersLimiter(invocation.TargetMethod, enterDepth - 1))
                yield return new HeldGate(new Gate(null), invocation, RegionOf(invocation));
        }
    }

    private static IOperation? LimiterOf(IInvocationOperation acquire) => acquire.Receiver();

    private bool EntersLimiter(IMethodSymbol target, int enterDepth) =>
        target.MethodKind is MethodKind.Ordinary or MethodKind.LocalFunction
        && target.ReturnType.SpecialType != SpecialType.System_Boolean
        && context.Bodies.IsInSource(target)
        && context.Bodies.Operation(target, cancellationToken) is { } body
        && HoldsOnReturn(body, [.. HeldGates(body, enterDepth)]);

    /// <summary>It acquires at its own level and never releases: the permit leaves with the return.</summary>
    private static bool HoldsOnReturn(IOperation body, ImmutableArray<HeldGate> gates) =>
        gates.Any(gate => gate.Acquire.EnclosingFunction() is var function && (function == body || function == body.Root()))
        && !body.DescendantsAndSelf().OfType<IInvocationOperation>().Any(call =>
            call.TargetMethod.Name == "Release" && call.EnclosingFunction() is var function && (function == body || function == body.Root()))
        && !gates.Any(gate => gate.Acquire.Ancestors().Any(ancestor =>
            ancestor is IUsingOperation || ancestor is IUsingDeclarationOperation));

    /// <summary>
    /// From the acquire to the end of the loop body or function it stands in: an acquire under an <c>if</c> or <c>try</c>
    /// counts beyond it, because what is only sometimes unlimited is not proven unlimited.
    /// </summary>
    private TextSpan RegionOf(IInvocationOperation acquire)
    {
        var end = acquire.Ancestors().FirstOrDefault(ancestor => ancestor == scope || ancestor.IsFunction() || ancestor is ILoopOperation) ?? acquire.Root();
        return TextSpan.FromBounds(acquire.Syntax.SpanStart, ReleaseAfter(acquire, end) ?? end.Syntax.Span.End);
    }

    /// <summary>A release that is a plain statement beside the acquire ends the region; one in a <c>finally</c> ends it with its try.</summary>
    private static int? ReleaseAfter(IInvocationOperation acquire, IOperation region)
    {
        var limiter = Symbol(LimiterOf(acquire));
        if (limiter is null)
            return null;

        foreach (var release in region.DescendantsAndSelf().OfType<IInvocationOperation>())
        {
            if (release.TargetMethod.Name != "Release"
                || release.Syntax.SpanStart < acquire.Syntax.Span.End
                || !SymbolEqualityComparer.Default.Equals(Symbol(LimiterOf(release)), limiter))
                continue;

            var @finally = release.Syntax.FirstAncestorOrSelf<FinallyClauseSyntax>();
            if (@finally is not null)
                return @finally.Parent!.Span.End;
            if (release.Syntax.FirstAncestorOrSelf<StatementSyntax>()?.Parent == acquire.Syntax.FirstAncestorOrSelf<StatementSyntax>()?.Parent)
                return release.Syntax.Span.End;
        }

        return null;
    }

    private bool IsLimiter(ITypeSymbol type) => context.Catalog.IsLimiter(type);

    /// <summary>Which limiter an expression names. A local that holds another's limiter is that one; one it cannot name is taken as shared.</summary>
    private static Gate GateOf(IOperation? limiter) => limiter?.WithoutConversions() switch
    {
        ILocalReferenceOperation local => local.Initializer()?.WithoutConversions() switch
        {
            IObjectCreationOperation => new Gate(local.Local),
            ILocalReferenceOperation or IParameterReferenceOperation => GateOf(local.Initializer()),
            _ => new Gate(null),
        },
        IParameterReferenceOperation parameter => new Gate(parameter.Parameter),
        IObjectCreationOperation creation => new Gate(creation.Constructor), // made for this one call: no local, field or parameter can be shared through it
        _ => new Gate(null),
    };

    private static ISymbol? Symbol(IOperation? limiter) => limiter?.WithoutConversions() switch
    {
        ILocalReferenceOperation local => local.Local,
        IParameterReferenceOperation parameter => parameter.Parameter,
        IFieldReferenceOperation field => field.Field,
        IPropertyReferenceOperation property => property.Property,
        _ => null,
    };

    private sealed record HeldGate(Gate Gate, IInvocationOperation Acquire, TextSpan Region);
}
