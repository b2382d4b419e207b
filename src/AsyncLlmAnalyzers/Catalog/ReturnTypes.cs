using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>What a signature says about how its result arrives; by name, since a compilation may have these types more than once.</summary>
internal static class ReturnTypes
{
    public static bool IsCancellationToken(ITypeSymbol type) => IsSystemType(type, "CancellationToken", "Threading");

    /// <summary>Whether <paramref name="type"/> is a task; <paramref name="result"/> is null for one without result.</summary>
    public static bool TaskResult(ITypeSymbol type, out ITypeSymbol? result)
    {
        result = type is INamedTypeSymbol { TypeArguments: [var argument] } ? argument : null;
        return IsSystemType(type, "Task", "Threading", "Tasks") || IsSystemType(type, "ValueTask", "Threading", "Tasks");
    }

    /// <summary>What awaiting the type gives; the type itself when it is no task of a result.</summary>
    public static ITypeSymbol Awaited(ITypeSymbol type) => TaskResult(type, out var result) && result is not null ? result : type;

    /// <summary>T when the type is or implements <c>IAsyncEnumerable&lt;T&gt;</c>.</summary>
    public static ITypeSymbol? AsyncStreamElement(ITypeSymbol type)
    {
        if (IsAsyncEnumerable(type))
            return ((INamedTypeSymbol)type).TypeArguments[0];
        return type.AllInterfaces.FirstOrDefault(IsAsyncEnumerable)?.TypeArguments[0];
    }

    public static bool IsAsynchronous(ITypeSymbol type) => TaskResult(type, out _) || AsyncStreamElement(type) is not null;

    /// <summary>An enumerable that is neither text nor a collection already in memory.</summary>
    public static bool IsSyncStream(ITypeSymbol type) =>
        type.SpecialType != SpecialType.System_String
        && (type.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T
            || (type.AllInterfaces.Any(contract => contract.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T)
                && !type.AllInterfaces.Any(contract => contract.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IReadOnlyCollection_T)));

    public static bool IsFromSystem(ITypeSymbol type)
    {
        if (type.SpecialType != SpecialType.None)
            return true;
        var space = type.ContainingNamespace;
        while (space is { ContainingNamespace.IsGlobalNamespace: false })
            space = space.ContainingNamespace;
        return space is { Name: "System" };
    }

    /// <summary>Equal types; type parameters of two methods are equal by position.</summary>
    public static bool AreSame(ITypeSymbol left, ITypeSymbol right) => (left, right) switch
    {
        (ITypeParameterSymbol { TypeParameterKind: TypeParameterKind.Method } a, ITypeParameterSymbol { TypeParameterKind: TypeParameterKind.Method } b) => a.Ordinal == b.Ordinal,
        (IArrayTypeSymbol a, IArrayTypeSymbol b) => a.Rank == b.Rank && AreSame(a.ElementType, b.ElementType),
        (INamedTypeSymbol { IsGenericType: true } a, INamedTypeSymbol { IsGenericType: true } b) =>
            SymbolEqualityComparer.Default.Equals(a.OriginalDefinition, b.OriginalDefinition)
            && a.TypeArguments.Zip(b.TypeArguments, AreSame).All(same => same),
        _ => SymbolEqualityComparer.Default.Equals(left, right),
    };

    private static bool IsAsyncEnumerable(ITypeSymbol type) =>
        type is INamedTypeSymbol { Arity: 1 } && IsSystemType(type, "IAsyncEnumerable", "Collections", "Generic");

    private static bool IsSystemType(ITypeSymbol type, string name, params string[] namespaces)
    {
        if (type.Name != name)
            return false;
        var space = type.ContainingNamespace;
        for (var i = namespaces.Length - 1; i >= 0; i--)
        {
            if (space?.Name != namespaces[i])
                return false;
            space = space.ContainingNamespace;
        }

        return space is { Name: "System", ContainingNamespace.IsGlobalNamespace: true };
    }
}
