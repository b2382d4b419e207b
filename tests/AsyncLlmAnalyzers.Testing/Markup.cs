using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>Takes the test markup (<c>[|..|]</c>, <c>{|Name:..|}</c>, <c>{|#0:..|}</c>, <c>$$</c>) out of a text.</summary>
internal static partial class Markup
{
    /// <returns>The text without markup, and the marked spans; the name of <c>[|..|]</c> and of <c>$$</c> is empty.</returns>
    public static (string Text, List<(string Name, TextSpan Span, bool IsPosition)> Spans) Parse(string input, bool positionsAreCode)
    {
        var text = new StringBuilder();
        var open = new List<(string Name, int Start)>();
        var spans = new List<(string, TextSpan, bool)>();
        var copied = 0;
        foreach (Match mark in Tokens().Matches(input))
        {
            if (mark.Value == "$$" && positionsAreCode)
                continue;

            text.Append(input, copied, mark.Index - copied);
            copied = mark.Index + mark.Length;
            if (mark.Value == "$$")
                spans.Add(("", new(text.Length, 0), true));
            else if (mark.Value == "[|" || mark.Groups["name"].Success)
                open.Add((mark.Groups["name"].Value, text.Length));
            else
                Close(mark.Groups["end"].Value);
        }

        text.Append(input, copied, input.Length - copied);
        if (open.Count > 0)
            throw new ArgumentException($"Markup is opened but not closed at '{text.ToString(open[0].Start, Math.Min(20, text.Length - open[0].Start))}'");

        return (text.ToString(), spans);

        void Close(string name)
        {
            var start = open.FindLastIndex(span => name == "" || span.Name == name);
            if (start < 0)
                throw new ArgumentException($"Markup is closed but not opened after '{text.ToString(Math.Max(0, text.Length - 20), Math.Min(20, text.Length))}'");

            spans.Add((open[start].Name, TextSpan.FromBounds(open[start].Start, text.Length), false));
            open.RemoveAt(start);
        }
    }

    [GeneratedRegex(@"\[\||\{\|(?<name>[^:|[\]{}]+):|\|\]|\|(?<end>#\d+)?\}|\$\$", RegexOptions.ExplicitCapture)]
    private static partial Regex Tokens();
}
