using System.Text.Json;

namespace RealWorld;

/// <summary>A project as MSBuild evaluates it: no target runs and nothing needs to be restored.</summary>
internal sealed class ProjectFile
{
    private static readonly string[] Frameworks = ["net10.0", "net9.0", "net8.0", "net7.0", "net6.0", "netstandard2.1", "netstandard2.0"];
    private static readonly string[] Properties = ["AssemblyName", "AllowUnsafeBlocks", "DefineConstants", "Nullable", "OutputType", "TargetFramework", "TargetFrameworks"];
    private static readonly string[] Items = ["Compile", "InternalsVisibleTo", "PackageReference", "ProjectReference", "Using"];

    private readonly JsonElement properties;
    private readonly JsonElement items;

    private ProjectFile(string path, JsonElement evaluated)
    {
        Path = path;
        properties = evaluated.GetProperty("Properties");
        items = evaluated.GetProperty("Items");
    }

    public string Path { get; }

    public string AssemblyName => Property("AssemblyName");

    public bool AllowsUnsafe => IsTrue(Property("AllowUnsafeBlocks"));

    public bool IsProgram => Property("OutputType") is "Exe" or "WinExe";

    public bool IsNullable => Property("Nullable").Equals("enable", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<string> Constants => Property("DefineConstants").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public IEnumerable<string> Sources => Named("Compile").Select(item => Metadata(item, "FullPath")).Where(file => file.EndsWith(".cs", StringComparison.OrdinalIgnoreCase)).Distinct();

    public IEnumerable<string> Friends => Named("InternalsVisibleTo").Select(Identity);

    public IEnumerable<string> Packages => Named("PackageReference").Select(Identity);

    public IEnumerable<string> Projects => Named("ProjectReference")
        .Where(item => Metadata(item, "OutputItemType") != "Analyzer" && !IsFalse(Metadata(item, "ReferenceOutputAssembly")))
        .Select(item => System.IO.Path.GetFullPath(Metadata(item, "FullPath").Replace('\\', '/')));

    public IEnumerable<string> GlobalUsings => Named("Using").Select(item => (Identity(item), Metadata(item, "Alias"), Metadata(item, "Static")) switch
    {
        var (name, alias, _) when alias.Length > 0 => $"global using {alias} = {name};",
        var (name, _, isStatic) when IsTrue(isStatic) => $"global using static {name};",
        var (name, _, _) => $"global using {name};",
    });

    /// <summary>The project for the newest of its frameworks, or the reason why it cannot be read.</summary>
    public static async Task<(ProjectFile? Project, string? Failure)> EvaluateAsync(string path)
    {
        var (project, failure) = await EvaluateAsync(path, framework: null);
        if (project is null || project.Property("TargetFramework").Length > 0)
            return (project, failure);

        var offered = project.Property("TargetFrameworks").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var framework = Frameworks.FirstOrDefault(offered.Contains) ?? offered.FirstOrDefault() ?? Frameworks[0];
        return await EvaluateAsync(path, framework);
    }

    private static async Task<(ProjectFile?, string?)> EvaluateAsync(string path, string? framework)
    {
        string[] target = framework is null ? [] : [$"-p:TargetFramework={framework}"];

        // Directory.Build.targets import what a build needs and a compilation does not, some of it SDKs that are not to be had.
        var (exitCode, output) = await Processes.RunAsync(
            "dotnet",
            ["msbuild", path, "-nologo", $"-getProperty:{string.Join(',', Properties)}", $"-getItem:{string.Join(',', Items)}", "-p:ImportDirectoryBuildTargets=false", .. target],
            environment: ("MSBuildEnableWorkloadResolver", "false"));
        return exitCode == 0
            ? (new ProjectFile(path, JsonSerializer.Deserialize<JsonElement>(output[output.IndexOf('{', StringComparison.Ordinal)..])), null)
            : (null, (output.Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.Ordinal)) ?? output).Trim());
    }

    private static bool IsTrue(string value) => value.Equals("true", StringComparison.OrdinalIgnoreCase);

    private static bool IsFalse(string value) => value.Equals("false", StringComparison.OrdinalIgnoreCase);

    private static string Identity(JsonElement item) => Metadata(item, "Identity");

    private static string Metadata(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private string Property(string name) => properties.GetProperty(name).GetString() ?? "";

    private IEnumerable<JsonElement> Named(string name) => items.GetProperty(name).EnumerateArray();
}
