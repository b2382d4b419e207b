using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>An expression to be replaced by an <c>await</c>.</summary>
/// <param name="DocumentId">Where it stands.</param>
/// <param name="Span">The expression's span.</param>
/// <param name="Operand">What is awaited, made of the expression as it is once the edits inside it are done.</param>
internal sealed record AwaitPlace(DocumentId DocumentId, TextSpan Span, Func<ExpressionSyntax, ExpressionSyntax> Operand)
{
    /// <summary>The expression itself is awaited.</summary>
    public static AwaitPlace Of(DocumentId documentId, ExpressionSyntax expression) => new(documentId, expression.Span, awaited => awaited);
}
