namespace Package.Tests;

/// <summary>A consumer's folder with one project or a solution, outside of this repository.</summary>
internal class ScratchFolder(string path)
{
    public string Read(string file) => File.ReadAllText(Path.Combine(path, file));

    public void Write(string file, string text)
    {
        var target = Path.Combine(path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target, text);
    }

    /// <summary>Builds anew whatever was built before: a changed setting alone does not make the compiler run again.</summary>
    public Task<Run> BuildAsync(params string[] settings) =>
        RunAsync(["build", "--no-restore", "--no-incremental", "-clp:NoSummary", .. settings]);

    public Task<Run> FormatAnalyzersAsync(params string[] settings) =>
        RunAsync(["format", "analyzers", "--no-restore", .. settings]);

    public Task<Run> RunAsync(params string[] arguments) => DotNet.RunAsync(path, arguments);
}
