using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Rows and their types, found by a member's name first and by its symbol second.</summary>
internal sealed class MemberRows
{
    private readonly List<(CatalogEntry Entry, INamedTypeSymbol Type)> _rows = [];
    private readonly Dictionary<string, List<int>> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Pattern, int Row)> _globs = [];
    private readonly ConcurrentDictionary<string, ImmutableArray<(CatalogEntry Entry, INamedTypeSymbol Type)>> _named = new(StringComparer.Ordinal);

    public IReadOnlyList<(CatalogEntry Entry, INamedTypeSymbol Type)> All => _rows;

    /// <summary>Only before the first question is asked. Earlier rows are answered first.</summary>
    public void Add(CatalogEntry entry, INamedTypeSymbol type)
    {
        foreach (var member in entry.Members)
        {
            if (CatalogPattern.IsGlob(member))
                _globs.Add((member, _rows.Count));
            else if (_exact.TryGetValue(member, out var rows))
                rows.Add(_rows.Count);
            else
                _exact.Add(member, [_rows.Count]);
        }

        _rows.Add((entry, type));
    }

    public ImmutableArray<(CatalogEntry Entry, INamedTypeSymbol Type)> Named(string memberName) => _named.GetOrAdd(memberName, Match);

    public CatalogEntry? Find(IMethodSymbol method, ITypeSymbol? receiverType)
    {
        method = (method.ReducedFrom ?? method).OriginalDefinition;
        var name = method.ExplicitInterfaceImplementations is [var contract, ..] ? contract.Name : method.Name;
        var rows = Named(name);
        foreach (var (entry, type) in rows)
        {
            if (Implements.Declares(type, method))
                return entry;
        }

        foreach (var (entry, type) in rows)
        {
            if (Implements.Inherits(type, method, method.ContainingType) || (receiverType is not null && Implements.Inherits(type, method, receiverType)))
                return entry;
        }

        return null;
    }

    public CatalogEntry? FindConstructor(ITypeSymbol type) =>
        Named(WellKnownMemberNames.InstanceConstructorName)
            .FirstOrDefault(row => SymbolEqualityComparer.Default.Equals(row.Type, type.OriginalDefinition)).Entry;

    private ImmutableArray<(CatalogEntry Entry, INamedTypeSymbol Type)> Match(string name)
    {
        var rows = new List<int>(_exact.TryGetValue(name, out var exact) ? exact : []);
        rows.AddRange(_globs.Where(glob => CatalogPattern.IsMatch(glob.Pattern, name)).OrderByDescending(glob => glob.Pattern.Length).Select(glob => glob.Row));
        return [.. rows.Distinct().Select(row => _rows[row])];
    }
}
