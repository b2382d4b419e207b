using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Edits of the expression an <c>await foreach</c> enumerates.</summary>
internal static class Streams
{
    /// <summary>
    /// <c>stream.WithCancellation(token)</c>, in front of any <c>ConfigureAwait</c> and in place of any token given so; behind a <c>WithTimeout</c> where
    /// <paramref name="idleSeconds"/> are given.
    /// </summary>
    public static ExpressionSyntax? WithCancellation(ExpressionSyntax enumerated, ExpressionSyntax token, SemanticModel model, CancellationToken cancellationToken, int? idleSeconds = null)
    {
        var stream = enumerated;
        while (stream is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } invocation)
        {
            if (access.Name.Identifier.ValueText == "WithCancellation")
                return TokenArgument.Add(invocation, token, model, cancellationToken) is { } given ? enumerated.ReplaceNode(invocation, given) : null;
            if (access.Name.Identifier.ValueText != "ConfigureAwait")
                break;

            stream = access.Expression;
        }

        return enumerated.ReplaceNode(stream, On(idleSeconds is { } idle ? WithTimeout(stream, idle) : stream, "WithCancellation", token));
    }

    /// <summary><c>stream.WithTimeout(idle)</c>, as an extension on the stream, so that what is said of the enumeration after it stays.</summary>
    public static ExpressionSyntax WithTimeout(ExpressionSyntax stream, int idleSeconds) => On(stream, RuntimeNames.WithTimeout, TimeLiteral.Of(idleSeconds));

    private static InvocationExpressionSyntax On(ExpressionSyntax stream, string extension, ExpressionSyntax argument)
    {
        var receiver = stream is AwaitExpressionSyntax or CastExpressionSyntax or BinaryExpressionSyntax or ConditionalExpressionSyntax or ConditionalAccessExpressionSyntax
            ? SyntaxFactory.ParenthesizedExpression(stream.WithoutTrivia())
            : stream.WithoutTrivia();
        return SyntaxFactory.InvocationExpression(
                SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, receiver, SyntaxFactory.IdentifierName(extension)),
                SyntaxFactory.ArgumentList([SyntaxFactory.Argument(argument)]))
            .WithTriviaFrom(stream);
    }
}
