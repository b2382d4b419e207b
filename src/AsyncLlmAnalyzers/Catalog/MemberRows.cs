using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>Rows and their types, found by a member's name first and by its symbol second.</summary>
internal sealed class MemberRows
{
    private readonly List<Row> _rows = [];
    private readonly Dictionary<string, List<Row>> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Pattern, Row Row)> _globs = [];
    private readonly ConcurrentDictionary<string, ImmutableArray<Row>> _named = new(StringComparer.Ordinal);

    public IReadOnlyList<Row> All => _rows;

    /// <summary>Only before the first question is asked.</summary>
    public void Add(CatalogEntry entry, INamedTypeSymbol type, bool isBuiltIn)
    {
        var row = new Row(entry, type, isBuiltIn);
        _rows.Add(row);
        foreach (var member in entry.Members)
        {
            if (CatalogPattern.IsGlob(member))
                _globs.Add((member, row));
            else if (_exact.TryGetValue(member, out var rows))
                rows.Add(row);
            else
                _exact.Add(member, [row]);
        }
    }

    /// <summary>A user's rows before the built-in ones, exact names before patterns, long patterns before short ones.</summary>
    public ImmutableArray<Row> Named(string memberName) =>
        _named.TryGetValue(memberName, out var rows) ? rows : _named.GetOrAdd(memberName, Match(memberName));

    public CatalogEntry? Find(IMethodSymbol method, ITypeSymbol? receiverType)
    {
        method = (method.ReducedFrom ?? method).OriginalDefinition;
        var rows = Named(Implements.ContractName(method));
        foreach (var (entry, type, _) in rows)
        {
            if (Implements.Declares(type, method))
                return entry;
        }

        foreach (var (entry, type, _) in rows)
        {
            if (Implements.Inherits(type, method, method.ContainingType) || (receiverType is not null && Implements.Inherits(type, method, receiverType)))
                return entry;
        }

        return null;
    }

    public CatalogEntry? FindConstructor(ITypeSymbol type) =>
        Named(WellKnownMemberNames.InstanceConstructorName)
            .FirstOrDefault(row => SymbolEqualityComparer.Default.Equals(row.Type, type.OriginalDefinition))?.Entry;

    private ImmutableArray<Row> Match(string name)
    {
        var exact = _exact.TryGetValue(name, out var rows) ? rows : [];
        var globs = _globs.Where(glob => CatalogPattern.IsMatch(glob.Pattern, name)).OrderByDescending(glob => glob.Pattern.Length).Select(glob => glob.Row);
        return [.. exact.Concat(globs).Distinct().OrderBy(row => row.IsBuiltIn)];
    }

    internal sealed record Row(CatalogEntry Entry, INamedTypeSymbol Type, bool IsBuiltIn);
}
