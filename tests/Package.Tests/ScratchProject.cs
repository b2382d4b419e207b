namespace Package.Tests;

/// <summary>A consumer's project.</summary>
internal sealed class ScratchProject
{
    private readonly string _folder;

    public ScratchProject(string folder)
    {
        _folder = folder;
        Write("Scratch.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">

              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>

              <ItemGroup>
                <PackageReference Include="OpenAI" Version="{PinnedVersions.Of("OpenAI")}" />
              </ItemGroup>

            </Project>
            """);
    }

    public string Read(string file) => File.ReadAllText(Path.Combine(_folder, file));

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);

    /// <summary><c>dotnet add package</c>, which also restores.</summary>
    public async Task AddPackageAsync(string id) =>
        (await DotNet.RunAsync(_folder, "add", "package", id, "--version", PackedFeed.Version)).Succeeded();

    /// <summary>Builds anew whatever was built before: a changed setting alone does not make the compiler run again.</summary>
    public Task<Run> BuildAsync(params string[] settings) =>
        DotNet.RunAsync(_folder, ["build", "--no-restore", "--no-incremental", "-clp:NoSummary", .. settings]);

    public Task<Run> FormatAnalyzersAsync(params string[] settings) =>
        DotNet.RunAsync(_folder, ["format", "analyzers", "--no-restore", .. settings]);
}
