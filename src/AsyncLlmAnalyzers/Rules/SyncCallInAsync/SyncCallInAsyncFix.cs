using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.SyncCallInAsync;

/// <summary>Awaits the asynchronous twin, or enumerates its stream by <c>await foreach</c>.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SyncCallInAsyncFix)), Shared]
internal sealed class SyncCallInAsyncFix() : LlmFix(SyncCallInAsyncRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.FirstAncestor<InvocationExpressionSyntax>() is { } invocation
            && !ConditionalAccess.IsInside(invocation)
            && target.InvocationAt(invocation, CancellationToken.None) is { } operation
            && LlmCall.From(operation, target.Context) is { } call
            && target.Context.Catalog.FindAsyncTwin(call.Method, call.Entry) is { } twin)
        {
            yield return new("Await", $"Await '{twin.Name}'", cancellationToken => Task.FromResult(new Edit(target, invocation, call, twin, cancellationToken).Apply()));
        }
    }

    private sealed class Edit(FixTarget target, InvocationExpressionSyntax invocation, LlmCall call, IMethodSymbol twin, CancellationToken cancellationToken)
    {
        private readonly Awaiting _awaiting = Awaiting.InStyleOf(target.Root);
        private readonly SyntaxNode? _function = AwaitPosition.FunctionOf(invocation);

        public Document? Apply()
        {
            var token = DiagnosticProperties.Token.TryRead(target.Diagnostic, out var name) ? SyntaxFactory.ParseExpression(name) : null;
            if (!CanAwaitAt(invocation) || AsyncTwin.Call(invocation, twin, token, target.Model, cancellationToken) is not { } twinCall)
                return null;

            var stream = ReturnTypes.AsyncStreamElement(ReturnTypes.Awaited(twin.ReturnType)) is not null;
            var opened = stream && !ReturnTypes.TaskResult(twin.ReturnType, out _) ? twinCall : _awaiting.Await(twinCall, invocation);
            var root = !stream ? Awaited(opened) : invocation.Parent switch
            {
                CommonForEachStatementSyntax loop => target.Root.ReplaceNode(loop, AwaitForEach(loop.WithExpression(opened))),
                EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax { Variables.Count: 1 } declaration } variable } =>
                    Stored(declaration, variable, opened),
                _ => null,
            };
            return root is null ? null : target.Document.WithSyntaxRoot(root);
        }

        private bool CanAwaitAt(ExpressionSyntax place) =>
            _function is not null && AwaitPosition.FunctionOf(place) == _function && AwaitPosition.Allows(place, _function, target.Model, cancellationToken);

        private SyntaxNode? Awaited(ExpressionSyntax result) =>
            ReturnTypes.AreSame(ReturnTypes.Awaited(twin.OriginalDefinition.ReturnType), call.Method.OriginalDefinition.ReturnType)
                ? target.Root.ReplaceNode(invocation, result)
                : null;

        /// <summary>A local that is enumerated, and nothing else, is enumerated asynchronously wherever it is.</summary>
        private SyntaxNode? Stored(VariableDeclarationSyntax declaration, VariableDeclaratorSyntax variable, ExpressionSyntax opened)
        {
            var local = target.Model.GetDeclaredSymbol(variable, cancellationToken);
            var uses = _function!.DescendantNodes().OfType<IdentifierNameSyntax>()
                .Where(name => name.Identifier.ValueText == variable.Identifier.ValueText
                    && SymbolEqualityComparer.Default.Equals(target.Model.GetSymbolInfo(name, cancellationToken).Symbol, local))
                .ToList();
            if (!uses.All(use => use.Parent is CommonForEachStatementSyntax loop && loop.Expression == use && CanAwaitAt(use)))
                return null;

            return target.Root.ReplaceNodes(
                uses.Select(use => use.Parent!).Append(invocation).Concat(declaration.Type.IsVar ? [] : [declaration.Type]),
                (original, rewritten) => rewritten switch
                {
                    CommonForEachStatementSyntax loop => AwaitForEach(loop),
                    TypeSyntax type => SyntaxFactory.IdentifierName("var").WithTriviaFrom(type),
                    _ => opened,
                });
        }

        private CommonForEachStatementSyntax AwaitForEach(CommonForEachStatementSyntax loop)
        {
            var keyword = loop.ForEachKeyword;
            return loop
                .WithForEachKeyword(keyword.WithLeadingTrivia())
                .WithAwaitKeyword(SyntaxFactory.Token(keyword.LeadingTrivia, SyntaxKind.AwaitKeyword, [SyntaxFactory.Space]))
                .WithExpression(_awaiting.Enumerated(loop.Expression));
        }
    }
}
