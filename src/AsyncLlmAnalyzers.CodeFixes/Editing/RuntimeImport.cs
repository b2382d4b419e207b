using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Imports the runtime's namespace where the services do not: for its extension methods, which name no type that would bring the import, and for names they leave in full.</summary>
internal static class RuntimeImport
{
    /// <summary>The root with the import, in its place among the sorted ones, where the position does not see the runtime yet.</summary>
    /// <param name="model">The document without the root's changes.</param>
    /// <param name="position">Of what needs the import, there.</param>
    /// <param name="root">The changed document.</param>
    public static SyntaxNode Add(SemanticModel model, int position, SyntaxNode root)
    {
        if (root is not CompilationUnitSyntax unit || !model.LookupNamespacesAndTypes(position, name: RuntimeNames.LlmTask).IsEmpty)
            return root;

        var import = SyntaxFactory.UsingDirective(SyntaxFactory.IdentifierName(RuntimeNames.Namespace).WithLeadingTrivia(SyntaxFactory.Space)).WithTrailingTrivia(SyntaxFactory.EndOfLine(new LlmEditor(root, model).NewLine));
        var index = unit.Usings.TakeWhile(other => IsBefore(other.Name?.ToString() ?? "~")).Count();
        if (index > 0 || unit.Usings.Count == 0)
            return unit.WithUsings(unit.Usings.Insert(index, import));

        // What stands above the first import, a licence say, stays on top.
        var first = unit.Usings[0];
        return unit.WithUsings(unit.Usings.Replace(first, first.WithLeadingTrivia()).Insert(0, import.WithLeadingTrivia(first.GetLeadingTrivia())));
    }

    /// <summary>
    /// The document with short names in the place of those that are still to be simplified. The simplifier leaves them in a generic local function: bound a second
    /// time, its type parameters, and so the call that they are inferred for, are other symbols.
    /// </summary>
    public static async Task<Document> ShortenAsync(Document document, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        var names = root.GetAnnotatedNodes(Simplifier.Annotation).SelectMany(node => node.DescendantNodesAndSelf()).Where(node => NameIn(node) is not null).Distinct().ToList();
        if (names.Count == 0)
            return document;

        var model = (await document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false))!;
        var types = names.Where(name => model.GetSymbolInfo(name, cancellationToken).Symbol is INamedTypeSymbol { ContainingType: null } type && MayBeShort(type, model.LookupSymbols(name.SpanStart, name: type.Name))).ToList();
        if (types.Count == 0)
            return document;

        var changed = root.ReplaceNodes(types, (_, name) => NameIn(name)!.WithTriviaFrom(name));
        return document.WithSyntaxRoot(types.Find(name => IsOfRuntime((INamedTypeSymbol)model.GetSymbolInfo(name, cancellationToken).Symbol!)) is { } ours ? Add(model, ours.SpanStart, changed) : changed);
    }

    /// <summary>The name means the type already, or will, since nothing else has it.</summary>
    private static bool MayBeShort(INamedTypeSymbol type, ImmutableArray<ISymbol> found) =>
        found.IsEmpty ? IsOfRuntime(type) : found is [var only] && SymbolEqualityComparer.Default.Equals(only, type);

    private static bool IsOfRuntime(INamedTypeSymbol type) => type.ContainingNamespace is { Name: RuntimeNames.Namespace, ContainingNamespace.IsGlobalNamespace: true };

    private static SimpleNameSyntax? NameIn(SyntaxNode name) => name switch
    {
        MemberAccessExpressionSyntax { Expression: SimpleNameSyntax or MemberAccessExpressionSyntax } access => access.Name,
        QualifiedNameSyntax qualified => qualified.Right,
        _ => null,
    };

    private static bool IsBefore(string name) => name.StartsWith("System", StringComparison.Ordinal) || string.CompareOrdinal(name, RuntimeNames.Namespace) < 0;
}
