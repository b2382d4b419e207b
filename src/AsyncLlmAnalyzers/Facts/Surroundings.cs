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
        var seen = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        var open = new Queue<(IOperation Site, int Hops)>([(site, MaxHops)]);
        for (var places = 0; open.Count > 0 && places < MaxPlaces; places++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (here, hops) = open.Dequeue();
            var fact = ask(here);
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown)
                result = fact;

            if (hops > 0 && FunctionOf(here) is { } function && seen.Add(function))
            {
                foreach (var call in CallsOf(function, context, cancellationToken))
                    open.Enqueue((call, hops - 1));
            }
        }

        return result;
    }

    private static IMethodSymbol? FunctionOf(IOperation site) =>
        site.Ancestors().OfType<ILocalFunctionOperation>().FirstOrDefault()?.Symbol ?? site.EnclosingMember() as IMethodSymbol;

    /// <summary>Its invocations, and the method groups by which it is given to others.</summary>
    private static IEnumerable<IOperation> CallsOf(IMethodSymbol function, LlmContext context, CancellationToken cancellationToken)
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
