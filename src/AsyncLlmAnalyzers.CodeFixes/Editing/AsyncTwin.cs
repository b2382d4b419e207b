using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Calls the asynchronous member that does what a blocking one does.</summary>
internal static class AsyncTwin
{
    /// <summary>The call of the twin with the same arguments, and the token where one is named and can be passed; null when there is no such overload.</summary>
    public static InvocationExpressionSyntax? Call(
        InvocationExpressionSyntax call, IMethodSymbol twin, ExpressionSyntax? token, SemanticModel model, CancellationToken cancellationToken)
    {
        if (token is not null && TokenArgument.Add(call, token, model, cancellationToken, twin) is { } cancellable)
            return cancellable;

        var renamed = Rename(call, twin.Name);
        return Speculation.Calls(renamed, call, twin, model) ? renamed : null;
    }

    public static InvocationExpressionSyntax Rename(InvocationExpressionSyntax call, string name) =>
        Site.NameOf(call) is { Identifier: var old } && old.ValueText != name
            ? call.ReplaceToken(old, SyntaxFactory.Identifier(name).WithTriviaFrom(old))
            : call;
}
