using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Writes <c>LlmRetry.RunAsync(token => call, ..)</c>.</summary>
/// <param name="MaxRetries">How often it is repeated; null for the helper's default.</param>
/// <param name="Options">What else is to be set on the helper's options.</param>
internal readonly record struct RetryCall(ExpressionSyntax? MaxRetries, ImmutableArray<(string Name, ExpressionSyntax Value)> Options)
{
    public static InvocationExpressionSyntax WithDefaults(CallLambda lambda) => new RetryCall(null, []).Run(lambda);

    public InvocationExpressionSyntax Run(CallLambda lambda)
    {
        var settings = Options.IsEmpty ? MaxRetries is null ? "" : $", {RuntimeNames.MaxRetries}: {MaxRetries}" : ", null";
        var token = lambda.Outer is null ? "" : settings.Length == 0 ? $", {RuntimeNames.CancellationToken}: {lambda.Outer}" : $", {lambda.Outer}";
        var run = ((InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmRetry}.{RuntimeNames.RunAsync}({lambda.Parameter} => {Template.Hole}{settings}{token})")).Fill(lambda.Call);
        if (!Options.IsEmpty)
            run = run.ReplaceNode(run.ArgumentList.Arguments[1].Expression, NewOptions());
        var helper = ((MemberAccessExpressionSyntax)run.Expression).Expression;
        return run.ReplaceNode(helper, Short(helper));
    }

    private BaseObjectCreationExpressionSyntax NewOptions()
    {
        var creation = (ObjectCreationExpressionSyntax)SyntaxFactory.ParseExpression($"new {RuntimeNames.Namespace}.{RuntimeNames.LlmRetryOptions}()");
        BaseObjectCreationExpressionSyntax options = creation.WithType(Short(creation.Type));
        if (MaxRetries is not null)
            options = ObjectInitializer.Set(options, RuntimeNames.MaxRetriesOption, MaxRetries);
        foreach (var (name, value) in Options)
            options = ObjectInitializer.Set(options, name, value);
        return options;
    }

    private static T Short<T>(T node)
        where T : SyntaxNode => node.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);
}
