using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Makes a call through the throttle of its client: <c>LlmThrottle.For(client).ExecuteAsync(token => call, outer)</c>.</summary>
internal static class ThrottleCall
{
    /// <summary>The call through the throttle; the token it was given, or the one in scope, is the throttle's, and the call gets the attempt's.</summary>
    public static InvocationExpressionSyntax? Run(FixTarget target, InvocationExpressionSyntax call, string member, CancellationToken cancellationToken)
    {
        if (!target.Context.HasRuntime
            || target.InvocationAt(call, cancellationToken) is not { } operation
            || operation.Receiver() is not { Syntax: ExpressionSyntax client } receiver
            || !IsLasting(receiver)
            || ConditionalAccess.IsInside(call))
            return null;

        var lambda = CallLambda.Of(target, call, operation, hasOwnToken: true, cancellationToken);
        var run = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmThrottle}.{RuntimeNames.For}({client.WithoutTrivia()}).{member}({lambda.Parameter} => {Template.Hole}{(lambda.Outer is null ? "" : $", {lambda.Outer}")})");
        return run
            .Fill(lambda.Call)
            .WithAdditionalAnnotations(Simplifier.AddImportsAnnotation, Simplifier.Annotation);
    }

    /// <summary>In its place, configured or not.</summary>
    public static bool IsAwaited(InvocationExpressionSyntax call) =>
        call.Parent is AwaitExpressionSyntax
        || call.Parent is MemberAccessExpressionSyntax { Name.Identifier.ValueText: "ConfigureAwait", Parent: InvocationExpressionSyntax { Parent: AwaitExpressionSyntax } };

    /// <summary>Not made for this one call: a throttle that nobody else finds limits nothing.</summary>
    private static bool IsLasting(IOperation client) => client switch
    {
        IFieldReferenceOperation or IParameterReferenceOperation => true,
        IPropertyReferenceOperation { Property.IsIndexer: false } property => property.Instance is null or IInstanceReferenceOperation || IsLasting(property.Instance),
        _ => false,
    };
}
