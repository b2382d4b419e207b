using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds the invocations, method groups, object creations and assignments of a compilation by the name that is written; only what has the name is bound.</summary>
internal sealed class NameIndex(LlmContext context)
{
    /// <summary>By tree: syntax only, so a tree that did not change is read once in an editing session.</summary>
    private static readonly ConditionalWeakTable<SyntaxTree, Names> ByTree = new();

    private readonly Index _invoked = new(context.Compilation, names => names.Invoked);

    private readonly Index _given = new(context.Compilation, names => names.Given);

    private readonly Index _created = new(context.Compilation, names => names.Created);

    private readonly Index _declared = new(context.Compilation, names => names.Declared);

    private readonly Lazy<bool> _takesWholeAssemblies = new(() => context.Compilation.SyntaxTrees.Any(tree => ByTree.GetValue(tree, Read).Invoked.Any(places => LooksIntoAssemblies(places.Key))));

    private readonly ConcurrentDictionary<Place, string> _unnamed = new();

    public IEnumerable<IInvocationOperation> Invocations(Func<string, bool> isWanted, CancellationToken cancellationToken) =>
        Places(isWanted).Select(place => Invocation(place, cancellationToken)).OfType<IInvocationOperation>();

    public IEnumerable<IInvocationOperation> Invocations(string name, CancellationToken cancellationToken) =>
        _invoked[name].Select(place => Invocation(place, cancellationToken)).OfType<IInvocationOperation>();

    /// <summary>Those that may run the method, also through what it overrides or implements: by name and number of arguments, and of a private one in the files of its type.</summary>
    public IEnumerable<IInvocationOperation> InvocationsOf(IMethodSymbol method, CancellationToken cancellationToken)
    {
        var isLocal = method is { MethodKind: MethodKind.LocalFunction } or { MethodKind: MethodKind.Ordinary, DeclaredAccessibility: Accessibility.Private };
        var files = isLocal ? method.ContainingType.DeclaringSyntaxReferences.Select(part => part.SyntaxTree).ToList() : null;
        return _invoked[NameOf(method)]
            .Where(place => files?.Contains(place.Tree) != false && Fits(NodeAt<InvocationExpressionSyntax>(place, cancellationToken)?.ArgumentList, method, method.IsExtensionMethod ? 1 : 0))
            .Select(place => Invocation(place, cancellationToken))
            .OfType<IInvocationOperation>();
    }

    /// <summary>Without the interface that an explicit implementation names.</summary>
    public static string NameOf(IMethodSymbol method) => method.Name.Substring(method.Name.LastIndexOf('.') + 1);

    /// <summary>The method groups of this name that are given to an invocation.</summary>
    public IEnumerable<IMethodReferenceOperation> MethodGroups(string methodName, CancellationToken cancellationToken) =>
        _given[methodName].Select(place => OperationAt<ArgumentSyntax>(place, cancellationToken))
            .Select(argument => (argument as IArgumentOperation)?.Value is IDelegateCreationOperation { Target: IMethodReferenceOperation group } ? group : null)
            .OfType<IMethodReferenceOperation>();

    /// <summary>Something of this name is given to an invocation in the file.</summary>
    public static bool IsGiven(SyntaxTree tree, string name) => ByTree.GetValue(tree, Read).Given.Contains(name);

    /// <summary>The creations that run the constructor; that of an abstract class is run by none.</summary>
    public IEnumerable<IObjectCreationOperation> Creations(IMethodSymbol constructor, CancellationToken cancellationToken)
    {
        if (constructor.ContainingType is not { IsAbstract: false, Name: var type })
            return [];

        return _created[type].Where(MayRun).Concat(_created[""].Where(MayRun).Where(place => UnnamedType(place, cancellationToken) == type))
            .Select(place => OperationAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken))
            .OfType<IObjectCreationOperation>()
            .Where(creation => SymbolEqualityComparer.Default.Equals(creation.Constructor?.OriginalDefinition, constructor.OriginalDefinition));

        bool MayRun(Place place) => Fits(NodeAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken)?.ArgumentList, constructor, before: 0);
    }

    /// <summary>The creations of types whose name is wanted.</summary>
    public IEnumerable<IObjectCreationOperation> Creations(Func<string, bool> isWanted, CancellationToken cancellationToken) =>
        _created.Where(name => name.Length > 0 && isWanted(name))
            .Concat(_created[""].Where(place => isWanted(UnnamedType(place, cancellationToken))))
            .Select(place => OperationAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken))
            .OfType<IObjectCreationOperation>();

    /// <summary>So many arguments may be given, of which one may stand before the name. What an interface or a base type declares may make more of them optional.</summary>
    private static bool Fits(ArgumentListSyntax? list, IMethodSymbol method, int before)
    {
        var given = list?.Arguments.Count ?? 0;
        var least = method.IsStatic || method.MethodKind == MethodKind.Constructor ? method.Parameters.Count(parameter => !parameter.IsOptional && !parameter.IsParams) : 0;
        return given + before >= least && (given <= method.Parameters.Length || method.Parameters is [.., { IsParams: true }]);
    }

    /// <summary>The members of this name that are declared with a value in the type, and the assignments to such: declarators, properties and assignments.</summary>
    public static IEnumerable<SyntaxNode> Assigned(SyntaxReference type, string name, CancellationToken cancellationToken)
    {
        var root = type.SyntaxTree.GetRoot(cancellationToken);
        return ByTree.GetValue(type.SyntaxTree, Read).Assigned[name]
            .Where(type.Span.Contains)
            .Select(start => root.FindToken(start).Parent!.FirstAncestorOrSelf<SyntaxNode>(node => AssignedName(node) is not null)!);
    }

    /// <summary>The type of a <c>new(..)</c> that is written elsewhere: each is bound once for a version of the project.</summary>
    private string UnnamedType(Place place, CancellationToken cancellationToken) =>
        _unnamed.GetOrAdd(place, _ => OperationAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken)?.Type?.Name ?? "");

    /// <summary>The files in which something of this name is invoked or given to an invocation.</summary>
    public IEnumerable<SyntaxTree> TreesThatUse(string methodName) => _invoked.Trees(methodName).Union(_given.Trees(methodName));

    /// <summary>A type of this name is a type argument, or that of a <c>typeof</c>: as those that a container creates are.</summary>
    public bool IsNamedToOthers(string type) => context.Compilation.SyntaxTrees.Any(tree => ByTree.GetValue(tree, Read).Passed.Contains(type));

    /// <summary>Types are looked for in assemblies, as <c>services.Scan(..)</c> and <c>RegisterServicesFromAssembly(..)</c> do: any may be created by a container.</summary>
    public bool TakesWholeAssemblies => _takesWholeAssemblies.Value;

    private static bool LooksIntoAssemblies(string name) => name is "Scan" or "GetTypes" or "GetExportedTypes"
        || name.Contains("Assembl") && !name.StartsWith("Get", StringComparison.Ordinal) && !name.StartsWith("Load", StringComparison.Ordinal);

    /// <summary>The files that declare a type of the name of one that is created in the file.</summary>
    public IEnumerable<SyntaxTree> TreesOfCreated(SyntaxTree tree) => ByTree.GetValue(tree, Read).Created.SelectMany(created => _declared.Trees(created.Key)).Distinct();

    /// <summary>The members that others than their type see and that give a value, or the task of one, of a type whose name is wanted.</summary>
    public static IEnumerable<MemberDeclarationSyntax> OpenMembers(SyntaxTree tree, Func<string, bool> isWanted, CancellationToken cancellationToken)
    {
        var root = tree.GetRoot(cancellationToken);
        return ByTree.GetValue(tree, Read).Open.Where(members => isWanted(members.Key)).SelectMany(members => members)
            .Select(start => root.FindToken(start).Parent!.FirstAncestorOrSelf<MemberDeclarationSyntax>(member => member.SpanStart == start && TypeOf(member) is not null)!);
    }

    /// <summary>Where the invocations are that <see cref="Invocations(Func{string, bool}, CancellationToken)"/> binds.</summary>
    public IEnumerable<Place> Places(Func<string, bool> isWanted) => _invoked.Where(isWanted);

    public IInvocationOperation? Invocation(Place place, CancellationToken cancellationToken) => OperationAt<InvocationExpressionSyntax>(place, cancellationToken) as IInvocationOperation;

    public static SimpleNameSyntax NameAt(Place place, CancellationToken cancellationToken) => NodeAt<SimpleNameSyntax>(place, cancellationToken)!;

    private IOperation? OperationAt<T>(Place place, CancellationToken cancellationToken)
        where T : SyntaxNode
    {
        cancellationToken.ThrowIfCancellationRequested();
        return NodeAt<T>(place, cancellationToken) is { } node ? context.GetModel(place.Tree)?.GetOperation(node, cancellationToken) : null;
    }

    private static T? NodeAt<T>(Place place, CancellationToken cancellationToken)
        where T : SyntaxNode => place.Tree.GetRoot(cancellationToken).FindToken(place.Start).Parent!.FirstAncestorOrSelf<T>();

    private static Names Read(SyntaxTree tree)
    {
        var (invoked, created, given, assigned, declared, open) = (new Found(), new Found(), new Found(), new Found(), new Found(), new Found());
        var passed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            if (node is InvocationExpressionSyntax && Site.NameOf(node)?.Identifier is { } name)
                invoked.Add((name.ValueText, name.SpanStart));
            else if (node is BaseObjectCreationExpressionSyntax creation)
                created.Add((TypeNames.Of(creation), creation.SpanStart));
            else if (node is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax, Expression: var argument } && GroupName(argument) is { } group)
                given.Add((group.Identifier.ValueText, group.SpanStart));
            else if (AssignedName(node) is { } target)
                assigned.Add((target.ValueText, target.SpanStart));
            else if (node is TypeDeclarationSyntax type)
                declared.Add((type.Identifier.ValueText, type.Identifier.SpanStart));
            if (node is SimpleNameSyntax { Identifier.ValueText: var typeName } && IsPassed(node))
                passed.Add(typeName);
            if (node is MemberDeclarationSyntax member && TypeOf(member) is { } result && IsOpen(member))
                open.Add((TypeNames.OfResult(result), member.SpanStart));
        }

        return new Names(Lookup(invoked), Lookup(created), Lookup(given), Lookup(assigned), Lookup(declared), Lookup(open), passed);
    }

    private static bool IsPassed(SyntaxNode type) => type.Parent is TypeArgumentListSyntax or TypeOfExpressionSyntax || type.Parent is QualifiedNameSyntax or NullableTypeSyntax or ArrayTypeSyntax && IsPassed(type.Parent);

    private static TypeSyntax? TypeOf(MemberDeclarationSyntax member) => member switch
    {
        MethodDeclarationSyntax method => method.ReturnType,
        BasePropertyDeclarationSyntax property => property.Type,
        BaseFieldDeclarationSyntax field => field.Declaration.Type,
        _ => null,
    };

    /// <summary>Others than its type may see it.</summary>
    private static bool IsOpen(MemberDeclarationSyntax member) =>
        member.Parent is not ClassDeclarationSyntax and not StructDeclarationSyntax and not RecordDeclarationSyntax
        || member.Parent is TypeDeclarationSyntax type && type.Modifiers.Any(SyntaxKind.PartialKeyword)
        || member.Modifiers.Any(modifier => modifier.Kind() is SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword or SyntaxKind.ProtectedKeyword)
        || member is MethodDeclarationSyntax { ExplicitInterfaceSpecifier: not null } or BasePropertyDeclarationSyntax { ExplicitInterfaceSpecifier: not null };

    private static SyntaxToken? AssignedName(SyntaxNode node) => node switch
    {
        VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax, Initializer: not null } field => field.Identifier,
        PropertyDeclarationSyntax property => property.Identifier,
        AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } => name.Identifier,
        AssignmentExpressionSyntax { Left: MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax, Name: var name } } => name.Identifier,
        _ => null,
    };

    private static SimpleNameSyntax? GroupName(ExpressionSyntax argument) => argument switch
    {
        SimpleNameSyntax name => name,
        MemberAccessExpressionSyntax access => access.Name,
        _ => null,
    };

    private static ILookup<string, int> Lookup(Found places) => places.ToLookup(place => place.Name, place => place.Start, StringComparer.Ordinal);

    internal readonly record struct Place(SyntaxTree Tree, int Start);

    private sealed record Names(ILookup<string, int> Invoked, ILookup<string, int> Created, ILookup<string, int> Given, ILookup<string, int> Assigned, ILookup<string, int> Declared, ILookup<string, int> Open, HashSet<string> Passed);

    private sealed class Found : List<(string Name, int Start)>;

    /// <summary>By name the trees that have it, and only in these the places: a list of all places would be made anew for every version of a project that is edited.</summary>
    private sealed class Index(Compilation compilation, Func<Names, ILookup<string, int>> kind)
    {
        private readonly Lazy<ILookup<string, SyntaxTree>> _trees = new(() =>
            (from tree in compilation.SyntaxTrees
             from name in kind(ByTree.GetValue(tree, Read))
             select (name.Key, tree))
            .ToLookup(found => found.Key, found => found.tree, StringComparer.Ordinal));

        public IEnumerable<Place> this[string name] => Places(Trees(name), name);

        public IEnumerable<SyntaxTree> Trees(string name) => _trees.Value[name];

        public IEnumerable<Place> Where(Func<string, bool> isWanted) => _trees.Value.Where(trees => isWanted(trees.Key)).SelectMany(trees => Places(trees, trees.Key));

        private IEnumerable<Place> Places(IEnumerable<SyntaxTree> trees, string name) =>
            trees.SelectMany(tree => kind(ByTree.GetValue(tree, Read))[name].Select(start => new Place(tree, start)));
    }
}
