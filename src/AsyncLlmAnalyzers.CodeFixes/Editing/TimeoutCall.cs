using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes <c>LlmTimeout.RunAsync</c>.</summary>
internal static class TimeoutCall
{
    /// <param name="call">The call, which uses the token.</param>
    /// <param name="token">The lambda's parameter.</param>
    /// <param name="timer">The time, and the clock where it is not the system's.</param>
    /// <param name="outer">The caller's token, or null.</param>
    public static InvocationExpressionSyntax Run(ExpressionSyntax call, string token, IReadOnlyList<ExpressionSyntax> timer, string? outer)
    {
        var run = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmTimeout}.{RuntimeNames.RunAsync}({token} => {Template.Hole}, {string.Join(", ", timer.Select(argument => argument.WithoutTrivia().ToString()))}{(outer is null ? "" : $", {outer}")})");
        run = run.Fill(call.WithoutOuterWhitespace());
        foreach (var (argument, index) in timer.Select((argument, index) => (argument, index)))
            run = run.ReplaceNode(run.ArgumentList.Arguments[index + 1].Expression, argument.WithoutTrivia()); // a time of ours still has to become short
        return run
            .WithExpression(run.Expression.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));
    }
}
