using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Simplification;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The edits several fixes make, in the style of the file they are made in.</summary>
internal sealed class LlmEditor(SyntaxNode root, SemanticModel model)
{
    private readonly SourceText _text = root.SyntaxTree.GetText();

    public string NewLine { get; } = root.DescendantTrivia().FirstOrDefault(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) is { RawKind: not 0 } endOfLine
        ? endOfLine.ToString()
        : "\n";

    /// <summary><c>.ConfigureAwait(false)</c> where the code around awaits that way, else nothing.</summary>
    public static string ConfigureAwaitStyle(SyntaxNode around)
    {
        var member = around.FirstAncestorOrSelf<MemberDeclarationSyntax>(ancestor => ancestor is not GlobalStatementSyntax) ?? around;
        return member.DescendantNodes().OfType<AwaitExpressionSyntax>().Any(await => await.Expression.ToString().EndsWith(".ConfigureAwait(false)", StringComparison.Ordinal))
            ? ".ConfigureAwait(false)"
            : "";
    }

    /// <summary>The name, with a number when something in reach of the position has it already.</summary>
    public string FreshName(string name, SyntaxNode at)
    {
        var member = at.AncestorsAndSelf().LastOrDefault(node => node is BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax or BaseFieldDeclarationSyntax) ?? root;
        var inMember = member.DescendantTokens().Where(token => token.IsKind(SyntaxKind.IdentifierToken)).Select(token => token.ValueText);
        return Free(name, inMember.Concat(NamesInScope(at)));
    }

    /// <summary>As <see cref="FreshName"/>, for a parameter of a lambda: a sibling may have the same name.</summary>
    public string FreshParameterName(string name, SyntaxNode at) => Free(name, NamesInScope(at));

    /// <summary>For the token that a helper gives its lambda: <c>ct</c>, or <c>token</c> where the caller's, or anything else, has that name.</summary>
    public string FreshTokenName(string? outer, SyntaxNode at) => outer == "ct" || NamesInScope(at).Contains("ct") ? FreshParameterName("token", at) : "ct";

    private IEnumerable<string> NamesInScope(SyntaxNode at) => model.LookupSymbols(at.SpanStart).Select(symbol => symbol.Name);

    private static string Free(string name, IEnumerable<string> names)
    {
        var taken = new HashSet<string>(names, StringComparer.Ordinal);
        return !taken.Contains(name) ? name : Enumerable.Range(1, int.MaxValue).Select(i => name + i).First(candidate => !taken.Contains(candidate));
    }

    /// <summary>
    /// Where a statement can be put so that it runs before the node: in front of its statement, or of the expression body that
    /// has to become a block. Null where no statement can stand (a field initialiser).
    /// </summary>
    public static SyntaxNode? AnchorOf(SyntaxNode node) => node.AncestorsAndSelf().FirstOrDefault(ancestor => ancestor switch
    {
        GlobalStatementSyntax or ArrowExpressionClauseSyntax => true,
        StatementSyntax { Parent: GlobalStatementSyntax } or BlockSyntax or LocalFunctionStatementSyntax => false,
        StatementSyntax => true,
        LambdaExpressionSyntax { ExpressionBody: { } body } => body.Span.Contains(node.Span),
        _ => false,
    });

    /// <summary>The white space at the start of the line on which the node starts.</summary>
    public string IndentationOf(SyntaxNode node) => Indentation.At(_text, node.SpanStart);

    /// <summary>One more level of indentation.</summary>
    public string IndentationUnit => field ??= Indentation.Unit(_text);

    /// <summary>A statement from text whose lines are indented by tabs, at the given indentation; types are written in full and shortened later.</summary>
    public StatementSyntax Statement(string text, string indentation) => SyntaxFactory
        .ParseStatement(indentation + text.Replace("\t", IndentationUnit).Replace("\n", NewLine + indentation) + NewLine)
        .WithAdditionalAnnotations(Simplifier.Annotation, Simplifier.AddImportsAnnotation);

    /// <summary>As <see cref="Statement"/>, for a block that continues a line.</summary>
    public BlockSyntax Block(string text, string indentation) => (BlockSyntax)Statement(text, indentation).WithTrailingTrivia();

    /// <summary>The function whose result the anchor gives: it has one, and gives it without <c>return</c>.</summary>
    public bool ReturnsValue(SyntaxNode anchor, KnownTypes types, CancellationToken cancellationToken)
    {
        var body = anchor switch
        {
            ArrowExpressionClauseSyntax arrow => arrow.Parent,
            LambdaExpressionSyntax lambda => lambda,
            _ => null,
        };
        if (body is null)
            return false;

        var method = (model.GetDeclaredSymbol(body, cancellationToken) ?? model.GetSymbolInfo(body, cancellationToken).Symbol) as IMethodSymbol;
        return method is { ReturnsVoid: false } && !(method.IsAsync && (KnownTypes.Is(method.ReturnType, types.Task) || KnownTypes.Is(method.ReturnType, types.ValueTask)));
    }

    /// <summary>The root with the statements running before the anchor; <paramref name="write"/> gets the indentation they have there.</summary>
    public SyntaxNode InsertBefore(SyntaxNode currentRoot, SyntaxNode anchor, Func<string, SyntaxList<StatementSyntax>> write, bool returnsValue)
    {
        var indentation = Indentation.At(currentRoot.GetText(), anchor.SpanStart);
        switch (anchor)
        {
            case GlobalStatementSyntax:
                return currentRoot.ReplaceNode(anchor, Separate<SyntaxNode>(write(indentation).Select(SyntaxFactory.GlobalStatement), anchor));
            case StatementSyntax { Parent: BlockSyntax or SwitchSectionSyntax }:
                return currentRoot.ReplaceNode(anchor, Separate<SyntaxNode>(write(indentation), anchor));
            case StatementSyntax embedded:
                var outer = Indentation.At(currentRoot.GetText(), embedded.Parent!.SpanStart);
                var block = (BlockSyntax)Statement($"{{\n\t{Template.Hole};\n}}", outer);
                return currentRoot.ReplaceNode(embedded, block.Fill([.. write(outer + IndentationUnit), embedded]));
            case ArrowExpressionClauseSyntax { Parent: MethodDeclarationSyntax method } arrow:
                return currentRoot.ReplaceNode(method, method.WithExpressionBody(null).WithSemicolonToken(default)
                    .WithParameterList(EndingLine(method.ParameterList))
                    .WithBody(BlockOf(write, arrow.Expression, indentation, returnsValue)).WithTrailingTrivia(method.GetTrailingTrivia()));
            case ArrowExpressionClauseSyntax { Parent: LocalFunctionStatementSyntax function } arrow:
                return currentRoot.ReplaceNode(function, function.WithExpressionBody(null).WithSemicolonToken(default)
                    .WithParameterList(EndingLine(function.ParameterList))
                    .WithBody(BlockOf(write, arrow.Expression, indentation, returnsValue)).WithTrailingTrivia(function.GetTrailingTrivia()));
            case LambdaExpressionSyntax { ExpressionBody: { } body } lambda:
                return currentRoot.ReplaceNode(lambda, lambda.WithExpressionBody(null)
                    .WithArrowToken(lambda.ArrowToken.WithTrailingTrivia(SyntaxFactory.EndOfLine(NewLine)))
                    .WithBlock(BlockOf(write, body, indentation, returnsValue)).WithTrailingTrivia(lambda.GetTrailingTrivia()));
            default:
                return currentRoot;
        }
    }

    private ParameterListSyntax EndingLine(ParameterListSyntax parameters) => parameters.WithTrailingTrivia(SyntaxFactory.EndOfLine(NewLine));

    /// <summary>The root with the statements running after the anchor, which is a statement among others.</summary>
    public static SyntaxNode? InsertAfter(SyntaxNode currentRoot, SyntaxNode anchor, Func<string, SyntaxList<StatementSyntax>> write)
    {
        var indentation = Indentation.At(currentRoot.GetText(), anchor.SpanStart);
        return anchor switch
        {
            GlobalStatementSyntax => currentRoot.InsertNodesAfter(anchor, write(indentation).Select(SyntaxFactory.GlobalStatement)),
            StatementSyntax { Parent: BlockSyntax or SwitchSectionSyntax } => currentRoot.InsertNodesAfter(anchor, write(indentation)),
            _ => null,
        };
    }

    /// <summary>The statement with the others running first in it.</summary>
    public StatementSyntax StartWith(StatementSyntax statement, Func<string, SyntaxList<StatementSyntax>> write)
    {
        var text = statement.SyntaxTree.GetText();
        if (statement is BlockSyntax { Statements: [var first, ..] } filled)
            return filled.WithStatements(filled.Statements.InsertRange(0, write(Indentation.At(text, first.SpanStart))));

        var outer = Indentation.At(text, (statement is BlockSyntax ? statement : statement.Parent!).SpanStart);
        var block = (BlockSyntax)Statement($"{{\n\t{Template.Hole};\n}}", outer);
        return statement is BlockSyntax empty
            ? empty.WithStatements(write(outer + IndentationUnit))
            : block.Fill([.. write(outer + IndentationUnit), statement]);
    }

    /// <summary>The blank line above the original moves above the inserted ones; its comments stay with it.</summary>
    private static List<T> Separate<T>(IEnumerable<T> inserted, T original)
        where T : SyntaxNode
    {
        var leading = original.GetLeadingTrivia();
        var blankLines = leading.TakeWhile(trivia => !trivia.IsComment()).Where(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)).ToList();
        var afterBlankLines = leading.Skip(leading.TakeWhile(trivia => !trivia.IsComment()).ToList().FindLastIndex(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia)) + 1);
        List<T> statements = [.. inserted, original.WithLeadingTrivia(afterBlankLines)];
        statements[0] = statements[0].WithLeadingTrivia(blankLines.Concat(statements[0].GetLeadingTrivia()));
        return statements;
    }

    private BlockSyntax BlockOf(Func<string, SyntaxList<StatementSyntax>> write, ExpressionSyntax body, string indentation, bool returnsValue)
    {
        var inner = indentation + IndentationUnit;
        var last = Statement($"{(returnsValue ? "return " : "")}{Template.Hole};", inner).Fill(body.WithoutOuterWhitespace().Shift(IndentationUnit));
        return ((BlockSyntax)Statement($"{{\n\t{Template.Hole};\n}}", indentation)).Fill([.. write(inner), last]);
    }
}
