using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds the source bodies behind an interface, abstract or virtual member.</summary>
internal sealed class Implementations(LlmContext context)
{
    /// <summary>Names in base lists, by tree: syntax only, so a tree that did not change is read once in an editing session.</summary>
    private static readonly ConditionalWeakTable<SyntaxTree, IReadOnlyList<(string BaseName, TextSpanOfType Type)>> BaseNames = new();

    private readonly Lazy<ILookup<string, (SyntaxTree Tree, TextSpanOfType Type)>> _typesByBaseName = new(() =>
        context.Compilation.SyntaxTrees
            .SelectMany(tree => BaseNames.GetValue(tree, ReadBaseNames).Select(entry => (entry.BaseName, Tree: tree, entry.Type)))
            .ToLookup(entry => entry.BaseName, entry => (entry.Tree, entry.Type), StringComparer.Ordinal));

    public static bool IsOverridable(IMethodSymbol method) =>
        method.ContainingType?.TypeKind == TypeKind.Interface || method.IsAbstract || method.IsVirtual || (method.IsOverride && !method.IsSealed);

    /// <summary>The members with a body that a call of <paramref name="method"/> may run; the method itself when nothing overrides it.</summary>
    public ImmutableArray<IMethodSymbol> Of(IMethodSymbol method, CancellationToken cancellationToken)
    {
        method = method.OriginalDefinition;
        if (!IsOverridable(method))
            return [method];

        var found = ImmutableArray.CreateBuilder<IMethodSymbol>();
        if (!method.IsAbstract)
            found.Add(method);

        foreach (var type in DerivedTypes(method.ContainingType, cancellationToken))
        {
            var implementation = method.ContainingType.TypeKind == TypeKind.Interface
                ? ImplementationIn(type, method)
                : type.GetMembers(method.Name).OfType<IMethodSymbol>().FirstOrDefault(member => Overrides(member, method));
            if (implementation is { IsAbstract: false } && !found.Contains(implementation.OriginalDefinition, SymbolEqualityComparer.Default))
                found.Add(implementation.OriginalDefinition);
        }

        return found.ToImmutable();
    }

    /// <summary>What constructors pass to this one: <c>: this(..)</c> beside it, <c>: base(..)</c> of derived types.</summary>
    public IEnumerable<IInvocationOperation> InitializersThatRun(IMethodSymbol constructor, CancellationToken cancellationToken) =>
        DerivedTypes(constructor.ContainingType, cancellationToken).Prepend(constructor.ContainingType.OriginalDefinition)
            .SelectMany(type => type.DeclaringSyntaxReferences)
            .Select(reference => reference.GetSyntax(cancellationToken))
            .OfType<TypeDeclarationSyntax>()
            .SelectMany(type => type.Members.OfType<ConstructorDeclarationSyntax>().Select(declared => (SyntaxNode?)declared.Initializer).Concat(type.BaseList?.Types.OfType<PrimaryConstructorBaseTypeSyntax>() ?? []))
            .Select(initializer => initializer is null ? null : context.GetModel(initializer.SyntaxTree)?.GetOperation(initializer, cancellationToken))
            .OfType<IInvocationOperation>()
            .Where(call => SymbolEqualityComparer.Default.Equals(call.TargetMethod.OriginalDefinition, constructor.OriginalDefinition));

    private static IMethodSymbol? ImplementationIn(INamedTypeSymbol type, IMethodSymbol member)
    {
        var constructed = type.AllInterfaces.FirstOrDefault(i => SymbolEqualityComparer.Default.Equals(i.OriginalDefinition, member.ContainingType));
        var constructedMember = constructed?.GetMembers(member.Name).OfType<IMethodSymbol>()
            .FirstOrDefault(candidate => SymbolEqualityComparer.Default.Equals(candidate.OriginalDefinition, member));
        return constructedMember is not null && type.FindImplementationForInterfaceMember(constructedMember) is IMethodSymbol declared
            ? MostDerived(type, declared)
            : null;
    }

    /// <summary>The override of the member that an instance of the type runs.</summary>
    private static IMethodSymbol MostDerived(INamedTypeSymbol type, IMethodSymbol member)
    {
        for (var current = type; current is not null && !SymbolEqualityComparer.Default.Equals(current, member.ContainingType); current = current.BaseType)
        {
            if (current.GetMembers(member.Name).OfType<IMethodSymbol>().FirstOrDefault(candidate => Overrides(candidate, member.OriginalDefinition)) is { } @override)
                return @override;
        }

        return member;
    }

    private static bool Overrides(IMethodSymbol member, IMethodSymbol method)
    {
        for (var overridden = member.OverriddenMethod; overridden is not null; overridden = overridden.OverriddenMethod)
        {
            if (SymbolEqualityComparer.Default.Equals(overridden.OriginalDefinition, method))
                return true;
        }

        return false;
    }

    private IEnumerable<INamedTypeSymbol> DerivedTypes(INamedTypeSymbol ancestor, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var names = new Queue<string>();
        names.Enqueue(ancestor.Name);
        while (names.Count > 0)
        {
            var name = names.Dequeue();
            if (!seen.Add(name))
                continue;

            foreach (var (tree, span) in _typesByBaseName.Value[name])
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (span.In(tree, cancellationToken) is not { } declaration
                    || context.GetModel(tree)?.GetDeclaredSymbol(declaration, cancellationToken) is not { } type)
                    continue;

                names.Enqueue(type.Name);
                if (type.TypeKind != TypeKind.Interface && IsA(type, ancestor))
                    yield return type;
            }
        }
    }

    private static bool IsA(INamedTypeSymbol type, INamedTypeSymbol ancestor) =>
        (ancestor.TypeKind == TypeKind.Interface ? type.AllInterfaces : type.BaseType.BaseTypesAndSelf())
        .Any(candidate => SymbolEqualityComparer.Default.Equals(candidate.OriginalDefinition, ancestor.OriginalDefinition));

    private static IReadOnlyList<(string BaseName, TextSpanOfType Type)> ReadBaseNames(SyntaxTree tree)
    {
        var names = new List<(string, TextSpanOfType)>();
        foreach (var type in tree.GetRoot().DescendantNodes(static node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax or TypeDeclarationSyntax).OfType<TypeDeclarationSyntax>())
        {
            foreach (var baseType in type.BaseList?.Types ?? default)
            {
                if (TypeNames.Of(baseType.Type) is { Length: > 0 } name)
                    names.Add((name, new TextSpanOfType(type.SpanStart, type.Span.Length)));
            }
        }

        return names;
    }

    private readonly record struct TextSpanOfType(int Start, int Length)
    {
        public TypeDeclarationSyntax? In(SyntaxTree tree, CancellationToken cancellationToken) =>
            tree.GetRoot(cancellationToken).FindNode(new(Start, Length)).FirstAncestorOrSelf<TypeDeclarationSyntax>();
    }
}
