namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>Text of the repository that is derived from the rules: compared here, rewritten when <c>UPDATE_GENERATED=1</c>.</summary>
internal static class GeneratedText
{
    public const string UpdateCommand = "UPDATE_GENERATED=1 dotnet test tests/AsyncLlmAnalyzers.Tests --filter Consistency";

    public static bool IsUpdating { get; } = Environment.GetEnvironmentVariable("UPDATE_GENERATED") == "1";

    /// <param name="path">Relative to the repository.</param>
    /// <param name="generate">Makes the right text of what is there.</param>
    public static void Check(string path, Func<string, string> generate)
    {
        var file = Repository.PathOf(path);
        var actual = File.Exists(file) ? File.ReadAllText(file) : "";
        var expected = generate(actual);
        if (IsUpdating && expected != actual)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            var written = $"{file}.new";
            File.WriteAllText(written, expected);
            File.Move(written, file, overwrite: true); // Other tests read the pages at the same time.
            return;
        }

        Lines.AssertSame(expected, actual, $"{path} is out of date; run {UpdateCommand}");
    }

    /// <summary>Replaces what stands between the lines <c>&lt;!-- marker --&gt;</c> and <c>&lt;!-- /marker --&gt;</c>.</summary>
    public static string Between(string text, string marker, string content)
    {
        var (first, last) = ($"<!-- {marker} -->\n", $"<!-- /{marker} -->\n");
        var start = text.IndexOf(first, StringComparison.Ordinal);
        var end = start < 0 ? -1 : text.IndexOf(last, start, StringComparison.Ordinal);
        Assert.True(end >= 0, $"The lines '{first.TrimEnd()}' and '{last.TrimEnd()}' are needed around the generated part of:\n{text}");
        return $"{text[..(start + first.Length)]}\n{content}\n{text[end..]}";
    }
}
