using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncLlmAnalyzers.Editing;

internal static class SeparatedLists
{
    /// <summary>
    /// The list with one more item, laid out as the last one: on its own line where that is, with a trailing comma where there
    /// is one. A comment behind the last item stays behind it.
    /// </summary>
    public static SeparatedSyntaxList<T> AddInLayout<T>(this SeparatedSyntaxList<T> list, T added)
        where T : SyntaxNode
    {
        if (list.Count == 0)
            return list.Add(added);

        var items = list.GetWithSeparators().ToList();
        var last = list[list.Count - 1];
        var lineBreak = last.GetFirstToken().GetPreviousToken().TrailingTrivia.FirstOrDefault(trivia => trivia.IsKind(SyntaxKind.EndOfLineTrivia));
        var onOwnLine = lineBreak.IsKind(SyntaxKind.EndOfLineTrivia);
        if (onOwnLine)
            added = added.WithLeadingTrivia(last.GetLeadingTrivia().Reverse().TakeWhile(trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)));

        if (items.Count == 2 * list.Count)
        {
            var comma = items[items.Count - 1].AsToken();
            return SyntaxFactory.SeparatedList<T>([.. items, added, comma.WithLeadingTrivia().WithTrailingTrivia(LayoutAtEnd(comma.TrailingTrivia))]);
        }

        var after = last.GetTrailingTrivia();
        items[items.Count - 1] = last.WithTrailingTrivia(after.Any(SyntaxKind.EndOfLineTrivia) ? default : after.Take(after.Count - LayoutAtEnd(after).Count()));
        IEnumerable<SyntaxTrivia> between = after.Any(SyntaxKind.EndOfLineTrivia) ? after : onOwnLine ? after.Add(lineBreak) : [SyntaxFactory.Space];
        return SyntaxFactory.SeparatedList<T>(
        [
            .. items,
            SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(between),
            added.WithTrailingTrivia(LayoutAtEnd(after)),
        ]);
    }

    private static IEnumerable<SyntaxTrivia> LayoutAtEnd(SyntaxTriviaList trivia) => trivia
        .Reverse()
        .TakeWhile(item => item.IsKind(SyntaxKind.WhitespaceTrivia) || item.IsKind(SyntaxKind.EndOfLineTrivia))
        .Reverse();
}
