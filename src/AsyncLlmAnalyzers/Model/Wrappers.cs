using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What running a piece of code does about model calls.</summary>
internal enum Reach
{
    /// <summary>It makes none.</summary>
    None,

    /// <summary>Part of the way cannot be followed.</summary>
    Unknown,

    /// <summary>Every call it makes is made under a limiter.</summary>
    Limited,

    /// <summary>It makes a call without a limiter.</summary>
    Unlimited,
}

/// <summary>The answer, with the call that proves it where there is one.</summary>
internal readonly record struct Route(Reach Reach, CallEdge? Call);

/// <summary>
/// Follows code from a root through methods, local functions, lambdas and interface members to the model calls it makes:
/// breadth first over (function, limited?), each state once, at most <see cref="MaxHops"/> hops.
/// </summary>
internal sealed class Wrappers(LlmContext context)
{
    public const int MaxHops = 5;

    /// <summary>What running <paramref name="region"/> reaches; limiters acquired in <paramref name="scope"/> count.</summary>
    public Route Of(IOperation region, IOperation scope, CancellationToken cancellationToken) =>
        new Search(context, new Root(scope.Syntax.SyntaxTree, scope.Syntax.Span), [], cancellationToken)
            .Run(new BodyReader(context, scope, null, cancellationToken).Read(region));

    public Route Of(IMethodSymbol method, CancellationToken cancellationToken) =>
        new Search(context, new Root(null, default), [], cancellationToken).Run(new State(method.OriginalDefinition, context.IsBounded(method), MaxHops, []));

    /// <summary>The method is a wrapper: calling it makes a model call, limited or not.</summary>
    public bool MakesCall(IMethodSymbol method, CancellationToken cancellationToken) =>
        context.Bodies.IsInSource(method) && Of(method, cancellationToken).Reach is Reach.Limited or Reach.Unlimited;

    /// <summary>The code that runs once per item: a limiter made inside it limits nothing.</summary>
    private sealed record Root(SyntaxTree? Tree, TextSpan Span)
    {
        public bool Declares(ISymbol symbol) => symbol.DeclaringSyntaxReferences.Any(reference => reference.SyntaxTree == Tree && Span.Contains(reference.Span));
    }

    private readonly record struct State(IMethodSymbol Function, bool Limited, int Hops, ImmutableArray<int> SharedGates)
    {
        public StateKey Key => new(Function, Limited, string.Join(",", SharedGates));
    }

    private readonly record struct StateKey(IMethodSymbol Function, bool Limited, string SharedGates)
    {
        public bool Equals(StateKey other) =>
            Limited == other.Limited && SharedGates == other.SharedGates && SymbolEqualityComparer.Default.Equals(Function, other.Function);

        public override int GetHashCode() => SymbolEqualityComparer.Default.GetHashCode(Function) ^ (Limited ? 1 : 0);
    }

    /// <param name="context">The compilation.</param>
    /// <param name="root">The code that is started per item.</param>
    /// <param name="ofMembers">The answers for members with several bodies, shared by the searches into each of them; null for one that is being found.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    private sealed class Search(LlmContext context, Root root, Dictionary<StateKey, Route?> ofMembers, CancellationToken cancellationToken)
    {
        private readonly Queue<State> _queue = new();
        private readonly HashSet<StateKey> _seen = [];
        private CallEdge? _unlimited;
        private CallEdge? _limitedCall;
        private bool _sawUnknown;
        private bool _sawItself;

        public Route Run(BodySummary summary) =>
            Follow(summary, function: null, new State(null!, false, MaxHops, [])) ? Found() : Drain();

        public Route Run(State start) => Enter(start) ? Found() : Drain();

        private Route Drain()
        {
            while (_queue.Count > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var state = _queue.Dequeue();
                if (Follow(context.Bodies.Of(state.Function, cancellationToken), state.Function, state))
                    return Found();
            }

            return _sawUnknown ? new Route(Reach.Unknown, null)
                : _limitedCall is not null ? new Route(Reach.Limited, _limitedCall)
                : new Route(Reach.None, null);
        }

        private Route Found() => new(Reach.Unlimited, _unlimited);

        /// <summary>True as soon as an unlimited call is found.</summary>
        private bool Follow(BodySummary summary, IMethodSymbol? function, State state)
        {
            foreach (var call in summary.Calls)
            {
                var limited = state.Limited || context.IsBounded(call.Target) || call.Gates.Any(gate => IsShared(gate, function, state));
                switch (Carry(call.Carriers, state.Hops))
                {
                    case Reach.None:
                        continue;
                    case Reach.Unknown:
                        _sawUnknown = true;
                        continue;
                    case Reach.Limited:
                        limited = true;
                        break;
                }

                if (call.IsModelCall)
                {
                    if (!limited)
                    {
                        _unlimited = call;
                        return true;
                    }

                    _limitedCall = call;
                }
                else if (state.Hops > 0)
                {
                    ImmutableArray<int> shared = [.. call.GateArguments.Where(argument => IsShared(argument.Gate, function, state)).Select(argument => argument.Ordinal)];
                    if (Enter(new State(call.Target.OriginalDefinition, limited, state.Hops - 1, shared)))
                        return true;
                }
            }

            return false;
        }

        private bool Enter(State state)
        {
            if (!_seen.Add(state.Key))
                return false;

            var bodies = context.Implementations.Of(state.Function, cancellationToken);
            if (bodies is [var only])
            {
                _queue.Enqueue(state with { Function = only });
                return false;
            }

            var route = OfMember(state, bodies);
            _unlimited ??= route.Reach == Reach.Unlimited ? route.Call : null;
            _limitedCall ??= route.Reach == Reach.Limited ? route.Call : null;
            _sawUnknown |= route.Reach == Reach.Unknown;
            return route.Reach == Reach.Unlimited;
        }

        /// <summary>
        /// A member with several bodies is what all of them are, but for those that only call the member of another object, as a decorator does; when they
        /// differ, what a call runs is unknown.
        /// </summary>
        private Route OfMember(State state, ImmutableArray<IMethodSymbol> bodies)
        {
            if (ofMembers.TryGetValue(state.Key, out var known))
            {
                _sawItself |= known is null;
                return known ?? default;
            }

            ofMembers[state.Key] = null;
            var routes = new List<Route>();
            foreach (var body in bodies)
            {
                var search = new Search(context, root, ofMembers, cancellationToken);
                if (search.RunBody(state with { Function = body }) is var found && (found.Reach != Reach.None || !search._sawItself))
                    routes.Add(found);
            }

            var route = routes.Select(r => r.Reach).Distinct().Count() switch
            {
                0 => default,
                1 => routes[0],
                _ => new Route(Reach.Unknown, null),
            };
            ofMembers[state.Key] = route;
            return route;
        }

        private Route RunBody(State state)
        {
            _seen.Add(state.Key);
            _queue.Enqueue(state);
            return Drain();
        }

        private bool IsShared(Gate gate, IMethodSymbol? function, State state) => gate.Symbol switch
        {
            null => true,
            IMethodSymbol => false,
            IParameterSymbol parameter when SymbolEqualityComparer.Default.Equals(parameter.ContainingSymbol.OriginalDefinition, function) =>
                state.SharedGates.Contains(parameter.Ordinal) || function!.MethodKind == MethodKind.Constructor,
            { } symbol => !root.Declares(symbol) && !(function is not null && Declares(function, symbol)),
        };

        private static bool Declares(IMethodSymbol function, ISymbol symbol) =>
            function.DeclaringSyntaxReferences.Any(outer => symbol.DeclaringSyntaxReferences.Any(inner =>
                inner.SyntaxTree == outer.SyntaxTree && outer.Span.Contains(inner.Span)));

        /// <summary>What the functions a delegate went through make of it. Unlimited: it is simply invoked.</summary>
        private Reach Carry(ImmutableArray<Carrier> carriers, int hops)
        {
            var result = Reach.Unlimited;
            foreach (var carrier in carriers)
            {
                var carried = carrier.Kind switch
                {
                    CarrierKind.Inline => Reach.Unlimited,
                    CarrierKind.Bounded => Reach.Limited,
                    CarrierKind.Method when hops > 0 => UseOf(carrier.Method!, carrier.Ordinal, hops - 1),
                    _ => Reach.Unknown,
                };
                if (carried is Reach.None or Reach.Unknown)
                    return carried;
                if (carried == Reach.Limited)
                    result = Reach.Limited;
            }

            return result;
        }

        /// <summary>How a function uses the delegate in this position; all bodies of an interface member have to agree.</summary>
        private Reach UseOf(IMethodSymbol function, int ordinal, int hops)
        {
            var uses = context.Implementations.Of(function, cancellationToken)
                .Select(body => UseIn(body, ordinal, hops))
                .Distinct()
                .ToList();
            return uses is [var only] ? only : Reach.Unknown;
        }

        private Reach UseIn(IMethodSymbol function, int ordinal, int hops)
        {
            var uses = context.Bodies.Of(function, cancellationToken).Delegates
                .Where(use => use.Ordinal == ordinal)
                .Select(use => use.Gates.Any(gate => gate.Symbol is null or IParameterSymbol || !Declares(function, gate.Symbol))
                    ? Reach.Limited
                    : Carry(use.Carriers, hops))
                .ToList();

            return uses.Contains(Reach.Unlimited) ? Reach.Unlimited
                : uses.Contains(Reach.Unknown) ? Reach.Unknown
                : uses.Contains(Reach.Limited) ? Reach.Limited
                : Reach.None;
        }
    }
}
