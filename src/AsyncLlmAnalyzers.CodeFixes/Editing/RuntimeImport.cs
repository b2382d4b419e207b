using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Imports the runtime's namespace for its extension methods, which name no type that would bring the import.</summary>
internal static class RuntimeImport
{
    /// <summary>The root with the import, in its place among the sorted ones, where the position does not see the runtime yet.</summary>
    public static SyntaxNode Add(FixTarget target, int position, SyntaxNode root)
    {
        if (root is not CompilationUnitSyntax unit || !target.Model.LookupNamespacesAndTypes(position, name: RuntimeNames.LlmTask).IsEmpty)
            return root;

        var import = SyntaxFactory.UsingDirective(SyntaxFactory.IdentifierName(RuntimeNames.Namespace).WithLeadingTrivia(SyntaxFactory.Space)).WithTrailingTrivia(SyntaxFactory.EndOfLine(new LlmEditor(target.Root, target.Model).NewLine));
        var index = unit.Usings.TakeWhile(other => IsBefore(other.Name?.ToString() ?? "~")).Count();
        if (index > 0 || unit.Usings.Count == 0)
            return unit.WithUsings(unit.Usings.Insert(index, import));

        // What stands above the first import, a licence say, stays on top.
        var first = unit.Usings[0];
        return unit.WithUsings(unit.Usings.Replace(first, first.WithLeadingTrivia()).Insert(0, import.WithLeadingTrivia(first.GetLeadingTrivia())));
    }

    private static bool IsBefore(string name) => name.StartsWith("System", StringComparison.Ordinal) || string.CompareOrdinal(name, RuntimeNames.Namespace) < 0;
}
