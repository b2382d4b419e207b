using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds the invocations, method groups, object creations and assignments of a compilation by the name that is written; only what has the name is bound.</summary>
internal sealed class NameIndex(LlmContext context)
{
    /// <summary>By tree: syntax only, so a tree that did not change is read once in an editing session.</summary>
    private static readonly ConditionalWeakTable<SyntaxTree, Names> ByTree = new();

    private readonly Lazy<ILookup<string, Place>> _invoked = new(() => Merged(context.Compilation, names => names.Invoked));

    private readonly Lazy<ILookup<string, Place>> _given = new(() => Merged(context.Compilation, names => names.Given));

    private readonly Lazy<ILookup<string, Place>> _created = new(() => Merged(context.Compilation, names => names.Created));

    private ILookup<string, Place>? _createdUnnamed;

    public IEnumerable<IInvocationOperation> Invocations(Func<string, bool> isWanted, CancellationToken cancellationToken) =>
        Places(isWanted).Select(place => Invocation(place, cancellationToken)).OfType<IInvocationOperation>();

    public IEnumerable<IInvocationOperation> Invocations(string name, CancellationToken cancellationToken) =>
        _invoked.Value[name].Select(place => Invocation(place, cancellationToken)).OfType<IInvocationOperation>();

    /// <summary>The method groups of this name that are given to an invocation.</summary>
    public IEnumerable<IMethodReferenceOperation> MethodGroups(string methodName, CancellationToken cancellationToken) =>
        _given.Value[methodName].Select(place => OperationAt<ArgumentSyntax>(place, cancellationToken))
            .Select(argument => (argument as IArgumentOperation)?.Value is IDelegateCreationOperation { Target: IMethodReferenceOperation group } ? group : null)
            .OfType<IMethodReferenceOperation>();

    /// <summary>The creations of types of this name.</summary>
    public IEnumerable<IObjectCreationOperation> Creations(string typeName, CancellationToken cancellationToken) =>
        _created.Value[typeName].Concat(CreatedUnnamed(cancellationToken)[typeName]).Select(place => OperationAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken)).OfType<IObjectCreationOperation>();

    /// <summary>The members of this name that are declared with a value in the type, and the assignments to such: declarators, properties and assignments.</summary>
    public static IEnumerable<SyntaxNode> Assigned(SyntaxReference type, string name, CancellationToken cancellationToken)
    {
        var root = type.SyntaxTree.GetRoot(cancellationToken);
        return ByTree.GetValue(type.SyntaxTree, Read).Assigned[name]
            .Where(type.Span.Contains)
            .Select(start => root.FindToken(start).Parent!.FirstAncestorOrSelf<SyntaxNode>(node => AssignedName(node) is not null)!);
    }

    /// <summary>The <c>new(..)</c> whose type is written elsewhere, by its name: each is bound once for a version of the project, without a lock, since twice is harmless.</summary>
    private ILookup<string, Place> CreatedUnnamed(CancellationToken cancellationToken) => _createdUnnamed ??= _created.Value[""]
        .Select(place => (Place: place, OperationAt<BaseObjectCreationExpressionSyntax>(place, cancellationToken)?.Type))
        .Where(created => created.Type is not null)
        .ToLookup(created => created.Type!.Name, created => created.Place, StringComparer.Ordinal);

    /// <summary>Where the invocations are that <see cref="Invocations(Func{string, bool}, CancellationToken)"/> binds.</summary>
    public IEnumerable<Place> Places(Func<string, bool> isWanted) => _invoked.Value.Where(places => isWanted(places.Key)).SelectMany(places => places);

    public IInvocationOperation? Invocation(Place place, CancellationToken cancellationToken) => OperationAt<InvocationExpressionSyntax>(place, cancellationToken) as IInvocationOperation;

    private IOperation? OperationAt<T>(Place place, CancellationToken cancellationToken)
        where T : SyntaxNode
    {
        cancellationToken.ThrowIfCancellationRequested();
        var node = place.Tree.GetRoot(cancellationToken).FindToken(place.Start).Parent!.FirstAncestorOrSelf<T>();
        return node is null ? null : context.GetModel(place.Tree)?.GetOperation(node, cancellationToken);
    }

    private static ILookup<string, Place> Merged(Compilation compilation, Func<Names, ILookup<string, int>> index) =>
        (from tree in compilation.SyntaxTrees
         from name in index(ByTree.GetValue(tree, Read))
         from start in name
         select (name.Key, Place: new Place(tree, start)))
        .ToLookup(found => found.Key, found => found.Place, StringComparer.Ordinal);

    private static Names Read(SyntaxTree tree)
    {
        var (invoked, created, given, assigned) = (new List<(string Name, int Start)>(), new List<(string Name, int Start)>(), new List<(string Name, int Start)>(), new List<(string Name, int Start)>());
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            if (node is InvocationExpressionSyntax && Site.NameOf(node)?.Identifier is { } name)
                invoked.Add((name.ValueText, name.SpanStart));
            else if (node is BaseObjectCreationExpressionSyntax creation)
                created.Add((TypeNames.Of(creation), creation.SpanStart));
            else if (node is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax, Expression: var argument } && GroupName(argument) is { } group)
                given.Add((group.Identifier.ValueText, group.SpanStart));
            else if (AssignedName(node) is { } member)
                assigned.Add((member.ValueText, member.SpanStart));
        }

        return new Names(Lookup(invoked), Lookup(created), Lookup(given), Lookup(assigned));
    }

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

    private static ILookup<string, int> Lookup(List<(string Name, int Start)> places) => places.ToLookup(place => place.Name, place => place.Start, StringComparer.Ordinal);

    internal readonly record struct Place(SyntaxTree Tree, int Start);

    private sealed record Names(ILookup<string, int> Invoked, ILookup<string, int> Created, ILookup<string, int> Given, ILookup<string, int> Assigned);
}
