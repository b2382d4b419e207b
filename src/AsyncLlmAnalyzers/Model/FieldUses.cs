using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>The places in its type that name a private field.</summary>
internal static class FieldUses
{
    public static IEnumerable<IOperation> Of(IFieldSymbol field, LlmContext context, CancellationToken cancellationToken)
    {
        foreach (var part in field.ContainingType.DeclaringSyntaxReferences)
        {
            if (context.GetModel(part.SyntaxTree) is not { } model)
                continue;

            foreach (var name in part.GetSyntax(cancellationToken).DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.ValueText == field.Name))
            {
                var expression = name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? (SyntaxNode)access : name;
                if (model.GetOperation(expression, cancellationToken) is IFieldReferenceOperation use && SymbolEqualityComparer.Default.Equals(use.Field.OriginalDefinition, field.OriginalDefinition))
                    yield return use;
            }
        }
    }
}
