using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>Assertions whose failure a stranger understands.</summary>
internal static class Lines
{
    /// <summary>Fails with the lines that differ (<c>-</c> expected, <c>+</c> actual), each with its number, below the explanation.</summary>
    public static void AssertSame(string expected, string actual, string explanation)
    {
        if (expected == actual)
            return;

        var lines = InlineDiffBuilder.Diff(expected, actual, ignoreWhiteSpace: false).Lines.Where(line => line.Type != ChangeType.Unchanged);
        Assert.Fail($"{explanation} (- expected, + actual)\n{string.Join('\n', lines.Select(Show))}");
    }

    public static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual, string explanation) =>
        AssertSame(string.Join('\n', expected), string.Join('\n', actual), explanation);

    public static void AssertNone(IEnumerable<string> wrong, string explanation)
    {
        var list = wrong.ToList();
        if (list.Count > 0)
            Assert.Fail($"{explanation}:\n{string.Join('\n', list)}");
    }

    private static string Show(DiffPiece line) =>
        line.Type == ChangeType.Inserted ? $"+ {line.Position,4}: {line.Text}" : $"-     : {line.Text}";
}
