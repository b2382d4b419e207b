using System.Text.RegularExpressions;

namespace AsyncLlm.IntegrationTests;

/// <summary>A block of C# on a page of docs/runtime.</summary>
/// <param name="Page">The name of its file, without extension.</param>
/// <param name="Line">The line it starts in, from 1.</param>
/// <param name="Code">What is between its fences.</param>
public sealed partial record Recipe(string Page, int Line, string Code)
{
    public static IReadOnlyList<Recipe> All { get; } =
        [.. Directory.GetFiles(Repository.PathOf("docs", "runtime"), "*.md").Order(StringComparer.Ordinal).SelectMany(InPage)];

    public override string ToString() => $"{Page}.md line {Line}";

    private static IEnumerable<Recipe> InPage(string file)
    {
        var text = File.ReadAllText(file);
        return
            from Match block in Block().Matches(text)
            let code = block.Groups["code"]
            select new Recipe(Path.GetFileNameWithoutExtension(file), text.AsSpan(0, code.Index).Count('\n') + 1, code.Value);
    }

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
