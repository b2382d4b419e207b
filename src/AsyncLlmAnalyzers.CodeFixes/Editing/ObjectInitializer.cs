using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Sets a property where an object is created.</summary>
internal static class ObjectInitializer
{
    /// <summary>The creation with <paramref name="property"/> set in its initializer, which keeps its layout.</summary>
    public static BaseObjectCreationExpressionSyntax Set(BaseObjectCreationExpressionSyntax creation, string property, ExpressionSyntax value)
    {
        var set = SyntaxFactory.AssignmentExpression(
            SyntaxKind.SimpleAssignmentExpression,
            SyntaxFactory.IdentifierName(property).WithTrailingTrivia(SyntaxFactory.Space),
            SyntaxFactory.Token(SyntaxKind.EqualsToken).WithTrailingTrivia(SyntaxFactory.Space),
            value);

        if (creation.Initializer is not { } initializer)
            return WithoutEmptyParentheses(creation).WithInitializer(OneLine(set));

        var written = initializer.Expressions.FirstOrDefault(expression =>
            expression is AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } && name.Identifier.ValueText == property);
        return creation.WithInitializer(written is null
            ? initializer.WithExpressions(initializer.Expressions.Count == 0 ? [set.WithTrailingTrivia(SyntaxFactory.Space)] : initializer.Expressions.AddInLayout(set))
            : initializer.ReplaceNode(written, set.WithTriviaFrom(written)));
    }

    private static InitializerExpressionSyntax OneLine(ExpressionSyntax set) => SyntaxFactory.InitializerExpression(
        SyntaxKind.ObjectInitializerExpression,
        SyntaxFactory.Token(SyntaxKind.OpenBraceToken).WithLeadingTrivia(SyntaxFactory.Space).WithTrailingTrivia(SyntaxFactory.Space),
        [set.WithTrailingTrivia(SyntaxFactory.Space)],
        SyntaxFactory.Token(SyntaxKind.CloseBraceToken));

    private static BaseObjectCreationExpressionSyntax WithoutEmptyParentheses(BaseObjectCreationExpressionSyntax creation) =>
        creation is ObjectCreationExpressionSyntax { ArgumentList: { Arguments.Count: 0 } empty } named
            ? named.WithArgumentList(null).WithType(named.Type.WithTrailingTrivia(empty.GetTrailingTrivia()))
            : creation;
}
