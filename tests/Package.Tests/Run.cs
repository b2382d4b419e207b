using System.Text.RegularExpressions;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

/// <summary>A finished command. Every check that fails shows its whole output.</summary>
internal sealed partial record Run(string Command, int ExitCode, string Output)
{
    /// <summary>What the build reported in source files, as <c>Program.cs(5): warning ALLM1001</c>, each once.</summary>
    public IReadOnlyList<string> Reported { get; } =
    [
        .. DiagnosticLine().Matches(Output)
            .Select(match => $"{Path.GetFileName(match.Groups["file"].Value)}({match.Groups["line"].Value}): {match.Groups["level"].Value} {match.Groups["id"].Value}")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The same for the files below one folder.</summary>
    public IReadOnlyList<string> ReportedIn(string folder) =>
        new Run(Command, ExitCode, string.Join('\n', Output.Split('\n').Where(line => line.Contains($"{Path.DirectorySeparatorChar}{folder}{Path.DirectorySeparatorChar}", StringComparison.Ordinal)))).Reported;

    public Run Succeeded() => Exited(0);

    public Run Exited(int code)
    {
        Assert.True(ExitCode == code, $"Expected exit code {code}, got {ExitCode}.\n{this}");
        return this;
    }

    public Run Reports(params IEnumerable<string> expected)
    {
        Lines.AssertSame(expected.Order(StringComparer.Ordinal), Reported, $"{this}\nWhat is reported");
        return this;
    }

    public Run Says(string text)
    {
        Assert.True(Output.Contains(text, StringComparison.Ordinal), $"Expected the output to contain '{text}'.\n{this}");
        return this;
    }

    public override string ToString() => $"$ {Command}\n{Output}";

    [GeneratedRegex(@"^\s*(?<file>[^\r\n(]+\.cs)\((?<line>\d+),\d+\): (?<level>warning|error) (?<id>\w+):", RegexOptions.Multiline)]
    private static partial Regex DiagnosticLine();
}
