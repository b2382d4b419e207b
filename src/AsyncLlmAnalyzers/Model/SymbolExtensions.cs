using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

internal static class SymbolExtensions
{
    /// <summary>The type is declared in this namespace or one below it.</summary>
    public static bool IsInNamespace(this ITypeSymbol type, string name)
    {
        var actual = type.ContainingNamespace?.ToDisplayString() ?? "";
        return actual.StartsWith(name, StringComparison.Ordinal) && (actual.Length == name.Length || actual[name.Length] == '.');
    }

    /// <summary>The type is the other, or has it among its base types.</summary>
    public static bool IsOrDerivesFrom(this ITypeSymbol type, ITypeSymbol ancestor) => type.BaseTypesAndSelf().Contains(ancestor, SymbolEqualityComparer.Default);

    /// <summary>It, or a base type of it, has this name.</summary>
    public static bool IsOrDerivesFrom(this ITypeSymbol type, string name) => type.Name == name || type.DerivesFrom(name);

    /// <summary>A base type of it has this name.</summary>
    public static bool DerivesFrom(this ITypeSymbol type, string name) => type.BaseType.BaseTypesAndSelf().Any(ancestor => ancestor.Name == name);
}
