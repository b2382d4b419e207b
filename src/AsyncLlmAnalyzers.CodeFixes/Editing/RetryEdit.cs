using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The edits of hand-written retries: a filter for the handler, a count for the loop, a delay between attempts.</summary>
internal sealed class RetryEdit
{
    private const string Counter = "attempt";
    private const int Attempts = 5;

    private readonly FixTarget _target;
    private readonly LlmEditor _editor;

    private RetryEdit(FixTarget target, RetryHandler retry) => (_target, Retry, _editor) = (target, retry, new LlmEditor(target.Root, target.Model));

    public RetryHandler Retry { get; }

    private CatchClauseSyntax Clause => (CatchClauseSyntax)Retry.Clause.Syntax;

    /// <summary>Null where the diagnostic no longer stands on the handler of a retry.</summary>
    public static RetryEdit? At(FixTarget target, CancellationToken cancellationToken) =>
        target.FirstAncestor<CatchClauseSyntax>() is { } clause
        && RetryHandler.From(target.Model.GetOperation(clause, cancellationToken) as ICatchClauseOperation, target.Context, cancellationToken) is { } retry
            ? new RetryEdit(target, retry)
            : null;

    /// <summary>The handler with a further condition; <c>{0}</c> in it stands for the exception.</summary>
    public Document Filter(string condition)
    {
        var name = Clause.Declaration is { Identifier: { RawKind: not 0, ValueText: var written } } ? written : _editor.FreshName("e", Clause);
        return _target.Document.WithSyntaxRoot(_target.Root.ReplaceNode(Clause, Filtered(Clause, string.Format(System.Globalization.CultureInfo.InvariantCulture, condition, name), condition.Contains("{0}") ? name : null)));
    }

    /// <summary>The loop counts its attempts and lets the last failure through; null where it is no <c>while</c> or <c>for</c>.</summary>
    public Document? Limit()
    {
        if (Retry.Loop is not { } loop)
            return null;
        if (CounterOf(loop) is { } counter)
            return Filter($"{counter} < {Attempts}");

        var name = _editor.FreshName(Counter, loop.Loop.Syntax);
        var counted = loop.Loop.Syntax switch
        {
            WhileStatementSyntax @while => Counted(@while, name),
            ForStatementSyntax { Declaration: null, Initializers.Count: 0, Incrementors.Count: 0, Condition: null } @for => Counted(@for, name),
            _ => null,
        };
        if (counted is null)
            return null;

        var clause = counted.DescendantNodes().OfType<CatchClauseSyntax>().First(candidate => candidate.IsEquivalentTo(Clause));
        counted = counted.ReplaceNode(clause, Filtered(clause, $"{name} < {Attempts}", null));
        return _target.Document.WithSyntaxRoot(_target.Root.ReplaceNode(loop.Loop.Syntax, counted));
    }

    /// <summary>The wait between attempts grows and has a random part; null where no attempt is counted.</summary>
    public Document? BackOff()
    {
        var delay = AttemptDelay.Of(Retry);
        if (delay is { Kind: DelayKind.Varying, Value: { Syntax: ExpressionSyntax grown } value })
        {
            var spread = value.WithoutConversions().Type?.Name == nameof(TimeSpan)
                ? $"({Template.Hole}) * (0.5 + System.Random.Shared.NextDouble())"
                : $"(int)(({Template.Hole}) * (0.5 + System.Random.Shared.NextDouble()))";
            return Replace(grown, Expression(spread).Fill(grown.WithoutOuterWhitespace()).WithTriviaFrom(grown));
        }

        if (Retry.Loop is not { } loop || CounterOf(loop) is not { } counter)
            return null;

        var time = $"System.TimeSpan.FromSeconds(System.Math.Min(60, System.Math.Pow(2, {counter})) * (0.5 + System.Random.Shared.NextDouble()))";
        if (delay is { Kind: DelayKind.Constant, Value.Syntax: ExpressionSyntax constant })
            return Replace(constant, Expression(time).WithTriviaFrom(constant));
        if (delay.Kind != DelayKind.None || !Retry.Clause.IsInAsyncFunction())
            return null;

        var token = TokenScope.At(Retry.Clause).OnlyName is { } only && !AttemptLimit.CatchesCancellation(Retry.Clause) ? $", {only}" : "";
        var block = Clause.Block;
        var indentation = _editor.IndentationOf(Clause) + _editor.IndentationUnit;
        var wait = _editor.Statement($"await System.Threading.Tasks.Task.Delay({time}{token}){LlmEditor.ConfigureAwaitStyle(Clause)};", indentation);
        var statements = block.Statements.LastOrDefault() is ContinueStatementSyntax last
            ? block.Statements.Insert(block.Statements.IndexOf(last), wait)
            : block.Statements.Add(wait);
        return block.Statements.Count == 0 && IsOnOneLine(block) ? Replace(Clause, Opened(wait)) : Replace(block, block.WithStatements(statements));
    }

    private static bool IsOnOneLine(BlockSyntax block) => block.GetLocation().GetLineSpan() is var lines && lines.StartLinePosition.Line == lines.EndLinePosition.Line;

    /// <summary>The handler <c>{ }</c> with a statement on lines of its own.</summary>
    private CatchClauseSyntax Opened(StatementSyntax statement)
    {
        var before = Clause.Block.GetFirstToken().GetPreviousToken();
        return Clause
            .ReplaceToken(before, before.WithTrailingTrivia(SyntaxFactory.EndOfLine(_editor.NewLine)))
            .WithBlock(_editor.Block($"{{\n\t{Template.Hole};\n}}", _editor.IndentationOf(Clause)).Fill([statement]).WithTrailingTrivia(Clause.Block.GetTrailingTrivia()));
    }

    private Document Replace(SyntaxNode from, SyntaxNode to) => _target.Document.WithSyntaxRoot(_target.Root.ReplaceNode(from, to));

    private static ExpressionSyntax Expression(string text) =>
        SyntaxFactory.ParseExpression(text).WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);

    private static CatchClauseSyntax Filtered(CatchClauseSyntax clause, string condition, string? name)
    {
        var before = clause.Filter?.FilterExpression;
        var text = before switch
        {
            null => condition,
            BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalOrExpression } or ConditionalExpressionSyntax or AssignmentExpressionSyntax => $"({Template.Hole}) && {condition}",
            _ => $"{Template.Hole} && {condition}",
        };
        var filter = ((TryStatementSyntax)SyntaxFactory.ParseStatement($"try {{ }} catch when ({text}) {{ }}")).Catches[0].Filter!;
        if (before is not null)
            filter = filter.Fill(before.WithoutOuterWhitespace().WithTrailingTrivia(text[0] == '(' ? default : SyntaxFactory.TriviaList(SyntaxFactory.Space)));
        filter = filter.WithFilterExpression(filter.FilterExpression.WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation));

        var declaration = clause.Declaration ?? (name is null ? null : SyntaxFactory.CatchDeclaration(SyntaxFactory.ParseTypeName("System.Exception").WithAdditionalAnnotations(Simplifier.Annotation)));
        if (declaration is not null && name is not null && declaration.Identifier.RawKind == 0)
            declaration = declaration.WithType(declaration.Type.WithTrailingTrivia(SyntaxFactory.Space)).WithIdentifier(SyntaxFactory.Identifier(name));

        // What ended the line of the declaration, or of the keyword, now ends that of the filter.
        return clause
            .WithCatchKeyword(clause.CatchKeyword.WithTrailingTrivia(SyntaxFactory.Space))
            .WithDeclaration(declaration?.WithTrailingTrivia(SyntaxFactory.Space))
            .WithFilter(filter.WithTrailingTrivia(clause.Block.GetFirstToken().GetPreviousToken().TrailingTrivia));
    }

    private static ForStatementSyntax Counted(WhileStatementSyntax loop, string name) => For(
        loop.Condition is LiteralExpressionSyntax { RawKind: (int)SyntaxKind.TrueLiteralExpression } ? " " : $" {Template.Hole}", name, loop.Condition, loop.WhileKeyword, loop.CloseParenToken, loop.Statement);

    private static ForStatementSyntax Counted(ForStatementSyntax loop, string name) => For(" ", name, null, loop.ForKeyword, loop.CloseParenToken, loop.Statement);

    private static ForStatementSyntax For(string condition, string name, ExpressionSyntax? written, SyntaxToken keyword, SyntaxToken closing, StatementSyntax body)
    {
        var loop = (ForStatementSyntax)SyntaxFactory.ParseStatement($"for (var {name} = 1;{condition}; {name}++) {{ }}");
        if (condition != " ")
            loop = loop.Fill(written!.WithoutOuterWhitespace());
        return loop
            .WithForKeyword(loop.ForKeyword.WithLeadingTrivia(keyword.LeadingTrivia))
            .WithCloseParenToken(loop.CloseParenToken.WithTrailingTrivia(closing.TrailingTrivia))
            .WithStatement(body);
    }

    /// <summary>The variable that is one more in each attempt.</summary>
    private static string? CounterOf(RetryLoop loop)
    {
        foreach (var change in loop.Loop.Descendants())
        {
            var counted = change switch
            {
                IIncrementOrDecrementOperation { Kind: OperationKind.Increment, Target: ILocalReferenceOperation local } => local.Local,
                ICompoundAssignmentOperation { OperatorKind: BinaryOperatorKind.Add, Target: ILocalReferenceOperation local, Value.ConstantValue: { HasValue: true, Value: 1 } } => local.Local,
                _ => null,
            };
            if (counted is { Type.SpecialType: SpecialType.System_Int32 } && counted.DeclaringSyntaxReferences.All(declaration => declaration.Span.End <= loop.Try.Syntax.SpanStart))
                return counted.Name;
        }

        return null;
    }
}
