using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

internal static class BaseTypes
{
    /// <summary>The type, and what it derives from.</summary>
    public static IEnumerable<ITypeSymbol> BaseTypesAndSelf(this ITypeSymbol? type)
    {
        for (; type is not null; type = type.BaseType)
            yield return type;
    }
}
