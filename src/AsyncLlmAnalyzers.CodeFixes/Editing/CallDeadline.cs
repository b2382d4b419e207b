using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The ways to end one model call: the runtime's helpers where they are at hand, a source with a timeout in front of it, a timeout for the source it has.</summary>
internal static class CallDeadline
{
    public static IEnumerable<FixCandidate> Of(FixTarget target)
    {
        if (target.FirstAncestor<InvocationExpressionSyntax>() is not { } invocation
            || Site.NameOf(invocation)?.Identifier != target.Token
            || ConditionalAccess.IsInside(invocation)
            || target.InvocationAt(invocation, default) is not { } operation
            || LlmCall.From(operation, target.Context) is not { } call)
            yield break;

        var seconds = DiagnosticProperties.TimeoutSeconds.TryRead(target.Diagnostic, out var value) ? value : Hosting.Options.TimeoutSeconds.Default;
        if (DeadToken.Of(operation) is { Creation.Syntax: ExpressionSyntax source })
        {
            yield return new("Source", $"Let the token fire after {seconds} s", _ => Task.FromResult<Document?>(target.Document.WithSyntaxRoot(target.Root.ReplaceNode(source, Timed(source, seconds)))));
            yield break;
        }

        var outer = TokenScope.At(operation).OnlyName;
        if (target.Context.HasRuntime && call.Shape == CallShape.Task)
            yield return new("Helper", $"End the call after {seconds} s with LlmTimeout.RunAsync", cancellationToken => Task.FromResult(Helper(target, invocation, seconds, outer, cancellationToken)));
        if (target.Context.HasRuntime && call.Shape == CallShape.StreamLazy)
        {
            var idle = Hosting.Options.AttemptTimeoutSeconds.Read(target.Options);
            yield return new("Idle", $"End the stream when nothing arrives for {idle} s with WithTimeout", _ => Task.FromResult<Document?>(
                target.Document.WithSyntaxRoot(RuntimeImport.Add(target.Model, invocation.SpanStart, target.Root.ReplaceNode(invocation, Streams.WithTimeout(invocation, idle))))));
        }

        // What ends such a stream is no token.
        if (call.Entry.HasTrait(CatalogEntry.StallIgnoresToken))
            yield break;

        if (TimedSource.Before(target, operation) is { } timer)
        {
            yield return new("Source", $"End the call after {seconds} s with a CancellationTokenSource", cancellationToken => Task.FromResult(
                TokenArgument.Add(invocation, timer.Token, target.Model, cancellationToken) is { } cancellable
                    ? timer.Apply(new Dictionary<SyntaxNode, SyntaxNode> { [invocation] = cancellable }, [TimeLiteral.Of(seconds)], outer, cancellationToken)
                    : null));
        }
    }

    /// <summary>The source with a time; one that was linked to tokens that never fire is made anew.</summary>
    private static BaseObjectCreationExpressionSyntax Timed(ExpressionSyntax source, int seconds)
    {
        var time = SyntaxFactory.ArgumentList([SyntaxFactory.Argument(TimeLiteral.Of(seconds))]);
        return source is BaseObjectCreationExpressionSyntax creation
            ? creation.WithArgumentList(time.WithTrailingTrivia(creation.ArgumentList?.GetTrailingTrivia() ?? default))
            : SyntaxFactory.ObjectCreationExpression(SyntaxFactory.ParseTypeName(((MemberAccessExpressionSyntax)((InvocationExpressionSyntax)source).Expression).Expression.ToString()))
                .WithNewKeyword(SyntaxFactory.Token(SyntaxKind.NewKeyword).WithTrailingTrivia(SyntaxFactory.Space))
                .WithArgumentList(time)
                .WithTriviaFrom(source);
    }

    private static Document? Helper(FixTarget target, InvocationExpressionSyntax invocation, int seconds, string? outer, CancellationToken cancellationToken)
    {
        var token = new LlmEditor(target.Root, target.Model).FreshTokenName(outer, invocation);
        return TokenArgument.Add(invocation, SyntaxFactory.IdentifierName(token), target.Model, cancellationToken) is { } cancellable
            ? target.Document.WithSyntaxRoot(target.Root.ReplaceNode(invocation, TimeoutCall.Run(cancellable, token, [TimeLiteral.Of(seconds)], outer).WithTriviaFrom(invocation)))
            : null;
    }
}
