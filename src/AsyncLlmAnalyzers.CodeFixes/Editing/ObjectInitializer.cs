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
        var set = Assignment(property, value);

        if (creation.Initializer is not { } initializer)
            return WithoutEmptyParentheses(creation).WithInitializer(OneLine(set));

        var written = initializer.Expressions.FirstOrDefault(expression =>
            expression is AssignmentExpressionSyntax { Left: IdentifierNameSyntax name } && name.Identifier.ValueText == property);
        return creation.WithInitializer(written is null
            ? initializer.WithExpressions(initializer.Expressions.Count == 0 ? [set.WithTrailingTrivia(SyntaxFactory.Space)] : initializer.Expressions.AddInLayout(set))
            : initializer.ReplaceNode(written, set.WithTriviaFrom(written)));
    }

    /// <summary>As <see cref="Set"/>; for <c>A.B</c> in the nested initializer <c>A = { B = value }</c>.</summary>
    public static BaseObjectCreationExpressionSyntax SetPath(BaseObjectCreationExpressionSyntax creation, string path, ExpressionSyntax value)
    {
        var dot = path.IndexOf('.');
        if (dot < 0)
            return Set(creation, path, value);

        var (owner, property) = (path.Substring(0, dot), path.Substring(dot + 1));
        var nested = creation.Initializer?.Expressions.OfType<AssignmentExpressionSyntax>()
            .FirstOrDefault(assignment => assignment.Left is IdentifierNameSyntax name && name.Identifier.ValueText == owner);
        if (nested is not { Right: InitializerExpressionSyntax initializer })
            return Set(creation, owner, OneLine(Assignment(property, value)).WithLeadingTrivia());

        return creation.ReplaceNode(initializer, initializer.WithExpressions(initializer.Expressions.AddInLayout(Assignment(property, value))));
    }

    private static AssignmentExpressionSyntax Assignment(string property, ExpressionSyntax value) => SyntaxFactory.AssignmentExpression(
        SyntaxKind.SimpleAssignmentExpression,
        SyntaxFactory.IdentifierName(property).WithTrailingTrivia(SyntaxFactory.Space),
        SyntaxFactory.Token(SyntaxKind.EqualsToken).WithTrailingTrivia(SyntaxFactory.Space),
        value);

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
