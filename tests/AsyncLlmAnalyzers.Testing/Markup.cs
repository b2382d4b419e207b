using System.Text;
using System.Text.RegularExpressions;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>Takes the test markup (<c>[|..|]</c>, <c>{|Name:..|}</c>, <c>{|#0:..|}</c>, <c>$$</c>) out of a text.</summary>
internal static partial class Markup
{
    /// <returns>The text without markup, and what was marked; the name of <c>[|..|]</c> and of <c>$$</c>, a position, is empty.</returns>
    public static (string Text, List<(string Name, TextSpan Span, bool IsPosition)> Spans) Parse(string input, bool positionsAreCode)
    {
        var text = new StringBuilder();
        var open = new Stack<(string Name, int Start)>();
        var spans = new List<(string, TextSpan, bool)>();
        var copied = 0;
        foreach (Match mark in Marks().Matches(input))
        {
            if (mark.Value == "$$" && positionsAreCode)
                continue;

            text.Append(input, copied, mark.Index - copied);
            copied = mark.Index + mark.Length;
            if (mark.Value == "$$")
                spans.Add(("", new(text.Length, 0), true));
            else if (mark.Value[1] == '|')
                open.Push((mark.Groups["name"].Value, text.Length));
            else if (open.TryPop(out var start))
                spans.Add((start.Name, TextSpan.FromBounds(start.Start, text.Length), false));
            else
                throw new ArgumentException($"Markup is closed but not opened: '{text}'");
        }

        text.Append(input, copied, input.Length - copied);
        return open.TryPeek(out var last) ? throw new ArgumentException($"Markup is opened but not closed: '{text.ToString()[last.Start..]}'") : (text.ToString(), spans);
    }

    [GeneratedRegex(@"\[\||\{\|(?<name>[^:|[\]{}]+):|\|[\]}]|\$\$", RegexOptions.ExplicitCapture)]
    private static partial Regex Marks();
}
