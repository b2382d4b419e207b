using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Asks the same question where a call stands and where the functions it stands in are called from.</summary>
internal static class Surroundings
{
    private const int MaxHops = 3;
    private const int MaxPlaces = 30;

    /// <summary>The first Yes of any place; else Unknown if one is; else No.</summary>
    public static Fact Of(IOperation site, LlmContext context, Func<IOperation, Fact> ask, CancellationToken cancellationToken)
    {
        var result = new Fact(Verdict.No);
        foreach (var place in Places(site, context, cancellationToken))
        {
            var fact = ask(place.Site);
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;
        }

        return result;
    }

    /// <summary>The call itself, and the calls by which it is reached: each function's once, and those of its own before those of its callers.</summary>
    public static IEnumerable<CallPlace> Places(IOperation site, LlmContext context, CancellationToken cancellationToken)
    {
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        var open = new Queue<(CallPlace Place, int Hops)>([(new CallPlace(site, inner: null), MaxHops)]);
        for (var places = 0; open.Count > 0 && places < MaxPlaces; places++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (here, hops) = open.Dequeue();
            yield return here;

            if (hops > 0 && FunctionOf(here.Site) is { } function && seen.Add(function))
            {
                foreach (var call in CallsOf(function, context, cancellationToken))
                    open.Enqueue((new CallPlace(call, here), hops - 1));
            }
        }
    }

    /// <summary>The local function or method around it, past lambdas.</summary>
    public static IMethodSymbol? FunctionOf(IOperation site) =>
        site.Ancestors().OfType<ILocalFunctionOperation>().FirstOrDefault()?.Symbol ?? site.EnclosingMember() as IMethodSymbol;

    /// <summary>The invocations of a method or local function, and the method groups by which it is given to others.</summary>
    public static IEnumerable<IOperation> CallsOf(IMethodSymbol function, LlmContext context, CancellationToken cancellationToken)
    {
        if (function.MethodKind is not (MethodKind.Ordinary or MethodKind.LocalFunction or MethodKind.ExplicitInterfaceImplementation))
            return [];

        return context.Names.InvocationsOf(function, cancellationToken).Where(call => Runs(call.TargetMethod, function))
            .Concat<IOperation>(context.Names.MethodGroups(NameIndex.NameOf(function), cancellationToken).Where(group => Runs(group.Method, function)));
    }

    /// <summary>The call runs the function, directly or through the member of an interface or base type.</summary>
    private static bool Runs(IMethodSymbol called, IMethodSymbol function)
    {
        var target = (called.ReducedFrom ?? called).OriginalDefinition;
        for (var current = function.OriginalDefinition; current is not null; current = current.OverriddenMethod?.OriginalDefinition)
        {
            if (SymbolEqualityComparer.Default.Equals(target, current))
                return true;
        }

        return target.ContainingType?.TypeKind == TypeKind.Interface
            && function.ContainingType?.AllInterfaces.Any(contract => SymbolEqualityComparer.Default.Equals(contract.OriginalDefinition, target.ContainingType)) == true;
    }
}

/// <summary>A place on the way to a call.</summary>
internal sealed class CallPlace(IOperation site, CallPlace? inner)
{
    public IOperation Site => site;

    /// <summary>The call in the function that this one runs, by which it reaches what was asked about; null for that itself.</summary>
    public CallPlace? Inner => inner;
}
