using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// A <c>CancellationTokenSource</c> that fires after a time and with the caller's token, written in front of a call that is
/// awaited where it stands: the clock starts with the call, and the source is disposed after it.
/// </summary>
internal sealed class TimedSource
{
    private const string TypeName = "System.Threading." + nameof(CancellationTokenSource);

    private readonly FixTarget _target;
    private readonly SyntaxNode _anchor;
    private readonly LlmEditor _editor;
    private readonly string _name;

    private TimedSource(FixTarget target, SyntaxNode anchor)
    {
        _target = target;
        _anchor = anchor;
        _editor = new LlmEditor(target.Root, target.Model);
        _name = _editor.FreshName("cts", anchor);
    }

    /// <summary>What a call is given.</summary>
    public ExpressionSyntax Token => SyntaxFactory.ParseExpression($"{_name}.Token");

    /// <summary>Null where no statement can run right before the call, or nothing there waits for it.</summary>
    /// <param name="target">Where the fix is made.</param>
    /// <param name="site">The call, or what joins the calls.</param>
    public static TimedSource? Before(FixTarget target, IOperation site)
    {
        if (LlmEditor.AnchorOf(site.Syntax) is not { } anchor
            || anchor is GlobalStatementSyntax { Statement: var global } && RunsAgain(global)
            || anchor is StatementSyntax statement && RunsAgain(statement)
            || anchor.DescendantNodes().OfType<AwaitExpressionSyntax>().Any(await => await.Span.End <= site.Syntax.SpanStart))
            return null;

        var runsInPlace = site.Type is { } type && !ReturnTypes.IsAsynchronous(type)
            || Statement(anchor) is CommonForEachStatementSyntax { AwaitKeyword.RawKind: not 0 } stream && stream.Expression.Span.Contains(site.Syntax.Span);
        return runsInPlace || site.AncestorsInFunction().OfType<IAwaitOperation>().Any(await => anchor.Span.Contains(await.Syntax.Span))
            ? new TimedSource(target, anchor)
            : null;
    }

    private static SyntaxNode Statement(SyntaxNode anchor) => anchor is GlobalStatementSyntax global ? global.Statement : anchor;

    /// <summary>The document with the source, and the code that is given its token.</summary>
    /// <param name="replacements">The edits below the anchor.</param>
    /// <param name="timer">The arguments of the source's constructor: the time, and the clock where it is not the system's.</param>
    /// <param name="outer">The caller's token, or null.</param>
    /// <param name="cancellationToken">Cancels the edit.</param>
    public Document Apply(IReadOnlyDictionary<SyntaxNode, SyntaxNode> replacements, IReadOnlyList<ExpressionSyntax> timer, string? outer, CancellationToken cancellationToken)
    {
        var root = _target.Root.TrackNodes(replacements.Keys.Append(_anchor));
        var current = replacements.ToDictionary(replacement => root.GetCurrentNode(replacement.Key)!, replacement => replacement.Value);
        root = root.ReplaceNodes(current.Keys, (old, _) => current[old]);
        root = _editor.InsertBefore(
            root,
            root.GetCurrentNode(_anchor)!,
            indentation => Statements(indentation, timer, outer),
            _editor.ReturnsValue(_anchor, _target.Context.Types, cancellationToken));
        return _target.Document.WithSyntaxRoot(root);
    }

    /// <summary><c>CancellationTokenSource.CreateLinkedTokenSource(..)</c> of the tokens; short names come later.</summary>
    public static string Linked(params string[] tokens) => $"{TypeName}.{nameof(CancellationTokenSource.CreateLinkedTokenSource)}({string.Join(", ", tokens)})";

    private SyntaxList<StatementSyntax> Statements(string indentation, IReadOnlyList<ExpressionSyntax> timer, string? outer)
    {
        if (outer is null)
            return [Timer(_name, timer, indentation)];
        if (timer.Count == 1)
            return [_editor.Statement($"using var {_name} = {Linked(outer)};", indentation), _editor.Statement($"{_name}.{nameof(CancellationTokenSource.CancelAfter)}({Template.Hole});", indentation).Fill(timer[0].WithoutOuterWhitespace())];

        var timeout = _editor.FreshName("timeout", _anchor);
        return [Timer(timeout, timer, indentation), _editor.Statement($"using var {_name} = {Linked(outer, $"{timeout}.Token")};", indentation)];
    }

    private StatementSyntax Timer(string name, IReadOnlyList<ExpressionSyntax> timer, string indentation)
    {
        var statement = _editor.Statement($"using var {name} = new {TypeName}();", indentation);
        var creation = statement.DescendantNodes().OfType<ObjectCreationExpressionSyntax>().Single();
        var arguments = timer.SelectMany((argument, index) => index == 0
            ? (SyntaxNodeOrToken[])[SyntaxFactory.Argument(argument.WithoutOuterWhitespace())]
            : [SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), SyntaxFactory.Argument(argument.WithoutOuterWhitespace())]);
        return statement.ReplaceNode(creation, creation.WithArgumentList(SyntaxFactory.ArgumentList(SyntaxFactory.SeparatedList<ArgumentSyntax>(arguments))));
    }

    /// <summary>A call in the head of such a loop is made each time, the statement before it once.</summary>
    private static bool RunsAgain(StatementSyntax statement) => statement is WhileStatementSyntax or DoStatementSyntax or ForStatementSyntax;
}
