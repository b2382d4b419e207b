using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Catalog;

/// <summary>The rows whose types exist in one compilation, and which row a symbol matches.</summary>
internal sealed class LlmCatalog
{
    private const string CallAttribute = "LlmCallAttribute";
    private const string BoundedAttribute = "LlmBoundedAttribute";

    private static readonly Lazy<ImmutableArray<CatalogEntry>> LazyBuiltIn = new(ReadBuiltIn);

    /// <summary>The row of a method that a user declares to be a call, by attribute or option.</summary>
    public static readonly CatalogEntry MarkedCall = new()
        { Type = CallAttribute, Members = [], Kind = CatalogKind.Chat, Timeout = "unknown", Retry = "unknown" };

    /// <summary>The row of a method that a user declares to be bounded, by attribute or option.</summary>
    public static readonly CatalogEntry MarkedBound = new()
        { Type = BoundedAttribute, Members = [], Kind = CatalogKind.Executor, Roles = ExecutorRole.Bounds };

    private readonly Compilation _compilation;
    private readonly MemberRows _calls = new();
    private readonly MemberRows _executors = new();
    private readonly MemberRows _clients = new();
    private readonly List<CatalogEntry> _http = [];
    private readonly HashSet<ISymbol> _middleware = new(SymbolEqualityComparer.Default);
    private readonly HashSet<string> _clientNames = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (bool MayBeCall, bool MayBeSync)> _names = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IMethodSymbol, string> _marks = new(SymbolEqualityComparer.Default);
    private readonly Lazy<HashSet<string>> _receiverNames;
    private readonly Lazy<bool> _hasMarks;
    private readonly Lazy<Dictionary<ISymbol, CatalogEntry>> _updateTypes;

    private LlmCatalog(Compilation compilation)
    {
        _compilation = compilation;
        _receiverNames = new(() => new HashSet<string>(_calls.All.Select(row => row.Type.Name), StringComparer.Ordinal));
        _hasMarks = new(DeclaresAttribute);
        _updateTypes = new(FindUpdateTypes);
    }

    /// <summary>The rows of the files this assembly carries.</summary>
    public static ImmutableArray<CatalogEntry> BuiltIn => LazyBuiltIn.Value;

    /// <summary>Whether a row that makes a model work has its type in this compilation; without one there is nothing to analyze.</summary>
    public bool HasCalls { get; private set; }

    public ImmutableArray<CatalogEntry> UnresolvedUserEntries { get; private set; } = [];

    /// <summary>A user's row takes the place of the built-in one for the same type and member.</summary>
    public static LlmCatalog Resolve(Compilation compilation, IEnumerable<CatalogEntry> userEntries, CancellationToken cancellationToken)
    {
        var catalog = new LlmCatalog(compilation);
        var lookup = new TypeLookup(compilation);
        var unresolved = ImmutableArray.CreateBuilder<CatalogEntry>();
        var overridden = new HashSet<(string Type, string Member)>();
        foreach (var entry in userEntries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            overridden.UnionWith(entry.Members.Select(member => (entry.Type, member)));
            if (!catalog.Add(entry, lookup, isBuiltIn: false))
                unresolved.Add(entry);
        }

        foreach (var entry in BuiltIn)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var members = overridden.Count == 0 ? entry.Members : entry.Members.RemoveAll(member => overridden.Contains((entry.Type, member)));
            if (members.Length == entry.Members.Length)
                catalog.Add(entry, lookup, isBuiltIn: true);
            else if (members.Length > 0)
                catalog.Add(entry.WithMembers(members), lookup, isBuiltIn: true);
        }

        catalog.UnresolvedUserEntries = unresolved.ToImmutable();
        return catalog;
    }

    /// <summary>The row of the call <paramref name="method"/> makes; a row of kind <see cref="CatalogKind.Raw"/> is no inference.</summary>
    public CatalogEntry? FindCall(IMethodSymbol method, ITypeSymbol? receiverType = null) =>
        _calls.Find(method, receiverType) ?? (HasMark(method, CallAttribute) ? MarkedCall : null);

    public CatalogEntry? FindExecutor(IMethodSymbol method, ITypeSymbol? receiverType = null) =>
        _executors.Find(method, receiverType) ?? (HasMark(method, BoundedAttribute) ? MarkedBound : null);

    /// <summary>Whether the type hands out permits, so that holding one limits how much runs at once.</summary>
    public bool IsLimiter(ITypeSymbol type) => _executors.All.Any(row =>
        row.Entry.ExecutorShape == ExecutorShape.Acquire && SymbolEqualityComparer.Default.Equals(row.Type, type.OriginalDefinition));

    /// <summary>Whether members of the type, or of one it derives from, make a model work.</summary>
    public bool IsReceiver(ITypeSymbol type) => _calls.All.Any(row => row.Entry.IsCall && IsKindOf(type, row.Type));

    /// <summary>Whether the type is one of the agents that a framework runs.</summary>
    public bool IsAgent(ITypeSymbol type) => _calls.All.Any(row => row.Entry.Kind == CatalogKind.Agent && !row.Type.IsStatic && IsKindOf(type, row.Type));

    /// <summary>Whether rows are about exactly this type, and not one it derives from or implements.</summary>
    public bool IsNamed(ITypeSymbol type) => _calls.All.Any(row => Is(type, row.Type));

    /// <summary>Whether the type runs its model in the process: nothing it is asked goes over a network.</summary>
    public bool IsInProcess(ITypeSymbol type) => _calls.All.Any(row => row.Entry.Kind == CatalogKind.Local && Is(type, row.Type));

    /// <summary>The construction row of exactly this type: what a derived type sets is its own affair.</summary>
    public CatalogEntry? FindClient(ITypeSymbol type) => _clients.FindConstructor(type);

    /// <summary>The construction row of a constructor, factory or registration method.</summary>
    public CatalogEntry? FindClientMethod(IMethodSymbol method, ITypeSymbol? receiverType = null) => _clients.Find(method, receiverType);

    /// <summary>The row of the endpoint that a URL contains.</summary>
    public CatalogEntry? FindHttp(string url)
    {
        foreach (var entry in _http)
        {
            if (entry.Members.Any(IsPart) && (!entry.HasTrait("host") || entry.TraitValues("host").Any(IsPart)))
                return entry;
        }

        return null;

        bool IsPart(string fragment) => url.IndexOf(fragment, StringComparison.OrdinalIgnoreCase) >= 0;
    }

    /// <summary>Whether calls made inside <paramref name="type"/> are forwarded ones.</summary>
    public bool IsMiddleware(ITypeSymbol? type)
    {
        if (type is null || _middleware.Count == 0)
            return false;

        return type.BaseTypesAndSelf().Concat(type.AllInterfaces).Any(candidate => _middleware.Contains(candidate.OriginalDefinition));
    }

    /// <summary>A filter by name, before anything is bound: a call, or a member that blocks.</summary>
    public bool MayBeCall(string memberName) => Filter(memberName).MayBeCall;

    /// <summary>A filter by name for members that return when the answer is complete.</summary>
    public bool MayBeSyncCall(string memberName) => Filter(memberName).MayBeSync;

    /// <summary>A filter by name of constructed types; the empty name may be any.</summary>
    public bool MayBeClient(string typeName) => typeName.Length == 0 || _clientNames.Contains(typeName);

    /// <summary>A filter by name of types that a client, or what makes one, may be.</summary>
    public bool MayHoldClient(string typeName) => _clientNames.Contains(typeName) || _receiverNames.Value.Contains(typeName) || typeName.EndsWith("Builder", StringComparison.Ordinal);

    /// <summary>A filter by name of factories and registration methods.</summary>
    public bool MayBeClientMethod(string memberName) => !_clients.Named(memberName).IsEmpty;

    /// <summary>The rows of registrations and factories of clients that have this name.</summary>
    public IEnumerable<CatalogEntry> ClientMethods(string memberName) => _clients.Named(memberName).Select(row => row.Entry);

    public CallShape ShapeOf(CatalogEntry entry, IMethodSymbol method)
    {
        if (entry.Shape != CallShape.ByReturn)
            return entry.Shape;
        if (ReturnTypes.TaskResult(method.ReturnType, out var result))
            return result is not null && ReturnTypes.AsyncStreamElement(result) is not null ? CallShape.StreamTask : CallShape.Task;
        if (ReturnTypes.AsyncStreamElement(method.ReturnType) is not null)
            return CallShape.StreamLazy;
        return ReturnTypes.IsSyncStream(method.ReturnType)
            && FindAsyncTwin(method, entry) is { } twin
            && ReturnTypes.AsyncStreamElement(ReturnTypes.Awaited(twin.ReturnType)) is not null
            ? CallShape.SyncStream
            : CallShape.Sync;
    }

    /// <summary>The member of the same type that does the same without blocking: with the very same parameters, with more optional ones, or with parameters that take the same arguments.</summary>
    public IMethodSymbol? FindAsyncTwin(IMethodSymbol syncMethod, CatalogEntry entry)
    {
        var name = entry.TraitValue("twin") ?? syncMethod.Name + "Async";
        var declared = syncMethod.ReducedFrom ?? syncMethod;
        var wanted = WithoutToken(declared);
        var (twin, fewestDifferences) = (default(IMethodSymbol), int.MaxValue);
        for (var type = declared.ContainingType; type is not null; type = type.BaseType)
        {
            foreach (var candidate in type.GetMembers(name).OfType<IMethodSymbol>())
            {
                if (candidate.IsStatic != declared.IsStatic
                    || candidate.Arity != declared.Arity
                    || !ReturnTypes.IsAsynchronous(candidate.ReturnType)
                    || !_compilation.IsSymbolAccessibleWithin(candidate, _compilation.Assembly))
                    continue;
                if (Differences(wanted, WithoutToken(candidate)) is { } differences && differences < fewestDifferences)
                    (twin, fewestDifferences) = (candidate, differences);
            }
        }

        return syncMethod.ReducedFrom is not null && syncMethod.ReceiverType is { } receiver ? twin?.ReduceExtensionMethod(receiver) : twin;
    }

    /// <summary>The row of a call whose stream brings a model's answer in pieces of this type; null when none does.</summary>
    public CatalogEntry? FindStream(ITypeSymbol piece) => _updateTypes.Value.TryGetValue(piece.OriginalDefinition, out var entry) ? entry : null;

    private static ImmutableArray<CatalogEntry> ReadBuiltIn()
    {
        const string folder = "catalog/";
        var assembly = typeof(LlmCatalog).Assembly;
        var entries = ImmutableArray.CreateBuilder<CatalogEntry>();
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).OrderBy(name => name, StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            entries.AddRange(CatalogFile.Parse(name.Substring(folder.Length), SourceText.From(stream)).Entries);
        }

        return entries.ToImmutable();
    }

    private bool Add(CatalogEntry entry, TypeLookup lookup, bool isBuiltIn)
    {
        var types = lookup.Find(entry.Type);
        if (entry.Kind == CatalogKind.Http && !types.IsEmpty)
            _http.Add(entry);
        foreach (var type in types)
        {
            switch (entry.Kind)
            {
                case CatalogKind.Executor:
                    _executors.Add(entry, type, isBuiltIn);
                    break;
                case CatalogKind.Client:
                    _clients.Add(entry, type, isBuiltIn);
                    _clientNames.Add(type.Name);
                    break;
                case CatalogKind.Middleware:
                    _middleware.Add(type);
                    break;
                case not CatalogKind.Http:
                    _calls.Add(entry, type, isBuiltIn);
                    HasCalls |= entry.IsCall;
                    break;
            }
        }

        return !types.IsEmpty;
    }

    private static bool Is(ITypeSymbol type, INamedTypeSymbol rowType) => SymbolEqualityComparer.Default.Equals(type.OriginalDefinition, rowType);

    private static bool IsKindOf(ITypeSymbol type, INamedTypeSymbol wanted) =>
        type.AllInterfaces.Any(contract => Is(contract, wanted)) || type.BaseTypesAndSelf().Any(candidate => Is(candidate, wanted));

    private (bool MayBeCall, bool MayBeSync) Filter(string name)
    {
        if (_names.TryGetValue(name, out var filter))
            return filter;

        var rows = _calls.Named(name);
        return _names.GetOrAdd(name, (
            rows.Any(row => row.Entry.IsCall || row.Entry.Shape == CallShape.Blocks),
            rows.Any(row => row.Entry.IsCall && row.Entry.Shape switch
            {
                CallShape.Sync or CallShape.SyncStream => true,
                CallShape.ByReturn => !name.EndsWith("Async", StringComparison.Ordinal),
                _ => false,
            })));
    }

    private static List<IParameterSymbol> WithoutToken(IMethodSymbol method) =>
        [.. method.Parameters.Where(parameter => !ReturnTypes.IsCancellationToken(parameter.Type))];

    /// <summary>How far a call must change to be made with other parameters; null when its arguments do not fit.</summary>
    private int? Differences(List<IParameterSymbol> wanted, List<IParameterSymbol> offered)
    {
        const int convertedParameter = 100;
        if (offered.Count < wanted.Count || !offered.Skip(wanted.Count).All(parameter => parameter.IsOptional))
            return null;

        var differences = offered.Count - wanted.Count;
        for (var i = 0; i < wanted.Count; i++)
        {
            if (offered[i].RefKind != wanted[i].RefKind)
                return null;
            if (ReturnTypes.AreSame(wanted[i].Type, offered[i].Type))
                continue;
            if (_compilation.ClassifyCommonConversion(wanted[i].Type, offered[i].Type) is not { IsImplicit: true, IsReference: true })
                return null;
            differences += convertedParameter;
        }

        return differences;
    }

    private bool HasMark(IMethodSymbol method, string attribute) =>
        _hasMarks.Value && MarkOn((method.ReducedFrom ?? method).OriginalDefinition) == attribute;

    private string MarkOn(IMethodSymbol method) =>
        _marks.TryGetValue(method, out var mark) ? mark : _marks.GetOrAdd(method, FindMark(method));

    private static string FindMark(IMethodSymbol method)
    {
        for (var current = method; current is not null; current = current.OverriddenMethod)
        {
            if (MarkOf(current) is { } mark)
                return mark;
        }

        return Implements.InterfaceMembers(method).Select(MarkOf).FirstOrDefault(mark => mark is not null) ?? "";
    }

    private static string? MarkOf(IMethodSymbol method)
    {
        foreach (var attribute in method.OriginalDefinition.GetAttributes())
        {
            if (attribute.AttributeClass?.Name is CallAttribute or BoundedAttribute)
                return attribute.AttributeClass.Name;
        }

        return null;
    }

    private bool DeclaresAttribute() =>
        _compilation.SourceModule.ReferencedAssemblySymbols.Prepend(_compilation.Assembly)
            .Any(assembly => assembly.TypeNames.Contains(CallAttribute) || assembly.TypeNames.Contains(BoundedAttribute));

    private Dictionary<ISymbol, CatalogEntry> FindUpdateTypes()
    {
        var types = new Dictionary<ISymbol, CatalogEntry>(SymbolEqualityComparer.Default);
        foreach (var (entry, type, _) in _calls.All)
        {
            if (!entry.IsCall)
                continue;
            foreach (var method in type.GetMembers().OfType<IMethodSymbol>())
            {
                if (entry.Matches(method.Name)
                    && ReturnTypes.AsyncStreamElement(ReturnTypes.Awaited(method.ReturnType)) is INamedTypeSymbol element
                    && !ReturnTypes.IsFromSystem(element)
                    && !types.ContainsKey(element.OriginalDefinition))
                    types.Add(element.OriginalDefinition, entry);
            }
        }

        return types;
    }
}
