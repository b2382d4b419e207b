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

namespace AsyncLlmAnalyzers.Rules.TimeoutDoesNotCancel;

/// <summary>Gives the call a token that fires when the time has passed: by <c>LlmTimeout.RunAsync</c> where the runtime is at hand, else by a source of its own.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(TimeoutDoesNotCancelFix)), Shared]
internal sealed class TimeoutDoesNotCancelFix() : LlmFix(TimeoutDoesNotCancelRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.InvocationAt(target.FirstAncestor<InvocationExpressionSyntax>(), default) is not { } wait
            || TimedWait.From(wait, target.Context.Types) is not { } timed)
            return [];

        return wait.TargetMethod.Name switch
        {
            TimedWait.WaitAsync => OfWaitAsync(target, wait),
            TimedWait.WhenAny when timed is { Tasks: [var task], Delay: { } delay } => OfRace(target, wait, task, delay),
            _ => [],
        };
    }

    private static IEnumerable<FixCandidate> OfRace(FixTarget target, IInvocationOperation wait, IOperation task, IInvocationOperation delay)
    {
        if (target.Context.HasRuntime && !TokenSource.IsInfinite(delay.Arguments[0].Value))
            yield return new("Helper", "Cancel the call after the time with LlmTimeout.RunAsync", cancellationToken => Task.FromResult(new Race(target, wait, task, cancellationToken).Replace(delay)));
        yield return new("Cancel", "Cancel the call when the time has passed", cancellationToken => Task.FromResult(new Race(target, wait, task, cancellationToken).Apply()));
    }

    /// <summary><c>call.WaitAsync(timeout)</c>: the call is written where it is waited for.</summary>
    private static IEnumerable<FixCandidate> OfWaitAsync(FixTarget target, IInvocationOperation wait)
    {
        if (wait.Syntax is not InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Expression: var waited } } written || CallIn(wait.Receiver(), target.Context.Types) is not { } call)
            yield break;

        if (TimeOf(wait) is not [_, ..] timer || TokenSource.IsInfinite(TimedWait.TimeOf(wait)!))
        {
            if (TokenPassed.To(wait, out var given).Verdict == Verdict.Yes)
            {
                yield return new("Token", $"Pass '{given!.Syntax}' to the call", cancellationToken => Task.FromResult(
                    WithToken(target, call, (ExpressionSyntax)given.Syntax.WithoutTrivia(), cancellationToken) is { } cancellable
                        ? target.Document.WithSyntaxRoot(target.Root.ReplaceNode(written, waited.ReplaceNode(call.Syntax, cancellable).WithTriviaFrom(written)))
                        : null));
            }

            yield break;
        }

        var outer = OuterToken(wait) ?? OuterToken(call);
        if (target.Context.HasRuntime && !ConditionalAccess.IsInside(written))
        {
            yield return new("Helper", "Cancel the call after the time with LlmTimeout.RunAsync", cancellationToken =>
            {
                var editor = new LlmEditor(target.Root, target.Model);
                var token = editor.FreshTokenName(outer, written);
                return Task.FromResult(WithToken(target, call, SyntaxFactory.IdentifierName(token), cancellationToken) is { } cancellable
                    ? target.Document.WithSyntaxRoot(target.Root.ReplaceNode(written, TimeoutCall.Run(waited.ReplaceNode(call.Syntax, cancellable), token, timer, outer).WithTriviaFrom(written)))
                    : null);
            });
        }

        if (!CatchesTimeout(wait, target.Context.Types) && TimedSource.Before(target, wait) is { } source)
        {
            yield return new("Source", "Cancel the call after the time with a CancellationTokenSource (throws OperationCanceledException)", cancellationToken => Task.FromResult(
                WithToken(target, call, source.Token, cancellationToken) is { } cancellable
                    ? source.Apply(new Dictionary<SyntaxNode, SyntaxNode> { [written] = waited.ReplaceNode(call.Syntax, cancellable).WithTriviaFrom(written) }, timer, outer, cancellationToken)
                    : null));
        }
    }

    private static InvocationExpressionSyntax? WithToken(FixTarget target, IInvocationOperation call, ExpressionSyntax token, CancellationToken cancellationToken) =>
        TokenArgument.Add((InvocationExpressionSyntax)call.Syntax, token, target.Model, cancellationToken);

    /// <summary>The time, and the clock where one is given.</summary>
    private static List<ExpressionSyntax> TimeOf(IInvocationOperation wait) =>
    [
        .. wait.Arguments
            .Where(argument => argument.ArgumentKind == ArgumentKind.Explicit && !ReturnTypes.IsCancellationToken(argument.Value.Type!))
            .OrderBy(argument => argument.Parameter!.Ordinal)
            .Select(argument => argument.Value is { Type.SpecialType: SpecialType.System_Int32 } milliseconds ? TimeLiteral.OfMilliseconds(milliseconds) : argument.Value.Syntax)
            .OfType<ExpressionSyntax>(),
    ];

    /// <summary>The call to cancel: <c>Task.Run</c> and its kin look at a token only before they start.</summary>
    private static IInvocationOperation? CallIn(IOperation? task, KnownTypes types) => task?.WithoutConversions() switch
    {
        IAwaitOperation await => CallIn(await.Operation, types),
        IInvocationOperation { TargetMethod.Name: "AsTask" } conversion => CallIn(conversion.Receiver(), types),
        IInvocationOperation { TargetMethod.Name: nameof(Task.Run) } run when types.IsTask(run.TargetMethod.ContainingType) =>
            run.Arguments[0].Value.LambdaInPlace()?.Body.Operations is [IReturnOperation { ReturnedValue: { } call }] ? CallIn(call, types) : null,
        IInvocationOperation { Syntax: InvocationExpressionSyntax } call when !call.TargetMethod.ContainingType.IsInNamespace("System.Threading.Tasks") => call,
        _ => null,
    };

    /// <summary>The token that was passed, or else the one in scope.</summary>
    private static string? OuterToken(IInvocationOperation call) =>
        TokenPassed.To(call, out var token).Verdict == Verdict.Yes ? token!.Syntax.ToString() : TokenScope.At(call).OnlyName;

    /// <summary>A handler would no longer be reached.</summary>
    private static bool CatchesTimeout(IOperation wait, KnownTypes types) => wait.Ancestors().OfType<ITryOperation>()
        .SelectMany(attempt => attempt.Catches)
        .Any(handler => handler.ExceptionType.Name is nameof(TimeoutException) && !types.IsTaskLike(handler.ExceptionType));

    /// <summary><c>Task.WhenAny(task, Task.Delay(timeout))</c>: the code goes on as it did, and when it has lost patience the call is cancelled.</summary>
    private sealed class Race(FixTarget target, IInvocationOperation race, IOperation task, CancellationToken cancellationToken)
    {
        private readonly LlmEditor _editor = new(target.Root, target.Model);

        public Document? Apply()
        {
            var started = task.WithoutConversions() is ILocalReferenceOperation local ? local.Initializer() : task;
            if (CallIn(started, target.Context.Types) is not { } call
                || LlmEditor.AnchorOf(call.Syntax) is not { } start
                || LlmEditor.AnchorOf(race.Syntax) is not { } end
                || start is not (StatementSyntax or GlobalStatementSyntax)
                || end is not (StatementSyntax or GlobalStatementSyntax)
                || start.Parent != end.Parent
                || !race.IsInAsyncFunction() && end is not GlobalStatementSyntax
                || call.EnclosingFunction() != race.EnclosingFunction())
                return null;

            var name = _editor.FreshName("cts", start);
            if (WithToken(target, call, SyntaxFactory.ParseExpression($"{name}.Token"), cancellationToken) is not { } cancellable)
                return null;

            var root = target.Root.TrackNodes(call.Syntax, start, end);
            root = root.ReplaceNode(root.GetCurrentNode(call.Syntax)!, cancellable);
            if (CancelIn(root, root.GetCurrentNode(end)!, name) is not { } cancelling)
                return null;

            var outer = OuterToken(call);
            var creation = outer is null ? $"new System.Threading.{nameof(CancellationTokenSource)}()" : TimedSource.Linked(outer);
            root = _editor.InsertBefore(cancelling, cancelling.GetCurrentNode(start)!, indentation => [_editor.Statement($"using var {name} = {creation};", indentation)], returnsValue: false);
            return target.Document.WithSyntaxRoot(root);
        }

        /// <summary>
        /// Without the race: the helper throws what the code threw when the time had passed, where the answer is awaited next. Null where the code does something else
        /// then, or has something to do meanwhile.
        /// </summary>
        public Document? Replace(IInvocationOperation delay)
        {
            if (task.WithoutConversions() is not ILocalReferenceOperation { Local: var answer } local
                || CallIn(local.Initializer(), target.Context.Types) is not { } call
                || LlmEditor.AnchorOf(call.Syntax) is not { } start || StatementOf(start) is not LocalDeclarationStatementSyntax { Declaration.Variables: [{ Initializer.Value: var started }] }
                || LlmEditor.AnchorOf(race.Syntax) is not { } end || NextTo(start) != end
                || !race.Syntax.Span.Contains(delay.Syntax.Span)
                || TestOf(end) is not { Else: null } test || !IsTimeout(test.Statement) || MeansCompleted(test.Condition) != false
                || NextTo(test.Parent is GlobalStatementSyntax global ? global : test) is not { } next
                || StatementOf(next) is not (ReturnStatementSyntax or LocalDeclarationStatementSyntax or ExpressionStatementSyntax))
                return null;

            var uses = race.Root().DescendantsAndSelf().OfType<ILocalReferenceOperation>()
                .Where(use => SymbolEqualityComparer.Default.Equals(use.Local, answer) && !end.Span.Contains(use.Syntax.Span) && !test.Span.Contains(use.Syntax.Span))
                .ToList();
            var outer = OuterToken(call);
            var token = _editor.FreshTokenName(outer, start);
            List<SyntaxNode> removed = end == test || end is GlobalStatementSyntax { Statement: IfStatementSyntax } ? [end] : [end, NextTo(end)!];
            if (uses is not [{ Parent: var first }, ..] || !next.Span.Contains(first!.Syntax.Span) || !uses.TrueForAll(IsAwaited)
                || removed.Exists(statement => statement.ContainsDirectives)
                || WithToken(target, call, SyntaxFactory.IdentifierName(token), cancellationToken) is not { } cancellable)
                return null;

            var run = TimeoutCall.Run(started.ReplaceNode(call.Syntax, cancellable), token, TimeOf(delay), outer).WithTriviaFrom(started);
            var indentation = SyntaxFactory.Whitespace(_editor.IndentationOf(start));
            var comments = removed.SelectMany(statement => statement.DescendantTrivia()).Where(trivia => trivia.IsComment());
            var root = target.Root.TrackNodes(removed.Append(start));
            root = root.ReplaceNode(root.GetCurrentNode(start)!, start.ReplaceNode(started, run)
                .WithLeadingTrivia(start.GetLeadingTrivia().AddRange(comments.SelectMany(comment => new[] { comment, SyntaxFactory.EndOfLine(_editor.NewLine), indentation }))));
            return target.Document.WithSyntaxRoot(root.RemoveNodes(removed.Select(statement => root.GetCurrentNode(statement)!), SyntaxRemoveOptions.KeepNoTrivia)!);
        }

        /// <summary>The <c>if</c> that holds the race, or stands behind it and asks who has won.</summary>
        private IfStatementSyntax? TestOf(SyntaxNode end) => StatementOf(end) switch
        {
            IfStatementSyntax test => test,
            LocalDeclarationStatementSyntax { Declaration.Variables: [var winner] } when NextTo(end) is { } next && StatementOf(next) is IfStatementSyntax test
                && race.Root().DescendantsAndSelf().OfType<ILocalReferenceOperation>().Count(use => use.Local.Name == winner.Identifier.ValueText) == 1 => test,
            _ => null,
        };

        private static bool IsTimeout(StatementSyntax statement) => statement is BlockSyntax { Statements: [var only] } ? IsTimeout(only)
            : statement is ThrowStatementSyntax { Expression: ObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: 0, Initializer: null } thrown } && TypeNames.Of(thrown) == nameof(TimeoutException);

        /// <summary>Of the function that waits: a lambda may run when the time has passed.</summary>
        private bool IsAwaited(ILocalReferenceOperation use) =>
            use.EnclosingFunction() == race.EnclosingFunction()
            && (use.Parent is IAwaitOperation || use.Parent is IInvocationOperation { TargetMethod.Name: nameof(Task.ConfigureAwait), Parent: IAwaitOperation });

        /// <summary>Cancelling a call that has completed does nothing, so where both ways meet it is cancelled in any case.</summary>
        private SyntaxNode? CancelIn(SyntaxNode root, SyntaxNode end, string name)
        {
            SyntaxList<StatementSyntax> Cancel(string indentation) => [_editor.Statement($"{name}.{nameof(CancellationTokenSource.Cancel)}();", indentation)];

            return StatementOf(end) switch
            {
                IfStatementSyntax test => MeansCompleted(test.Condition) is { } meansCompleted ? InBranch(end, test, meansCompleted) : null,
                LocalDeclarationStatementSyntax when NextTo(end) is { } next && StatementOf(next) is IfStatementSyntax test && MeansCompleted(test.Condition) is { } meansCompleted => InBranch(next, test, meansCompleted),
                LocalDeclarationStatementSyntax or ExpressionStatementSyntax => LlmEditor.InsertAfter(root, end, Cancel),
                _ => null,
            };

            SyntaxNode? InBranch(SyntaxNode place, IfStatementSyntax test, bool meansCompleted) => (meansCompleted, test.Else?.Statement) switch
            {
                (false, _) => root.ReplaceNode(test.Statement, _editor.StartWith(test.Statement, Cancel)),
                (true, null) => LlmEditor.InsertAfter(root, place, Cancel),
                (true, IfStatementSyntax) => null,
                (true, { } otherwise) => root.ReplaceNode(otherwise, _editor.StartWith(otherwise, Cancel)),
            };
        }

        private static SyntaxNode StatementOf(SyntaxNode node) => node is GlobalStatementSyntax global ? global.Statement : node;

        private static SyntaxNode? NextTo(SyntaxNode statement) => statement.Parent!.ChildNodes().SkipWhile(node => node != statement).Skip(1).FirstOrDefault();

        /// <summary><c>winner == task</c> is true when the call was in time; with the delay it is the other way round.</summary>
        private bool? MeansCompleted(ExpressionSyntax condition)
        {
            if (condition is not BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression or (int)SyntaxKind.NotEqualsExpression } comparison)
                return null;

            var equal = comparison.IsKind(SyntaxKind.EqualsExpression);
            var racer = task.WithoutConversions().Syntax.ToString();
            var isTask = comparison.Right.ToString() == racer || comparison.Left.ToString() == racer;
            return isTask == equal;
        }
    }
}
