using System.Text.RegularExpressions;

namespace Demo;

/// <summary>A finished command and all it wrote.</summary>
internal sealed partial record Run(string Command, int ExitCode, string Output)
{
    /// <summary>What a build warned of in source files, each once.</summary>
    public IReadOnlyList<Warning> Warnings =>
    [
        .. WarningLine().Matches(Output)
            .Select(match => new Warning(
                Path.GetFileName(match.Groups["file"].Value), int.Parse(match.Groups["line"].Value), match.Groups["id"].Value, match.Groups["message"].Value))
            .Distinct()
            .OrderBy(warning => warning.File, StringComparer.Ordinal)
            .ThenBy(warning => warning.Line),
    ];

    public Run Succeeded() => ExitCode == 0 ? this : throw new StageFailedException($"It exited with {ExitCode}.", this);

    public override string ToString() => $"$ {Command}\n{Output}";

    [GeneratedRegex(@"^\s*(?<file>[^\r\n(]+\.cs)\((?<line>\d+),\d+\): warning (?<id>\w+): (?<message>.+?)(?: \(https?://[^)]*\))?(?: \[[^]]*\])?\r?$", RegexOptions.Multiline)]
    private static partial Regex WarningLine();
}

internal sealed record Warning(string File, int Line, string Id, string Message);

/// <summary>A stage did not do what it says.</summary>
internal sealed class StageFailedException(string message, Run? run = null) : Exception(message)
{
    /// <summary>The command that shows it.</summary>
    public Run? Run => run;
}
