using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Demo;

/// <summary>PromptBatch as it is before and after the fixes, and the warnings Before is to get.</summary>
internal sealed partial class Sample
{
    private const string Options = "new OpenAIClientOptions { Endpoint = new Uri(endpoint) }";

    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The version this repository uses, so that it is already downloaded.</summary>
    public static string OpenAIVersion => XDocument.Load(Path.Combine(Root, "Directory.Packages.props"))
        .Descendants("PackageVersion").Single(package => package.Attribute("Include")?.Value == "OpenAI").Attribute("Version")!.Value;

    /// <summary>Without the comments that tell the warnings.</summary>
    public IReadOnlyList<(string Name, string Text)> Before { get; } = [.. Load("PromptBatch.Before").Select(source => (source.Name, Mark().Replace(source.Text, "")))];

    public IReadOnlyList<(string Name, string Text)> After { get; } = [.. Load("PromptBatch.After")];

    /// <summary>Before with one line more by hand: every request goes through a throttle, which replaces the client's retries.</summary>
    public IReadOnlyList<(string Name, string Text)> Throttled =>
        [.. Before.Select(source => source.Name == "Program.cs" ? (source.Name, $"using AsyncLlm;\n{Changed(source.Text, Options, $"{Options}.UseThrottle(new LlmThrottle())")}") : source)];

    /// <summary>What is to be reported.</summary>
    public IReadOnlyList<(string File, int Line, string Id)> Marks { get; } =
    [
        .. from source in Load("PromptBatch.Before")
           from line in source.Text.Split('\n').Index()
           from mark in Mark().Matches(line.Item)
           from id in mark.Groups["id"].Captures
           select (source.Name, line.Index + 1, id.Value),
    ];

    public IReadOnlyList<string> Ids => [.. Marks.Select(mark => mark.Id).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>First what is wrong with the calls, then with their client, which gets a deadline and a throttle in one: under a throttle a fan-out counts as bounded.</summary>
    public IReadOnlyList<IReadOnlyList<string>> FixOrder => [[.. Ids.Except(["ALLM3003", "ALLM4001"])], ["ALLM3003"]];

    private static string Changed(string text, string old, string changed) =>
        text.Contains(old, StringComparison.Ordinal) ? text.Replace(old, changed, StringComparison.Ordinal) : throw new StageFailedException($"PromptBatch.Before has no '{old}'.");

    private static IEnumerable<(string Name, string Text)> Load(string sample) =>
        Directory.GetFiles(Path.Combine(Root, "samples", sample), "*.cs")
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllText(file).ReplaceLineEndings("\n")));

    private static string FindRoot(string start)
    {
        var folder = new DirectoryInfo(start);
        while (!File.Exists(Path.Combine(folder.FullName, "AsyncLlmAnalyzers.sln")))
            folder = folder.Parent ?? throw new StageFailedException($"No AsyncLlmAnalyzers.sln in or above {start}: run the demo inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex(@" *// (?:(?<id>ALLM\d{4})(?:, |$))+", RegexOptions.Multiline)]
    private static partial Regex Mark();
}
