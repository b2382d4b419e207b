using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>A call as the lambda that a helper runs, <c>token => call</c>, and the caller's token for the helper itself.</summary>
/// <param name="Parameter">The lambda's parameter; <c>_</c> where the call takes no token.</param>
/// <param name="Call">The call, given that token in place of the caller's.</param>
/// <param name="Outer">The token the call was given, or the one in scope; null for none.</param>
internal readonly record struct CallLambda(string Parameter, ExpressionSyntax Call, string? Outer)
{
    /// <param name="target">The document.</param>
    /// <param name="call">The call in it.</param>
    /// <param name="operation">What it means.</param>
    /// <param name="hasOwnToken">The helper has a token for the call even where the caller has none.</param>
    /// <param name="cancellationToken">Cancels the binding.</param>
    public static CallLambda Of(FixTarget target, InvocationExpressionSyntax call, IInvocationOperation operation, bool hasOwnToken, CancellationToken cancellationToken)
    {
        var given = operation.Arguments.FirstOrDefault(argument => argument.ArgumentKind == ArgumentKind.Explicit && argument.Value.Type?.Name == nameof(CancellationToken) && !argument.Value.IsNoToken())?.Value.Syntax as ExpressionSyntax;
        var outer = given?.WithoutTrivia().ToString() ?? TokenScope.At(operation).OnlyName;
        var name = new LlmEditor(target.Root, target.Model).FreshTokenName(outer, call);
        var token = SyntaxFactory.IdentifierName(name);
        var cancellable = given is not null ? call.ReplaceNode(given, token.WithTriviaFrom(given))
            : (outer is not null || hasOwnToken) && TokenPassed.To(operation).Verdict == Verdict.No ? TokenArgument.Add(call, token, target.Model, cancellationToken)
            : null;
        return new CallLambda(cancellable is null ? "_" : name, (cancellable ?? call).WithoutOuterWhitespace(), outer);
    }
}
