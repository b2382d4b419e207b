using System.Text;
using System.Text.RegularExpressions;

namespace AsyncLlmAnalyzers.Tests.Consistency;

/// <summary>A page of docs/rules: a generated header, then fixed headings, with code the tests run.</summary>
internal sealed partial class RulePage(ShippedRule rule, string text)
{
    public static readonly IReadOnlyList<string> Headings =
    [
        "Cause",
        "Why it matters",
        "Example",
        "How to fix",
        "When to suppress",
        "When it stays silent",
        "Configuration",
        "Related rules",
    ];

    public static RulePage Load(string id) =>
        ShippedRule.Of(id) is var rule && File.Exists(Repository.PathOf(rule.Page)) ? new(rule, File.ReadAllText(Repository.PathOf(rule.Page))) : new(rule, "");

    /// <summary>Title, text; what stands before the first heading is not among them.</summary>
    public IReadOnlyList<(string Title, string Text)> Sections { get; } =
        [.. SectionPattern().Matches(text).Select(match => (match.Groups["title"].Value, match.Groups["text"].Value))];

    /// <summary>Each <c>bad</c> block with the blocks the fix makes of it, in the order of the page.</summary>
    public IReadOnlyList<Example> Examples { get; } = ReadExamples(text);

    /// <summary>The page as it has to begin: the header, and the descriptor's description as its cause. A missing page becomes a stub.</summary>
    public string WithGeneratedParts()
    {
        var page = text == "" ? Stub() : text;
        page = GeneratedText.Between(page, "rule", GeneratedTables.PageHeader(rule));
        return CausePattern().Replace(page, _ => $"## Cause\n\n{rule.Descriptor.Description}\n\n## ", 1);
    }

    private static string Stub()
    {
        var page = new StringBuilder("<!-- rule -->\n<!-- /rule -->\n");
        foreach (var heading in Headings)
            page.Append($"\n## {heading}\n");
        return page.ToString();
    }

    private static List<Example> ReadExamples(string text)
    {
        var examples = new List<Example>();
        foreach (Match block in BlockPattern().Matches(text))
        {
            var code = block.Groups["code"].Value;
            var unmarked = Example.WithoutMarks(code);
            switch (block.Groups["kind"].Value)
            {
                case "bad":
                    examples.Add(new(code, Fixed: null, FixedWithRuntime: null));
                    break;
                case "fixed" when examples is [.., { Fixed: null } last]:
                    examples[^1] = last with { Fixed = unmarked };
                    break;
                case "fixed-with-AsyncLlm" when examples is [.., { FixedWithRuntime: null } last]:
                    examples[^1] = last with { FixedWithRuntime = unmarked };
                    break;
                case var kind:
                    throw new FormatException($"A '{kind}' block that follows no 'bad' block of its own:\n{code}");
            }
        }

        return examples;
    }

    [GeneratedRegex(@"^## (?<title>.+)\n(?<text>(?:(?!## ).*(?:\n|\z))*)", RegexOptions.Multiline)]
    private static partial Regex SectionPattern();

    [GeneratedRegex(@"^## Cause\n(?:(?!## ).*\n)*## ", RegexOptions.Multiline)]
    private static partial Regex CausePattern();

    [GeneratedRegex(@"^```csharp (?<kind>\S+)\n(?<code>(?:(?!```).*\n)*)```$", RegexOptions.Multiline)]
    private static partial Regex BlockPattern();
}

/// <param name="Marked">The code as the page shows it: the lines the rule reports end in <c>// ALLM1001</c>.</param>
/// <param name="Fixed">What the first fix makes of it.</param>
/// <param name="FixedWithRuntime">What it makes of it where the code can name AsyncLlm.</param>
internal sealed partial record Example(string Marked, string? Fixed, string? FixedWithRuntime)
{
    public string Bad { get; } = WithoutMarks(Marked);

    public string? FixedCode(bool withRuntime) => withRuntime ? FixedWithRuntime : Fixed;

    /// <summary>What is to be reported, as <c>5: ALLM1001</c>.</summary>
    public IEnumerable<string> Marks => Marked.Split('\n').SelectMany((line, index) => MarkPattern().Matches(line).SelectMany(mark => mark.Groups["id"].Captures).Select(id => $"{index + 1}: {id.Value}"));

    public static string WithoutMarks(string code) => MarkPattern().Replace(code, "");

    [GeneratedRegex(@" *// (?:(?<id>ALLM\d{4})(?:, |$))+", RegexOptions.Multiline)]
    private static partial Regex MarkPattern();
}
