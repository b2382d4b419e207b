using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Builds new syntax from text, with nodes of the user's code put into its holes, so that comments and marks in them survive.</summary>
internal static class Template
{
    /// <summary>Stands for a node of the user's code in a template.</summary>
    public const string Hole = "__hole__";

    /// <summary>An expression whose qualified type names become short ones with their imports.</summary>
    public static ExpressionSyntax Short(string expression)
    {
        var parsed = SyntaxFactory.ParseExpression(expression);
        return parsed.ReplaceNodes(
            parsed.DescendantNodes().Where(node => node is QualifiedNameSyntax { Parent: not QualifiedNameSyntax } or MemberAccessExpressionSyntax { Parent: MemberAccessExpressionSyntax { Parent: not MemberAccessExpressionSyntax } }),
            (_, node) => node.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));
    }

    /// <summary>Puts the expression where the template has its hole.</summary>
    public static T Fill<T>(this T template, ExpressionSyntax expression)
        where T : SyntaxNode
    {
        var hole = template.DescendantNodes().OfType<IdentifierNameSyntax>().Single(name => name.Identifier.ValueText == Hole);
        return template.ReplaceNode(hole, expression.WithLeadingTrivia(hole.GetLeadingTrivia().AddRange(expression.GetLeadingTrivia())));
    }

    /// <summary>Puts the statements, which end with their line, where the template has its hole as a statement.</summary>
    public static T Fill<T>(this T template, SyntaxList<StatementSyntax> statements)
        where T : SyntaxNode
    {
        var hole = template.DescendantNodes().OfType<ExpressionStatementSyntax>()
            .Single(statement => statement.Expression is IdentifierNameSyntax { Identifier.ValueText: Hole });
        var block = (BlockSyntax)hole.Parent!;
        return template.ReplaceNode(block, block.WithStatements(block.Statements.ReplaceRange(hole, statements)));
    }

    /// <summary>The expression as the operand of <c>await</c>, without the white space of the place it comes from.</summary>
    public static ExpressionSyntax AsOperand(this ExpressionSyntax expression)
    {
        var bare = expression.WithoutOuterWhitespace();
        return bare is InvocationExpressionSyntax or MemberAccessExpressionSyntax or SimpleNameSyntax or ElementAccessExpressionSyntax or ParenthesizedExpressionSyntax
            ? bare
            : SyntaxFactory.ParenthesizedExpression(bare).WithAdditionalAnnotations(Simplifier.Annotation);
    }

    /// <summary>Drops the white space around a node and keeps the comments.</summary>
    public static T WithoutOuterWhitespace<T>(this T node)
        where T : SyntaxNode => node
        .WithLeadingTrivia(node.GetLeadingTrivia().Any(IsComment) ? node.GetLeadingTrivia() : default)
        .WithTrailingTrivia(node.GetTrailingTrivia().Any(IsComment) ? node.GetTrailingTrivia() : default);

    public static bool IsComment(this SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia) || trivia.IsDirective;
}
