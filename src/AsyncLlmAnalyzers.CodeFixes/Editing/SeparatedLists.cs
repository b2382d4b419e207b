using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncLlmAnalyzers.Editing;

internal static class SeparatedLists
{
    /// <summary>
    /// The list with one more item, laid out as the last one: on its own line where that is, before the comment's end of line,
    /// with a trailing comma where there is one.
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
            added = added.WithLeadingTrivia(last.GetLeadingTrivia().Where(trivia => trivia.IsKind(SyntaxKind.WhitespaceTrivia)));

        if (items.Count == 2 * list.Count)
        {
            var comma = items[items.Count - 1].AsToken();
            return SyntaxFactory.SeparatedList<T>([.. items, added, comma.WithLeadingTrivia().WithTrailingTrivia(comma.TrailingTrivia.Where(IsLayout))]);
        }

        var after = last.GetTrailingTrivia();
        items[items.Count - 1] = last.WithTrailingTrivia();
        SyntaxTriviaList between = after.Any(SyntaxKind.EndOfLineTrivia) ? after : onOwnLine ? after.Add(lineBreak) : [SyntaxFactory.Space];
        return SyntaxFactory.SeparatedList<T>(
        [
            .. items,
            SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(between),
            added.WithTrailingTrivia(after.Where(IsLayout)),
        ]);
    }

    private static bool IsLayout(SyntaxTrivia trivia) => trivia.IsKind(SyntaxKind.WhitespaceTrivia) || trivia.IsKind(SyntaxKind.EndOfLineTrivia);
}
