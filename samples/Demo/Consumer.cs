using System.Reflection;

namespace Demo;

/// <summary>A person's project: the packages come from a folder feed, beside what this machine is configured with.</summary>
internal sealed class Consumer(DirectoryInfo folder, CancellationToken cancellationToken)
{
    private const string Version = "0.1.0-demo";

    private readonly DirectoryInfo _feed = folder.CreateSubdirectory("feed");

    private readonly DirectoryInfo _project = folder.CreateSubdirectory("PromptBatch");

    public async Task<int> PackAsync()
    {
        foreach (var project in new[] { "AsyncLlmAnalyzers.Package", "AsyncLlm", "AsyncLlm.OpenAI" })
        {
            var pack = await Command.RunDotNetAsync(
                Path.Combine(Sample.Root, "src", project),
                ["pack", "-o", _feed.FullName, $"-p:Version={Version}", $"-p:ArtifactsPath={Path.Combine(folder.FullName, "artifacts")}"],
                cancellationToken);
            pack.Succeeded();
        }

        return _feed.GetFiles("*.nupkg").Length;
    }

    public async Task<Run> InstallAsync(IEnumerable<(string Name, string Text)> sources)
    {
        // One version is packed again and again: its copy must not survive this run, everything else may be shared.
        var shared = typeof(Consumer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "NuGetPackageRoot").Value;
        await WriteAsync("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="demo" value="{_feed.FullName}" />
              </packageSources>
              <config>
                <add key="globalPackagesFolder" value="{Path.Combine(folder.FullName, "packages")}" />
              </config>
              <fallbackPackageFolders>
                <add key="shared" value="{shared}" />
              </fallbackPackageFolders>
            </configuration>
            """);
        await WriteAsync("PromptBatch.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">

              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>

              <ItemGroup>
                <PackageReference Include="OpenAI" Version="{Sample.OpenAIVersion}" />
              </ItemGroup>

            </Project>
            """);
        await WriteAsync(sources);
        return (await DotNetAsync("add", "package", "AsyncLlm.OpenAI", "--version", Version)).Succeeded();
    }

    public async Task WriteAsync(IEnumerable<(string Name, string Text)> sources)
    {
        foreach (var (name, text) in sources)
            await WriteAsync(name, text);
    }

    /// <returns>The built program, and what the build said.</returns>
    public async Task<(string Program, Run Build)> BuildAsync(string version)
    {
        var output = Path.Combine(folder.FullName, version);
        var build = await DotNetAsync("build", "--no-restore", "--no-incremental", "-clp:NoSummary", "-o", output);
        return (Path.Combine(output, "PromptBatch.dll"), build.Succeeded());
    }

    public async Task<Run> FixAsync(IEnumerable<string> ids) =>
        (await DotNetAsync(["format", "analyzers", "--no-restore", "--severity", "warn", "--diagnostics", .. ids])).Succeeded();

    public string Read(string name) => File.ReadAllText(Path.Combine(_project.FullName, name)).ReplaceLineEndings("\n");

    private Task WriteAsync(string name, string text) => File.WriteAllTextAsync(Path.Combine(_project.FullName, name), text, cancellationToken);

    private Task<Run> DotNetAsync(params IEnumerable<string> arguments) => Command.RunDotNetAsync(_project.FullName, arguments, cancellationToken);
}
