using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Model;

internal static class SymbolExtensions
{
    /// <summary>The type is declared in this namespace or one below it.</summary>
    public static bool IsInNamespace(this ITypeSymbol type, string name)
    {
        var actual = type.ContainingNamespace?.ToDisplayString() ?? "";
        return actual.StartsWith(name, StringComparison.Ordinal) && (actual.Length == name.Length || actual[name.Length] == '.');
    }
}
