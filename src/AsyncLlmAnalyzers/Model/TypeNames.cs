using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Model;

/// <summary>The rightmost names of types as they are written: a filter before anything is bound.</summary>
internal static class TypeNames
{
    /// <summary>The name of the created type; for <c>new(..)</c> that of the declaration it initialises, empty when another place decides.</summary>
    public static string Of(BaseObjectCreationExpressionSyntax creation) => TypeOf(creation) is PredefinedTypeSyntax keyword ? keyword.Keyword.ValueText : Of(TypeOf(creation));

    private static TypeSyntax? TypeOf(BaseObjectCreationExpressionSyntax creation) => creation is ObjectCreationExpressionSyntax named
        ? named.Type
        : creation.Parent switch
        {
            EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax declaration } } => declaration.Type,
            EqualsValueClauseSyntax { Parent: PropertyDeclarationSyntax property } => property.Type,
            ArrowExpressionClauseSyntax { Parent: PropertyDeclarationSyntax property } => property.Type,
            ArrowExpressionClauseSyntax { Parent: MethodDeclarationSyntax method } => method.ReturnType,
            _ => null,
        };

    public static string Of(TypeSyntax? type) => type switch
    {
        NullableTypeSyntax nullable => Of(nullable.ElementType),
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier.ValueText,
        _ => "",
    };

    /// <summary>What a task, a function or a lazy value brings; else the type itself.</summary>
    public static string OfResult(TypeSyntax type) => type is GenericNameSyntax { Identifier.ValueText: "Task" or "ValueTask" or "Func" or "Lazy", TypeArgumentList.Arguments: [.., var result] } ? Of(result) : Of(type);

    /// <summary>The token that names what is constructed: the type's name, or <c>new</c> where no type is written.</summary>
    public static SyntaxToken TokenOf(BaseObjectCreationExpressionSyntax creation) => creation is ObjectCreationExpressionSyntax named
        ? TokenOf(named.Type)
        : creation.NewKeyword;

    private static SyntaxToken TokenOf(TypeSyntax type) => type switch
    {
        SimpleNameSyntax simple => simple.Identifier,
        QualifiedNameSyntax qualified => qualified.Right.Identifier,
        AliasQualifiedNameSyntax alias => alias.Name.Identifier,
        _ => type.GetFirstToken(),
    };
}
