using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>
/// Types by metadata name, all of them when a name is declared more than once. Goes by namespace: asking every
/// reference for every type of the catalog would cost ten times as much, for each version of a project being edited.
/// </summary>
internal sealed class TypeLookup(Compilation compilation)
{
    private readonly Dictionary<string, INamespaceSymbol?> _namespaces = new(StringComparer.Ordinal) { [""] = compilation.GlobalNamespace };
    private readonly Dictionary<string, ImmutableArray<INamedTypeSymbol>> _types = new(StringComparer.Ordinal);

    /// <summary>The types of that name which code of the compilation can use.</summary>
    public ImmutableArray<INamedTypeSymbol> Find(string metadataName)
    {
        if (!_types.TryGetValue(metadataName, out var types))
            _types.Add(metadataName, types = Search(metadataName));
        return types;
    }

    private ImmutableArray<INamedTypeSymbol> Search(string metadataName)
    {
        var nested = metadataName.Split('+');
        var dot = nested[0].LastIndexOf('.');
        if (FindNamespace(dot < 0 ? "" : nested[0].Substring(0, dot)) is not { } space)
            return [];

        var types = Members(space, nested[0].Substring(dot + 1));
        foreach (var name in nested.Skip(1))
            types = [.. types.SelectMany(type => Members(type, name))];
        return types.RemoveAll(type => !compilation.IsSymbolAccessibleWithin(type, compilation.Assembly));
    }

    private static ImmutableArray<INamedTypeSymbol> Members(INamespaceOrTypeSymbol container, string metadataName)
    {
        var tick = metadataName.IndexOf('`');
        return tick < 0
            ? container.GetTypeMembers(metadataName, 0)
            : container.GetTypeMembers(metadataName.Substring(0, tick), int.Parse(metadataName.Substring(tick + 1), CultureInfo.InvariantCulture));
    }

    private INamespaceSymbol? FindNamespace(string name)
    {
        if (_namespaces.TryGetValue(name, out var space))
            return space;

        var dot = name.LastIndexOf('.');
        space = FindNamespace(dot < 0 ? "" : name.Substring(0, dot))?.GetMembers(name.Substring(dot + 1)).OfType<INamespaceSymbol>().FirstOrDefault();
        _namespaces.Add(name, space);
        return space;
    }
}
