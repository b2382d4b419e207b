using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>What a call would mean if it were written differently.</summary>
internal static class Speculation
{
    /// <summary>In the place of <paramref name="call"/>, <paramref name="changed"/> would compile and call the member, or an overload of it that returns the same.</summary>
    public static bool Calls(InvocationExpressionSyntax changed, InvocationExpressionSyntax call, IMethodSymbol member, SemanticModel model) =>
        model.GetSpeculativeSymbolInfo(call.SpanStart, Standalone(changed, call), SpeculativeBindingOption.BindAsExpression).Symbol is IMethodSymbol bound
        && bound.Name == member.Name
        && ReturnTypes.AreSame(bound.OriginalDefinition.ReturnType, member.OriginalDefinition.ReturnType);

    /// <summary>The call as it can be bound without what stands around it: <c>x?.M()</c> as <c>x.M()</c>.</summary>
    private static InvocationExpressionSyntax Standalone(InvocationExpressionSyntax changed, InvocationExpressionSyntax call) =>
        BindingIn(changed.Expression) is { } binding && ConditionalReceiver(call) is { } receiver
            ? changed.ReplaceNode(binding, Member(receiver, binding))
            : changed;

    private static MemberBindingExpressionSyntax? BindingIn(ExpressionSyntax expression) =>
        expression.DescendantNodesAndSelf(node => node is not ArgumentListSyntax).OfType<MemberBindingExpressionSyntax>().FirstOrDefault();

    private static ExpressionSyntax? ConditionalReceiver(SyntaxNode inside)
    {
        var access = inside.Ancestors().OfType<ConditionalAccessExpressionSyntax>().FirstOrDefault(candidate => candidate.WhenNotNull.Span.Contains(inside.Span));
        if (access is null)
            return null;

        return BindingIn(access.Expression) is { } binding && ConditionalReceiver(access) is { } outer
            ? access.Expression.ReplaceNode(binding, Member(outer, binding))
            : SyntaxFactory.ParenthesizedExpression(access.Expression.WithoutTrivia());
    }

    private static MemberAccessExpressionSyntax Member(ExpressionSyntax receiver, MemberBindingExpressionSyntax binding) =>
        SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, receiver, binding.Name);
}
