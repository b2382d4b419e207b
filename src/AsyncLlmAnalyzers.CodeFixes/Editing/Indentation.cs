using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>Moves code sideways without formatting it: only the white space at the start of its lines changes.</summary>
internal static class Indentation
{
    /// <summary>The white space at the start of the line the position is on.</summary>
    public static string At(SourceText text, int position)
    {
        var line = text.Lines.GetLineFromPosition(position).ToString();
        return line.Substring(0, line.Length - line.TrimStart().Length);
    }

    /// <summary>One level, as the file writes it.</summary>
    public static string Unit(SourceText text) => text.Lines.Any(line => line.Span.Length > 0 && text[line.Start] == '\t') ? "\t" : "    ";

    /// <summary>The node with its lines, but for the first, moved right; the text inside its literals stays.</summary>
    public static T Shift<T>(this T node, string by)
        where T : SyntaxNode => by.Length == 0 ? node : (T)new Shifter(by, startsLine: false).Visit(node);

    /// <summary>The nodes with all their lines moved right.</summary>
    public static SyntaxList<T> Shift<T>(this SyntaxList<T> nodes, string by)
        where T : SyntaxNode
    {
        var shifter = new Shifter(by, startsLine: true);
        return by.Length == 0 ? nodes : [.. nodes.Select(node => (T)shifter.Visit(node))];
    }

    /// <summary>The node with the white space before its tokens shortened where there is more than that.</summary>
    public static T Unshift<T>(this T node, int by)
        where T : SyntaxNode => by <= 0 ? node : (T)new Unshifter(by).Visit(node);

    private sealed class Unshifter(int by) : CSharpSyntaxRewriter
    {
        public override SyntaxTrivia VisitTrivia(SyntaxTrivia trivia) =>
            trivia.IsKind(SyntaxKind.WhitespaceTrivia) && trivia.FullSpan.Length > by && trivia.Token.LeadingTrivia.Contains(trivia)
                ? SyntaxFactory.Whitespace(trivia.ToString().Substring(by))
                : trivia;
    }

    private sealed class Shifter(string by, bool startsLine) : CSharpSyntaxRewriter(visitIntoStructuredTrivia: false)
    {
        private bool _startsLine = startsLine;

        public override SyntaxToken VisitToken(SyntaxToken token)
        {
            var leading = Move(token.LeadingTrivia);
            if (_startsLine && token.RawKind != 0 && !token.IsMissing)
            {
                leading = leading.Add(SyntaxFactory.Whitespace(by));
                _startsLine = false;
            }

            // Trailing trivia may end the line; what follows then starts one.
            foreach (var trivia in token.TrailingTrivia)
                _startsLine = trivia.IsKind(SyntaxKind.EndOfLineTrivia);
            return token.WithLeadingTrivia(leading);
        }

        private SyntaxTriviaList Move(SyntaxTriviaList trivia)
        {
            var moved = new List<SyntaxTrivia>(trivia.Count + 1);
            foreach (var item in trivia)
            {
                if (_startsLine && !item.IsKind(SyntaxKind.EndOfLineTrivia) && !item.IsDirective)
                {
                    moved.Add(SyntaxFactory.Whitespace(by));
                    _startsLine = false;
                }

                moved.Add(item);
                if (item.IsKind(SyntaxKind.EndOfLineTrivia) || item.HasStructure)
                    _startsLine = true;
            }

            return [.. moved];
        }
    }
}
