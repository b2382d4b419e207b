using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Sets the timeouts of the standard resilience handler so that they agree: an attempt ends before the whole, and the circuit breaker looks at two attempts.</summary>
internal static class ResilienceOptionsEdit
{
    private static readonly string[] Set = ["TotalRequestTimeout", "CircuitBreaker"];

    /// <summary>Null where the code sets one of them already, or somebody else does.</summary>
    public static Document? Apply(FixTarget target)
    {
        if (target.FirstAncestor<InvocationExpressionSyntax>() is not { } call)
            return null;

        var editor = new LlmEditor(target.Root, target.Model);
        var indentation = Indentation.At(target.Root.GetText(), target.Token.SpanStart);
        switch (call.ArgumentList.Arguments)
        {
            case []:
                var name = editor.FreshParameterName("options", call);
                var lambda = (SimpleLambdaExpressionSyntax)SyntaxFactory.ParseExpression($"{name} =>{editor.NewLine}{{ }}");
                return Replace(call, call.WithArgumentList(call.ArgumentList.WithArguments([SyntaxFactory.Argument(lambda.WithBlock(editor.Block($"{{\n{Statements(name, "\t")}\n}}", indentation)))])));
            case [{ Expression: SimpleLambdaExpressionSyntax { Block: { } block, Parameter.Identifier.ValueText: var options } }] when !SetsOthers(call):
                var inner = block.Statements is [var first, ..] ? editor.IndentationOf(first) : indentation + editor.IndentationUnit;
                return Replace(block, block.WithStatements(block.Statements.InsertRange(0, Statements(options, "").Split('\n').Select(statement => editor.Statement(statement, inner)))));
            case [{ Expression: SimpleLambdaExpressionSyntax { ExpressionBody: { } body, Parameter.Identifier.ValueText: var options } written }] when !SetsOthers(call):
                var whole = editor.Block($"{{\n{Statements(options, "\t")}\n\t{Template.Hole};\n}}", indentation).Fill(body.WithoutOuterWhitespace());
                return Replace(written, written.WithExpressionBody(null).WithArrowToken(written.ArrowToken.WithTrailingTrivia(SyntaxFactory.EndOfLine(editor.NewLine))).WithBlock(whole));
            default:
                return null;
        }

        Document Replace(SyntaxNode from, SyntaxNode to) => target.Document.WithSyntaxRoot(target.Root.ReplaceNode(from, to));

        string Statements(string options, string indent)
        {
            var attempt = DiagnosticProperties.AttemptTimeoutSeconds.TryRead(target.Diagnostic, out var value) ? value : Options.AttemptTimeoutSeconds.Default;
            var total = DiagnosticProperties.TimeoutSeconds.TryRead(target.Diagnostic, out var seconds) ? seconds : Options.TimeoutSeconds.Default;
            return string.Join(
                "\n",
                $"{indent}{options}.AttemptTimeout.Timeout = {TimeLiteral.Of(attempt)};",
                $"{indent}{options}.TotalRequestTimeout.Timeout = {TimeLiteral.Of(Math.Max(total, 2 * attempt))};",
                $"{indent}{options}.CircuitBreaker.SamplingDuration = {TimeLiteral.Of(2 * attempt)};");
        }
    }

    private static bool SetsOthers(InvocationExpressionSyntax call) => call.DescendantNodes().OfType<SimpleNameSyntax>().Any(name => Set.Contains(name.Identifier.ValueText));
}
