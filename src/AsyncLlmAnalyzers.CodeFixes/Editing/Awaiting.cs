using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Microsoft.CodeAnalysis.CSharp.SyntaxFactory;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes <c>await</c> expressions: parentheses where they are needed, comments kept, the file's own <c>ConfigureAwait</c> style.</summary>
internal sealed class Awaiting
{
    private const string ConfigureAwait = "ConfigureAwait";

    private readonly bool _configures;

    private Awaiting(bool configures) => _configures = configures;

    /// <summary>
    /// A file configures its awaits when most of them are. Sync waits that are configured count too, so that awaiting one
    /// of them does not change the style of the next.
    /// </summary>
    public static Awaiting InStyleOf(SyntaxNode root)
    {
        var configured = root.DescendantNodes().OfType<InvocationExpressionSyntax>().Count(IsConfiguredFalse);
        var plain = root.DescendantNodes().OfType<AwaitExpressionSyntax>().Count(await => !IsConfigured(await.Expression));
        return new Awaiting(configured > plain);
    }

    /// <summary>The <c>await</c> that takes the place of <paramref name="replaced"/>.</summary>
    public ExpressionSyntax Await(ExpressionSyntax operand, ExpressionSyntax replaced)
    {
        operand = Plain(operand);
        if (_configures && !IsConfigured(operand))
            operand = Configured(operand);

        var await = AwaitExpression(Token(SyntaxKind.AwaitKeyword).WithTrailingTrivia(Space), operand);
        ExpressionSyntax result = NeedsParentheses(replaced) ? ParenthesizedExpression(await) : await;
        return result.WithLeadingTrivia(replaced.GetLeadingTrivia()).WithTrailingTrivia(replaced.GetTrailingTrivia());
    }

    /// <summary>The stream as an <c>await foreach</c> enumerates it.</summary>
    public ExpressionSyntax Enumerated(ExpressionSyntax stream) => _configures && !IsConfigured(stream) ? Configured(stream) : stream;

    /// <summary>Without the parentheses and the blank end it no longer needs; a comment stays.</summary>
    private static ExpressionSyntax Plain(ExpressionSyntax operand)
    {
        operand = operand.WithoutLeadingTrivia();
        if (operand.GetTrailingTrivia().All(trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia)))
            operand = operand.WithoutTrailingTrivia();
        if (operand is ParenthesizedExpressionSyntax { Expression: var inner } && (IsPrimary(inner) || inner is AwaitExpressionSyntax))
            return Plain(inner);

        return IsPrimary(operand) || operand is AwaitExpressionSyntax ? operand : ParenthesizedExpression(operand);
    }

    private static InvocationExpressionSyntax Configured(ExpressionSyntax operand) => InvocationExpression(
        MemberAccessExpression(
            SyntaxKind.SimpleMemberAccessExpression,
            IsPrimary(operand) ? operand : ParenthesizedExpression(operand),
            IdentifierName(ConfigureAwait)),
        ArgumentList(SingletonSeparatedList(Argument(LiteralExpression(SyntaxKind.FalseLiteralExpression)))));

    private static bool IsConfigured(ExpressionSyntax expression) =>
        expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: ConfigureAwait } };

    private static bool IsConfiguredFalse(InvocationExpressionSyntax invocation) =>
        IsConfigured(invocation) && invocation.ArgumentList.Arguments is [{ Expression.RawKind: (int)SyntaxKind.FalseLiteralExpression }];

    private static bool IsPrimary(ExpressionSyntax expression) => expression is
        InvocationExpressionSyntax or MemberAccessExpressionSyntax or ElementAccessExpressionSyntax or SimpleNameSyntax or ParenthesizedExpressionSyntax
        or BaseObjectCreationExpressionSyntax or ThisExpressionSyntax or PostfixUnaryExpressionSyntax;

    private static bool NeedsParentheses(ExpressionSyntax replaced) => replaced.Parent switch
    {
        MemberAccessExpressionSyntax access => access.Expression == replaced,
        ElementAccessExpressionSyntax access => access.Expression == replaced,
        InvocationExpressionSyntax invocation => invocation.Expression == replaced,
        ConditionalAccessExpressionSyntax access => access.Expression == replaced,
        PostfixUnaryExpressionSyntax => true,
        _ => false,
    };
}
