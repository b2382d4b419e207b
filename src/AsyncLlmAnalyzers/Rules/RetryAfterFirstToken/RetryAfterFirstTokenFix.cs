using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Rules.RetryAfterFirstToken;

/// <summary>Reads the stream through the throttle of its client, which opens it again only as long as nothing has come.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RetryAfterFirstTokenFix)), Shared]
internal sealed class RetryAfterFirstTokenFix() : LlmFix(RetryAfterFirstTokenRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target) =>
        [new("Stream", "Retry through the client's LlmThrottle, only before the first token", cancellationToken => Task.FromResult(Apply(target, cancellationToken)))];

    /// <summary>The loop of attempts is nothing but the <c>try</c>, and that nothing but the reading loop and the way out.</summary>
    private static Document? Apply(FixTarget target, CancellationToken cancellationToken)
    {
        if (target.FirstAncestor<InvocationExpressionSyntax>() is not { } call
            || Site.NameOf(call)?.Identifier != target.Token
            || call.Parent is not CommonForEachStatementSyntax { AwaitKeyword.RawKind: not 0, Parent: BlockSyntax { Parent: TryStatementSyntax { Finally: null } attempt } body } reading
            || attempt.Parent is not BlockSyntax { Statements.Count: 1, Parent: StatementSyntax and (WhileStatementSyntax or ForStatementSyntax or DoStatementSyntax) and var loop }
            || !attempt.Catches.All(OnlyWaits)
            || body.Statements is not ([_] or [_, BreakStatementSyntax or ReturnStatementSyntax])
            || body.Statements[0] != reading
            || ThrottleCall.Run(target, call, RuntimeNames.StreamAsync, cancellationToken) is not { } run)
            return null;

        var editor = new LlmEditor(target.Root, target.Model);
        var by = attempt.SpanStart == loop.SpanStart ? 0 : editor.IndentationOf(reading).Length - editor.IndentationOf(loop).Length;
        var streamed = reading.ReplaceNode(call, run.WithTriviaFrom(call));
        StatementSyntax[] left = body.Statements is [_, ReturnStatementSyntax leave] ? [streamed, leave] : [streamed];
        return target.Document.WithSyntaxRoot(target.Root.ReplaceNode(loop, left.Select((statement, index) =>
            statement.Unshift(by).WithLeadingTrivia(index == 0 ? loop.GetLeadingTrivia() : [SyntaxFactory.Whitespace(editor.IndentationOf(loop))]))));
    }

    /// <summary>A handler that does more than wait has something to lose.</summary>
    private static bool OnlyWaits(CatchClauseSyntax clause) => clause.Block.Statements.All(statement => statement is
        ContinueStatementSyntax
        or ExpressionStatementSyntax { Expression: AwaitExpressionSyntax { Expression: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Name.Identifier.ValueText: nameof(Task.Delay) } } } });
}
