using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Puts <c>LlmRetry.RunAsync</c> in the place of a hand-written retry that is understood to the last statement: with its number of attempts, its first wait,
/// its token, logs and comments, the failures it repeats and the exception that leaves it.
/// </summary>
internal sealed class RetryReplacement
{
    private const double DefaultBaseDelay = 500;
    private const double DefaultMaxDelay = 30_000;
    private static readonly double[] Probes = [5, 2, 9];

    private readonly FixTarget _target;
    private readonly LlmEditor _editor;
    private readonly RetryShape _shape;
    private readonly RetryRun _run;
    private readonly RetriedFailures _failures;
    private readonly CallLambda _lambda;
    private readonly InvocationExpressionSyntax _call;
    private readonly ExpressionSyntax? _maxRetries;

    private RetryReplacement(FixTarget target, RetryShape shape, RetryRun run, CallLambda lambda, InvocationExpressionSyntax call, ExpressionSyntax? maxRetries) =>
        (_target, _editor, _shape, _run, _failures, _lambda, _call, _maxRetries) = (target, new LlmEditor(target.Root, target.Model), shape, run, new RetriedFailures(shape, run), lambda, call, maxRetries);

    private StatementSyntax Loop => (StatementSyntax)_shape.Loop.Syntax;

    /// <summary>Where the runtime is at hand.</summary>
    public static IEnumerable<FixCandidate> Of(FixTarget target) => target.Context.HasRuntime
        ? [new("Helper", "Retry with LlmRetry, which repeats only what may pass and waits longer each time", cancellationToken => Task.FromResult(At(target, cancellationToken)?.Apply()))]
        : [];

    private static RetryReplacement? At(FixTarget target, CancellationToken cancellationToken)
    {
        if (target.FirstAncestor<CatchClauseSyntax>() is not { } clause
            || RetryHandler.From(target.Model.GetOperation(clause, cancellationToken) as ICatchClauseOperation, target.Context, cancellationToken) is not { Loop: not null } retry
            || retry.Call.Syntax is not InvocationExpressionSyntax call
            || !ThrottleCall.IsAwaited(call)
            || ConditionalAccess.IsInside(call)
            || !target.Context.Types.IsTaskLike(retry.Call.Type))
            return null;

        var lambda = CallLambda.Of(target, call, retry.Call, hasOwnToken: false, cancellationToken);
        if (!target.Context.Types.IsTask(retry.Call.Type))
            lambda = lambda with { Call = SyntaxFactory.ParseExpression($"{Template.Hole}.{nameof(ValueTask.AsTask)}()").Fill(lambda.Call) };
        if (RetryShape.Of(retry, lambda.Outer) is not { } shape
            || RetryRun.Of(shape, Probes[0]) is not { Attempts: not 1 } run
            || !run.Questions.TrueForAll(asked => RetryRun.Of(shape, Probes[0], denied: asked.Question.Syntax) is { End: RetryEnd.Rethrow, Attempts: 1 })
            || !TryReadRetries(shape, run, out var maxRetries))
            return null;
        return new RetryReplacement(target, shape, run, lambda, call, maxRetries);
    }

    /// <summary>One less than the attempts, in terms of the value that decides them; null for the helper's default.</summary>
    private static bool TryReadRetries(RetryShape shape, RetryRun run, out ExpressionSyntax? retries)
    {
        retries = null;
        if (run.End == RetryEnd.Endless)
            return run.Bound is null;
        if (run.Bound is not { } bound)
        {
            retries = SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(run.Attempts - 1));
            return true;
        }

        var more = run.Attempts - 1 - (bound.ConstantValue is { HasValue: true, Value: int constant } ? constant : (int)Probes[0]);
        if (!bound.ConstantValue.HasValue && !Probes.Skip(1).All(probe => RetryRun.Of(shape, probe) is { } other && other.End == run.End && other.Attempts - 1 == probe + more))
            return false;

        var difference = more == 0 ? "" : FormattableString.Invariant($" {(more < 0 ? '-' : '+')} {Math.Abs(more)}");
        retries = SyntaxFactory.ParseExpression(bound.Syntax + difference);
        return true;
    }

    private Document? Apply()
    {
        SyntaxNode place = Loop.Parent is GlobalStatementSyntax global ? global : Loop;
        var siblings = place.Parent is BlockSyntax or SwitchSectionSyntax or CompilationUnitSyntax ? place.Parent.ChildNodes().ToList() : [place];
        if (Loop.ContainsDirectives || !TryFindUnreachable(siblings, place, out var unreachable) || Removed(siblings, unreachable) is not { } removed || !TryWriteLogs(out var onRetry))
            return null;

        var kept = Kept(removed).ToList();
        if (kept.Count > 1 && siblings.Count == 1 && place.Parent is not (BlockSyntax or SwitchSectionSyntax or CompilationUnitSyntax)
            || kept.Exists(statement => _shape.Owned.Any(local => _shape.UsesOf(local).Any(use => statement.Span.Contains(use.Syntax.Span)))))
            return null;

        var settings = ImmutableArray.CreateBuilder<(string, ExpressionSyntax)>();
        settings.AddRange(Delays());
        if (onRetry is not null)
            settings.Add((RuntimeNames.OnRetry, onRetry));
        if (_failures.Classify(_editor) is { } classify)
            settings.Add((RuntimeNames.Classify, classify));
        var run = new RetryCall(_maxRetries, settings.ToImmutable()).Run(_lambda).WithTriviaFrom(_call);

        var statements = Written(kept, run, place, siblings, removed, unreachable);
        var all = removed.OfType<SyntaxNode>().Concat(unreachable is null ? [] : [unreachable]).ToList();
        var root = _target.Root.TrackNodes(all.Append(place));
        root = root.ReplaceNode(root.GetCurrentNode(place)!, place is GlobalStatementSyntax ? statements.Select(statement => (SyntaxNode)SyntaxFactory.GlobalStatement(statement)) : statements);
        root = root.RemoveNodes(all.Select(node => root.GetCurrentNode(node)!), SyntaxRemoveOptions.KeepNoTrivia)!;
        return _target.Document.WithSyntaxRoot(root);
    }

    /// <summary>What stood behind the loop for the compiler, or throws what the loop kept, and can no longer be reached.</summary>
    private bool TryFindUnreachable(List<SyntaxNode> siblings, SyntaxNode place, out SyntaxNode? unreachable)
    {
        unreachable = null;
        var next = siblings.SkipWhile(sibling => sibling != place).Skip(1).FirstOrDefault();
        var statement = next is GlobalStatementSyntax { Statement: var inner } ? inner : next as StatementSyntax;
        if (_run.End == RetryEnd.FallsOut)
        {
            unreachable = next;
            return _shape.Returns && _run.Saved is { } saved && statement is ThrowStatementSyntax { Expression: { } thrown }
                && (thrown is PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.SuppressNullableWarningExpression, Operand: var operand } ? operand : thrown) is IdentifierNameSyntax name
                && name.Identifier.ValueText == saved.Name;
        }

        if (_run.Saved is not null)
            return false;
        if (!_shape.Returns || statement is null or LocalFunctionStatementSyntax)
            return true;
        unreachable = next;
        return statement is ThrowStatementSyntax || statement is ReturnStatementSyntax && !statement.DescendantNodes().Any(node => node is InvocationExpressionSyntax or AwaitExpressionSyntax);
    }

    /// <summary>The declarations of the locals that counted, waited or told of success; null where one of them is used elsewhere.</summary>
    private List<SyntaxNode>? Removed(List<SyntaxNode> siblings, SyntaxNode? unreachable)
    {
        var removed = new List<SyntaxNode>();
        foreach (var local in _shape.Owned.Concat(_run.Saved is null ? [] : [_run.Saved]).Concat(Flags()))
        {
            if (_shape.UsesOf(local).Any(use => !Loop.Span.Contains(use.Syntax.Span) && unreachable?.Span.Contains(use.Syntax.Span) != true))
                return null;
            if (_shape.DeclarationOf(local) is not { } declarator)
                continue;
            if (declarator.Syntax.Parent is not VariableDeclarationSyntax { Variables.Count: 1, Parent: LocalDeclarationStatementSyntax declaration })
                return null;
            SyntaxNode place = declaration.Parent is GlobalStatementSyntax global ? global : declaration;
            if (!siblings.Contains(place) || declaration.ContainsDirectives)
                return null;
            removed.Add(place);
        }

        return removed;
    }

    /// <summary>Locals that only tell the loop that there is an answer.</summary>
    private IEnumerable<ILocalSymbol> Flags() => _shape.AfterCall
        .Select(statement => statement is IExpressionStatementOperation { Operation: ISimpleAssignmentOperation { Target: ILocalReferenceOperation { Local: { Type.SpecialType: SpecialType.System_Boolean } flag }, Value: ILiteralOperation } } ? flag : null)
        .OfType<ILocalSymbol>()
        .Where(flag => _shape.UsesOf(flag).All(use => Loop.Span.Contains(use.Syntax.Span)));

    private IEnumerable<StatementSyntax> Kept(List<SyntaxNode> removed)
    {
        var flags = Flags().ToList();
        return _shape.Declarations.Append(_shape.CallStatement)
            .Concat(_shape.AfterCall.Where(statement => statement is not IBranchOperation && !flags.Exists(flag => statement.Changes(flag))))
            .Select(statement => (StatementSyntax)statement.Syntax);
    }

    /// <summary>The first wait, as it is written where it does not depend on the attempt.</summary>
    private IEnumerable<(string Name, ExpressionSyntax Value)> Delays()
    {
        if (_run.Delay is not { Syntax: ExpressionSyntax written } delay)
            yield break;

        var isFixed = !delay.DescendantsAndSelf().Any(part => part is ILocalReferenceOperation { Local: var local } && _shape.Owned.Contains(local, SymbolEqualityComparer.Default)
            || part is IInvocationOperation { TargetMethod.ContainingType.Name: not nameof(TimeSpan) });
        var value = isFixed && delay.WithoutConversions().Type?.Name == nameof(TimeSpan) ? written.WithoutTrivia()
            : _run.DelayMilliseconds is > 0 and < int.MaxValue and var milliseconds ? TimeLiteral.OfMilliseconds(Math.Round(milliseconds))
            : null;
        if (value is null || _run.DelayMilliseconds == DefaultBaseDelay)
            yield break;
        yield return (RuntimeNames.BaseDelay, value);
        if (_run.DelayMilliseconds > DefaultMaxDelay)
            yield return (RuntimeNames.MaxDelay, value);
    }

    /// <summary>The logs of the handler, as what the helper tells of each repetition; not where they tell what it does not know.</summary>
    private bool TryWriteLogs(out ExpressionSyntax? onRetry)
    {
        onRetry = null;
        if (_run.Logs.IsEmpty)
            return true;

        var name = _editor.FreshParameterName("retry", Loop);
        var written = new List<ExpressionSyntax>();
        foreach (var (statement, offsets) in _run.Logs)
        {
            var replacements = new Dictionary<SyntaxNode, SyntaxNode>();
            foreach (var use in statement.Descendants().OfType<ILocalReferenceOperation>())
            {
                if (_shape.Clause.Locals.Contains(use.Local, SymbolEqualityComparer.Default))
                    replacements[use.Syntax] = Member(RuntimeNames.Failure);
                else if (_run.Delay is ILocalReferenceOperation { Local: var delay } && SymbolEqualityComparer.Default.Equals(use.Local, delay) && delay.Type.Name == nameof(TimeSpan))
                    replacements[use.Syntax] = Member(RuntimeNames.Delay);
                else if (!_shape.Owned.Contains(use.Local, SymbolEqualityComparer.Default))
                    continue;
                else if (use.Type?.SpecialType != SpecialType.System_Int32 || !offsets.TryGetValue(use.Local, out var offset))
                    return false;
                else if (use.Parent is IBinaryOperation { OperatorKind: BinaryOperatorKind.Add, RightOperand.ConstantValue: { HasValue: true, Value: int added } } sum && added == -offset)
                    replacements[sum.Syntax] = Member(RuntimeNames.FailedAttempt);
                else
                    replacements[use.Syntax] = offset == 0 ? Member(RuntimeNames.FailedAttempt) : Shifted((int)offset);
            }

            var expression = ((ExpressionStatementSyntax)statement.Syntax).Expression;
            written.Add(expression.ReplaceNodes(replacements.Keys, (original, _) => replacements[original].WithTriviaFrom(original)).WithoutTrivia());
        }

        var body = written.Count == 1 ? Template.Hole : $"{{ {Template.Hole}; }}";
        var lambda = SyntaxFactory.ParseExpression($"{name} => {body}");
        onRetry = written.Count == 1
            ? lambda.Fill(written[0])
            : lambda.Fill([.. written.Select(expression => (StatementSyntax)SyntaxFactory.ExpressionStatement(expression).WithTrailingTrivia(SyntaxFactory.Space))]);
        return true;

        ExpressionSyntax Member(string member) => SyntaxFactory.ParseExpression($"{name}.{member}");
        ExpressionSyntax Shifted(int offset) => SyntaxFactory.ParseExpression($"({name}.{RuntimeNames.FailedAttempt} {(offset < 0 ? '-' : '+')} {Math.Abs(offset).ToString(CultureInfo.InvariantCulture)})").WithAdditionalAnnotations(Simplifier.Annotation);
    }

    /// <summary>The statements as they stand in the place of the loop, below the comments of what is gone.</summary>
    private List<StatementSyntax> Written(List<StatementSyntax> kept, InvocationExpressionSyntax run, SyntaxNode place, List<SyntaxNode> siblings, List<SyntaxNode> removed, SyntaxNode? unreachable)
    {
        var indentation = _editor.IndentationOf(Loop);
        var endOfLine = SyntaxFactory.EndOfLine(_editor.NewLine);
        var isOnOneLine = !Loop.ToString().Contains("\n");

        // What stands directly above the loop and goes takes the loop's own place.
        var top = place;
        for (var index = siblings.IndexOf(place) - 1; index >= 0 && removed.Contains(siblings[index]); index--)
            top = siblings[index];
        var comments = removed.SelectMany(declaration => declaration.DescendantTrivia().Where(trivia => declaration != top || trivia.SpanStart >= declaration.SpanStart))
            .Concat(top == place ? [] : place.GetLeadingTrivia())
            .Concat(Loop.DescendantTrivia().Where(trivia => Loop.Span.Contains(trivia.Span) && !kept.Exists(statement => statement.FullSpan.Contains(trivia.Span)) && !IsInLog(trivia) && !_failures.Keeps(trivia)))
            .Where(trivia => trivia.IsComment());
        SyntaxTriviaList above = [.. top.GetLeadingTrivia(), .. comments.SelectMany(comment => new[] { comment, endOfLine, SyntaxFactory.Whitespace(indentation) })];
        var below = (unreachable ?? place).GetTrailingTrivia();

        var statements = new List<StatementSyntax>();
        foreach (var original in kept)
        {
            var statement = original.Span.Contains(_call.Span) ? original.ReplaceNode(_call, run) : original;
            statement = statement.Unshift(isOnOneLine || IsBehindText(original) ? 0 : _editor.IndentationOf(original).Length - indentation.Length);
            var own = statement.GetLeadingTrivia();
            statement = statements.Count == 0
                ? statement.WithLeadingTrivia(above.AddRange(own.SkipWhile(trivia => !trivia.IsComment())))
                : statement.WithLeadingTrivia(own.Any(trivia => trivia.IsComment()) ? own : isOnOneLine ? default : SyntaxFactory.TriviaList(SyntaxFactory.Whitespace(indentation)));
            if (!statement.GetTrailingTrivia().Any(trivia => trivia.IsComment()))
                statement = statement.WithTrailingTrivia(original == kept[kept.Count - 1] ? below : isOnOneLine ? [SyntaxFactory.Space] : [endOfLine]);
            statements.Add(statement);
        }

        return statements;
    }

    private bool IsInLog(SyntaxTrivia trivia) => _run.Logs.Any(log => ((ExpressionStatementSyntax)log.Statement.Syntax).Expression.Span.Contains(trivia.Span));

    /// <summary>It does not begin its line.</summary>
    private static bool IsBehindText(StatementSyntax statement) => !statement.GetFirstToken().GetPreviousToken().TrailingTrivia.Any(SyntaxKind.EndOfLineTrivia);
}
