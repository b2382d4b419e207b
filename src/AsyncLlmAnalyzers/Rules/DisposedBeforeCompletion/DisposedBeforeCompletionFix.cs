using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Editing;

namespace AsyncLlmAnalyzers.Rules.DisposedBeforeCompletion;

/// <summary>Makes the function async and awaits what it returns. Its signature stays, so that no caller changes.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DisposedBeforeCompletionFix)), Shared]
internal sealed class DisposedBeforeCompletionFix() : LlmFix(DisposedBeforeCompletionRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.FirstAncestor<ReturnStatementSyntax>() is { } statement && AwaitPosition.FunctionOf(statement) is { } function && !AsyncFunctions.IsAsync(function))
            yield return new("Await", "Await the call before anything is disposed", cancellationToken => Task.FromResult(Apply(target, function, cancellationToken)));
    }

    private static Document? Apply(FixTarget target, SyntaxNode function, CancellationToken cancellationToken)
    {
        var types = target.Context.Types;
        var mayBecomeAsync = function is AnonymousFunctionExpressionSyntax lambda
            ? AsyncFunctions.MayBecomeAsync(lambda, target.Model, types, cancellationToken)
            : target.Model.GetDeclaredSymbol(function, cancellationToken) is IMethodSymbol method && AsyncFunctions.KeepsSignature(method, types) && AsyncFunctions.MayBecomeAsync(function, method);
        var returned = AsyncFunctions.NodesOf(function).OfType<ReturnStatementSyntax>().Select(statement => statement.Expression).OfType<ExpressionSyntax>();
        if (!mayBecomeAsync || !returned.All(expression => AwaitPosition.Allows(expression, function, target.Model, cancellationToken)))
            return null;

        var rewriter = new AsyncRewriter(target.Root, target.Model, types, cancellationToken);
        rewriter.MakeAsync(function);
        return target.Document.WithSyntaxRoot(rewriter.Rewrite());
    }
}
