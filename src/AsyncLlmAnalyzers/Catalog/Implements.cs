using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>How a method relates to a type that a row names.</summary>
internal static class Implements
{
    /// <summary>The method is declared by the type, or overrides one that is.</summary>
    public static bool Declares(INamedTypeSymbol type, IMethodSymbol method)
    {
        for (var current = method; current is not null; current = current.OverriddenMethod)
        {
            if (SymbolEqualityComparer.Default.Equals(Container(current).OriginalDefinition, type))
                return true;
        }

        return false;
    }

    /// <summary>Through <paramref name="receiver"/> the method is the type's own: it implements the interface's member, or the type inherits it.</summary>
    public static bool Inherits(INamedTypeSymbol type, IMethodSymbol method, ITypeSymbol receiver)
    {
        if (type.TypeKind == TypeKind.Interface)
        {
            foreach (var contract in receiver.AllInterfaces)
            {
                if (SymbolEqualityComparer.Default.Equals(contract.OriginalDefinition, type) && ImplementsMemberOf(contract, method, receiver))
                    return true;
            }
        }

        return IsOrDerivesFrom(receiver, type)
            && method.ContainingType.SpecialType != SpecialType.System_Object
            && IsOrDerivesFrom(type, method.ContainingType);
    }

    /// <summary>The interface members the method implements in its own type.</summary>
    public static IEnumerable<IMethodSymbol> InterfaceMembers(IMethodSymbol method) =>
        method.ContainingType is { TypeKind: not TypeKind.Interface } type
            ? type.AllInterfaces
                .SelectMany(contract => contract.GetMembers(ContractName(method)).OfType<IMethodSymbol>())
                .Where(member => SymbolEqualityComparer.Default.Equals(type.FindImplementationForInterfaceMember(member), method))
            : [];

    /// <summary>The method's name; that of the interface's member when it implements one explicitly.</summary>
    public static string ContractName(IMethodSymbol method) =>
        method.ExplicitInterfaceImplementations is [var contract, ..] ? contract.Name : method.Name;

    private static bool ImplementsMemberOf(INamedTypeSymbol contract, IMethodSymbol method, ITypeSymbol receiver)
    {
        foreach (var member in contract.GetMembers(ContractName(method)))
        {
            if (receiver.FindImplementationForInterfaceMember(member) is not IMethodSymbol implementation)
                continue;
            for (var current = implementation; current is not null; current = current.OverriddenMethod)
            {
                if (SymbolEqualityComparer.Default.Equals(current.OriginalDefinition, method))
                    return true;
            }

            for (var current = method; current is not null; current = current.OverriddenMethod)
            {
                if (SymbolEqualityComparer.Default.Equals(current.OriginalDefinition, implementation.OriginalDefinition))
                    return true;
            }
        }

        return false;
    }

    private static bool IsOrDerivesFrom(ITypeSymbol type, INamedTypeSymbol ancestor) =>
        (ancestor.TypeKind == TypeKind.Interface ? type.AllInterfaces.Prepend(type) : type.BaseTypesAndSelf())
        .Any(candidate => SymbolEqualityComparer.Default.Equals(candidate.OriginalDefinition, ancestor));

    /// <summary>Members of a C# 14 extension block sit in a nameless type inside their static class.</summary>
    private static INamedTypeSymbol Container(IMethodSymbol method) =>
        method.ContainingType is { Name: "", ContainingType: { } outer } ? outer : method.ContainingType;
}
