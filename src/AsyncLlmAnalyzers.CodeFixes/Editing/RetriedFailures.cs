using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Keeps the helper that takes the place of a hand-written retry from repeating what the retry let through.</summary>
internal sealed class RetriedFailures(RetryShape shape, RetryRun run)
{
    private readonly List<(ExpressionSyntax Question, bool GoesOn)> _asked =
        [.. run.Questions.Where(asked => !shape.IsTheHelpersToo(asked.Question, asked.GoesOn)).Select(asked => ((ExpressionSyntax)asked.Question.Syntax, asked.GoesOn))];

    /// <summary>The comment goes with a question that is asked on.</summary>
    public bool Keeps(SyntaxTrivia comment) => _asked.Exists(asked => asked.Question.Span.Contains(comment.Span));

    /// <summary><c>error => error is E e &amp;&amp; e.Status == 429 ? LlmFailure.Classify(error) : new LlmFailure(LlmFailureKind.Permanent)</c>; null where the helper's own judgement is no wider.</summary>
    public ExpressionSyntax? Classify(LlmEditor editor)
    {
        var clause = (CatchClauseSyntax)shape.Clause.Syntax;
        var caught = clause.Declaration?.Identifier.ValueText;
        var isAny = RetryHandler.CatchesAll(shape.Clause);
        var error = isAny && caught is { Length: > 0 } ? caught : editor.FreshParameterName("error", clause.Block);
        var conditions = isAny ? shape.ThrownOn.Select(type => $"{error} is not {type}").ToList()
            : [$"{error} is {clause.Declaration!.Type}{(_asked.Count > 0 ? $" {caught}" : "")}"];
        conditions.AddRange(_asked.Select(asked => asked.GoesOn ? Operand(asked.Question) : Negated(asked.Question)));
        if (conditions.Count == 0)
            return null;

        return Template.Short(
                $"{error} => {Template.Hole} ? {RuntimeNames.Namespace}.{RuntimeNames.LlmFailure}.{RuntimeNames.Classify}({error}) : new {RuntimeNames.Namespace}.{RuntimeNames.LlmFailure}({RuntimeNames.Namespace}.{RuntimeNames.LlmFailureKind}.{RuntimeNames.Permanent})")
            .Fill(SyntaxFactory.ParseExpression(string.Join(" && ", conditions)).WithTrailingTrivia(SyntaxFactory.Space));
    }

    /// <summary>As it stands beside <c>&amp;&amp;</c>.</summary>
    private static string Operand(ExpressionSyntax question) =>
        question is BinaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalOrExpression or (int)SyntaxKind.CoalesceExpression } or ConditionalExpressionSyntax ? $"({question})" : question.ToString();

    private static string Negated(ExpressionSyntax question) => question switch
    {
        ParenthesizedExpressionSyntax { Expression: var inner } => Negated(inner),
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.LogicalNotExpression, Operand: var operand } => operand.ToString(),
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.EqualsExpression } equal => $"{equal.Left} != {equal.Right}",
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.NotEqualsExpression } unequal => $"{unequal.Left} == {unequal.Right}",
        BinaryExpressionSyntax { RawKind: (int)SyntaxKind.IsExpression } test => $"{test.Left} is not {test.Right}",
        IsPatternExpressionSyntax { Pattern: UnaryPatternSyntax { Pattern: var denied } } pattern => $"{pattern.Expression} is {denied}",
        IsPatternExpressionSyntax { Pattern: ConstantPatternSyntax or TypePatternSyntax } pattern => $"{pattern.Expression} is not {pattern.Pattern}",
        InvocationExpressionSyntax or MemberAccessExpressionSyntax => $"!{question}",
        _ => $"!({question})",
    };
}
