using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.DeadlineStartsInQueue;

/// <summary>Makes the source, and starts its clock, when the limiter has let the call in.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(DeadlineStartsInQueueFix)), Shared]
internal sealed class DeadlineStartsInQueueFix() : LlmFix(DeadlineStartsInQueueRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.FirstAncestor<LocalDeclarationStatementSyntax>() is { Declaration.Variables: [{ Initializer.Value: var creation }], Parent: BlockSyntax } declaration
            && target.Model.GetOperation(creation) is { } made
            && TokenSource.MadeBy(made) is { } source
            && QueueBetween.Of(source, target.Context) is { Acquire: var acquire })
            yield return new("Move", "Start the timeout after the wait for the limiter", _ => Task.FromResult(new Move(target, declaration, source, acquire).Apply()));
    }

    private sealed class Move(FixTarget target, LocalDeclarationStatementSyntax declaration, TokenSource source, IInvocationOperation acquire)
    {
        private readonly BlockSyntax _block = (BlockSyntax)declaration.Parent!;

        public Document? Apply()
        {
            if (acquire.Syntax.FirstAncestorOrSelf<StatementSyntax>(statement => statement.Parent == _block) is not { } queue)
                return null;

            List<StatementSyntax> moved = [declaration];
            var given = default(IOperation);
            foreach (var use in source.Uses.Where(use => use.Syntax.SpanStart < StartOfBody(queue)))
            {
                if (use.Parent is IInvocationOperation { TargetMethod.Name: "CancelAfter", Parent: IExpressionStatementOperation { Syntax: ExpressionStatementSyntax timer } } && timer.Parent == _block && timer.SpanStart < queue.SpanStart)
                    moved.Add(timer);
                else if (use.Parent is IPropertyReferenceOperation { Property.Name: "Token", Parent: IArgumentOperation { Parent: var call } } token && call == acquire && given is null)
                    given = token;
                else
                    return null;
            }

            var next = _block.Statements.SkipWhile(statement => statement != queue).Skip(1).FirstOrDefault() as TryStatementSyntax;
            var body = queue is UsingStatementSyntax { Statement: BlockSyntax inner } ? inner
                : next is not null && UsesAfter(queue).All(use => next.Block.Span.Contains(use.Syntax.Span)) ? next.Block
                : null;
            if (queue is UsingStatementSyntax && (body is null || !UsesAfter(queue, StartOfBody(queue)).All(use => body.Span.Contains(use.Syntax.Span))))
                return null;

            return Rewrite(queue, moved, given, body);
        }

        private Document? Rewrite(StatementSyntax queue, List<StatementSyntax> moved, IOperation? given, BlockSyntax? body)
        {
            var argument = given?.Syntax.FirstAncestorOrSelf<ArgumentSyntax>();
            if (argument is not null && argument.Parent is not ArgumentListSyntax)
                return null;

            var root = target.Root.TrackNodes([.. moved, queue, .. argument is null ? [] : (SyntaxNode[])[argument, argument.Parent!], .. body is null ? [] : (SyntaxNode[])[body]]);
            if (argument is not null)
            {
                root = OuterToken() is { } outer
                    ? root.ReplaceNode(root.GetCurrentNode(argument)!, argument.WithExpression(SyntaxFactory.ParseExpression(outer).WithTriviaFrom(argument.Expression)))
                    : root.ReplaceNode(root.GetCurrentNode((ArgumentListSyntax)argument.Parent!)!, ((ArgumentListSyntax)argument.Parent!).WithArguments(((ArgumentListSyntax)argument.Parent!).Arguments.Remove(argument)));
            }

            root = root.RemoveNodes(moved.Select(statement => root.GetCurrentNode(statement)!), SyntaxRemoveOptions.KeepNoTrivia)!;
            var editor = new LlmEditor(target.Root, target.Model);
            SyntaxList<StatementSyntax> Moved(string indentation) => [.. moved.Select(statement => statement.WithLeadingTrivia(CommentsAt(statement, indentation, editor.NewLine)))];

            var changed = body is not null
                ? root.ReplaceNode(root.GetCurrentNode(body)!, editor.StartWith(root.GetCurrentNode(body)!, Moved))
                : LlmEditor.InsertAfter(root, root.GetCurrentNode(queue)!, Moved);
            return changed is null ? null : target.Document.WithSyntaxRoot(changed);
        }

        private static SyntaxTriviaList CommentsAt(StatementSyntax statement, string indentation, string newLine)
        {
            var comments = statement.GetLeadingTrivia().Where(trivia => trivia.IsComment())
                .SelectMany(comment => (SyntaxTrivia[])[SyntaxFactory.Whitespace(indentation), comment, SyntaxFactory.EndOfLine(newLine)]);
            return SyntaxFactory.TriviaList(comments.Append(SyntaxFactory.Whitespace(indentation)));
        }

        private static int StartOfBody(StatementSyntax queue) => queue is UsingStatementSyntax { Statement: var body } ? body.SpanStart : queue.Span.End;

        private IEnumerable<ILocalReferenceOperation> UsesAfter(StatementSyntax queue, int? start = null) =>
            source.Uses.Where(use => use.Syntax.SpanStart >= (start ?? queue.Span.End));

        /// <summary>What waits in the queue goes on to be cancelled by the caller.</summary>
        private string? OuterToken() => source.Creation is IInvocationOperation { Arguments: [{ Value: var linked }] } && ReturnTypes.IsCancellationToken(linked.Type!)
            ? linked.Syntax.ToString()
            : TokenScope.At(acquire, source.IsTokenOf).OnlyName;
    }
}
