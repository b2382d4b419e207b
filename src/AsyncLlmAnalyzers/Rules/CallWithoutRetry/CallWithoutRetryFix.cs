using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.CallWithoutRetry;

/// <summary>Makes the call through the throttle that all callers of the client share, which repeats what was refused.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallWithoutRetryFix)), Shared]
internal sealed class CallWithoutRetryFix() : LlmFix(CallWithoutRetryRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.Context.HasRuntime
            && target.FirstAncestor<InvocationExpressionSyntax>() is { } invocation
            && Site.NameOf(invocation)?.Identifier == target.Token
            && !ConditionalAccess.IsInside(invocation)
            && target.InvocationAt(invocation, default) is { } operation
            && LlmCall.From(operation, target.Context) is { Shape: CallShape.Task }
            && operation.Receiver() is IFieldReferenceOperation or IPropertyReferenceOperation or IParameterReferenceOperation)
            yield return new("Throttle", "Repeat what is refused with LlmThrottle", cancellationToken => Task.FromResult(Throttled(target, invocation, operation, cancellationToken)));
    }

    private static Document? Throttled(FixTarget target, InvocationExpressionSyntax invocation, IInvocationOperation operation, CancellationToken cancellationToken)
    {
        var passed = TokenPassed.To(operation);
        var outer = passed.Verdict == Verdict.Yes ? TokenScope.At(operation).Only?.Name : null;
        var token = new LlmEditor(target.Root, target.Model).FreshParameterName(outer == "ct" ? "token" : "ct", invocation);
        if (passed.Verdict == Verdict.Unknown
            || passed.Verdict == Verdict.Yes && outer is null
            || TokenArgument.Add(invocation, SyntaxFactory.IdentifierName(token), target.Model, cancellationToken) is not { } cancellable)
            return null;

        var run = (InvocationExpressionSyntax)SyntaxFactory.ParseExpression(
            $"{RuntimeNames.Namespace}.{RuntimeNames.LlmThrottle}.{RuntimeNames.For}({operation.Receiver()!.Syntax.WithoutTrivia()}).{RuntimeNames.ExecuteAsync}({token} => {Template.Hole}{(outer is null ? "" : $", {outer}")})");
        var type = run.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Single(access => access.Name.Identifier.ValueText == RuntimeNames.LlmThrottle);
        run = run.ReplaceNode(type, type.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNode(invocation, run.Fill(cancellable.WithoutOuterWhitespace()).WithTriviaFrom(invocation)));
    }
}
