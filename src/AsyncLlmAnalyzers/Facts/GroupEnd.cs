using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Can anything end the calls of a fan-out as a group: a token that reaches them, a deadline around them?</summary>
internal static class GroupEnd
{
    /// <summary>No: no token and no deadline on any way from the producer to its calls. Unknown: part of the way cannot be seen.</summary>
    public static Fact Of(TaskProducer producer, FanOut fanOut, LlmContext context, CancellationToken cancellationToken)
    {
        if (TokenPassed.To(fanOut.Combinator).Verdict == Verdict.Yes)
            return new Fact(Verdict.Yes, fanOut.Combinator.Syntax.GetLocation());

        var around = Deadline.Around(fanOut.Combinator, context, cancellationToken);
        if (around.Verdict != Verdict.No)
            return around;

        return (producer.Body, producer.Method) switch
        {
            ({ } body, _) => new Search(context, cancellationToken).Of(body),
            (null, { } group) => new Search(context, cancellationToken).Of(group),
            _ => new Fact(Verdict.Unknown),
        };
    }

    private sealed class Search(LlmContext context, CancellationToken cancellationToken)
    {
        private readonly HashSet<IMethodSymbol> _seen = new(SymbolEqualityComparer.Default);
        private readonly Queue<(IMethodSymbol Function, int Hops)> _open = new();
        private bool _sawUnknown;

        public Fact Of(IMethodSymbol group)
        {
            Enter(group, Wrappers.MaxHops);
            return Drain();
        }

        public Fact Of(IOperation body) => EndIn(body, function: null, Wrappers.MaxHops) is { } end ? new Fact(Verdict.Yes, end.Syntax.GetLocation()) : Drain();

        private Fact Drain()
        {
            while (_open.Count > 0)
            {
                var (function, hops) = _open.Dequeue();
                if (context.Bodies.Operation(function, cancellationToken) is { } body && EndIn(body, function, hops) is { } end)
                    return new Fact(Verdict.Yes, end.Syntax.GetLocation());
            }

            return new Fact(_sawUnknown ? Verdict.Unknown : Verdict.No);
        }

        /// <summary>A token that can fire, or a deadline. The function's own token is none: nobody on the way here had one to give.</summary>
        private IOperation? EndIn(IOperation body, IMethodSymbol? function, int hops)
        {
            foreach (var operation in body.DescendantsAndSelf())
            {
                cancellationToken.ThrowIfCancellationRequested();
                switch (operation)
                {
                    case IParameterReferenceOperation { Parameter.ContainingSymbol: var owner } when SymbolEqualityComparer.Default.Equals(owner, function):
                        break;
                    case IParameterReferenceOperation or ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation
                        when operation.Type is { } type && ReturnTypes.IsCancellationToken(type) && !operation.IsNoToken():
                        return operation;
                    case IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke }:
                        _sawUnknown = true;
                        break;
                    case IInvocationOperation wait when TimedWait.From(wait, context.Types) is not null:
                        return wait;
                    case IInvocationOperation invocation:
                        if (context.FindExecutor(invocation.TargetMethod, invocation.ReceiverType()) is { } executor && (executor.Roles & ExecutorRole.Deadline) != 0)
                            return invocation;
                        _sawUnknown |= TokenPassed.To(invocation).Verdict == Verdict.Unknown;
                        Enter(invocation.TargetMethod, hops - 1);
                        break;
                    case IMethodReferenceOperation reference:
                        Enter(reference.Method, hops - 1);
                        break;
                }
            }

            return null;
        }

        private void Enter(IMethodSymbol method, int hops)
        {
            foreach (var body in context.Implementations.Of(method.OriginalDefinition, cancellationToken))
            {
                if (!context.Bodies.IsInSource(body) || !_seen.Add(body))
                    continue;
                if (hops < 0)
                    _sawUnknown = true;
                else
                    _open.Enqueue((body, hops));
            }
        }
    }
}
