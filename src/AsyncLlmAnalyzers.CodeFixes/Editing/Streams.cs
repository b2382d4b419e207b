using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Edits of the expression an <c>await foreach</c> enumerates.</summary>
internal static class Streams
{
    /// <summary><c>stream.WithCancellation(token)</c>, in front of any <c>ConfigureAwait</c> and in place of any token given so.</summary>
    public static ExpressionSyntax? WithCancellation(ExpressionSyntax enumerated, ExpressionSyntax token, SemanticModel model, CancellationToken cancellationToken)
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

        var receiver = stream is AwaitExpressionSyntax or CastExpressionSyntax or BinaryExpressionSyntax or ConditionalExpressionSyntax or ConditionalAccessExpressionSyntax
            ? SyntaxFactory.ParenthesizedExpression(stream.WithoutTrivia())
            : stream.WithoutTrivia();
        var cancellable = SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, receiver, SyntaxFactory.IdentifierName("WithCancellation")),
            SyntaxFactory.ArgumentList([SyntaxFactory.Argument(token)]));
        return enumerated.ReplaceNode(stream, cancellable.WithTriviaFrom(stream));
    }
}
