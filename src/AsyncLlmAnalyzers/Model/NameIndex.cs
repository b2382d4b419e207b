using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds the invocations, method groups and object creations of a compilation by the name that is written; only what has the name is bound.</summary>
internal sealed class NameIndex(LlmContext context)
{
    /// <summary>By tree: syntax only, so a tree that did not change is read once in an editing session.</summary>
    private static readonly ConditionalWeakTable<SyntaxTree, Names> ByTree = new();

    public IEnumerable<IInvocationOperation> Invocations(Func<string, bool> isWanted, CancellationToken cancellationToken) =>
        Find<InvocationExpressionSyntax>(names => names.Invoked, isWanted, cancellationToken).OfType<IInvocationOperation>();

    /// <summary>The method groups of this name that are given to an invocation.</summary>
    public IEnumerable<IMethodReferenceOperation> MethodGroups(string methodName, CancellationToken cancellationToken) =>
        Find<ArgumentSyntax>(names => names.Given, name => name == methodName, cancellationToken)
            .Select(argument => (argument as IArgumentOperation)?.Value is IDelegateCreationOperation { Target: IMethodReferenceOperation group } ? group : null)
            .OfType<IMethodReferenceOperation>();

    /// <summary>The creations of types of this name, and the <c>new(..)</c> whose type is written elsewhere.</summary>
    public IEnumerable<IObjectCreationOperation> Creations(string typeName, CancellationToken cancellationToken) =>
        Find<BaseObjectCreationExpressionSyntax>(names => names.Created, name => name == typeName || name.Length == 0, cancellationToken).OfType<IObjectCreationOperation>();

    private IEnumerable<IOperation?> Find<T>(Func<Names, ILookup<string, int>> index, Func<string, bool> isWanted, CancellationToken cancellationToken)
        where T : SyntaxNode
    {
        foreach (var tree in context.Compilation.SyntaxTrees)
        {
            foreach (var group in index(ByTree.GetValue(tree, Read)).Where(group => isWanted(group.Key)))
            {
                foreach (var start in group)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    var node = tree.GetRoot(cancellationToken).FindToken(start).Parent!.FirstAncestorOrSelf<T>();
                    yield return node is null ? null : context.GetModel(tree)?.GetOperation(node, cancellationToken);
                }
            }
        }
    }

    private static Names Read(SyntaxTree tree)
    {
        var (invoked, created, given) = (new List<(string Name, int Start)>(), new List<(string Name, int Start)>(), new List<(string Name, int Start)>());
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            if (node is InvocationExpressionSyntax && Site.NameOf(node)?.Identifier is { } name)
                invoked.Add((name.ValueText, name.SpanStart));
            else if (node is BaseObjectCreationExpressionSyntax creation)
                created.Add((TypeNames.Of(creation), creation.SpanStart));
            else if (node is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax, Expression: var argument } && GroupName(argument) is { } group)
                given.Add((group.Identifier.ValueText, group.SpanStart));
        }

        return new Names(Lookup(invoked), Lookup(created), Lookup(given));
    }

    private static SimpleNameSyntax? GroupName(ExpressionSyntax argument) => argument switch
    {
        SimpleNameSyntax name => name,
        MemberAccessExpressionSyntax access => access.Name,
        _ => null,
    };

    private static ILookup<string, int> Lookup(List<(string Name, int Start)> places) => places.ToLookup(place => place.Name, place => place.Start, StringComparer.Ordinal);

    private sealed record Names(ILookup<string, int> Invoked, ILookup<string, int> Created, ILookup<string, int> Given);
}
