namespace Package.Tests;

/// <summary>A consumer's library that uses OpenAI.</summary>
internal sealed class ScratchProject : ScratchFolder
{
    public ScratchProject(string path)
        : base(path) =>
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

    /// <summary><c>dotnet add package</c>, which also restores.</summary>
    public async Task AddPackageAsync(string id) =>
        (await RunAsync("add", "package", id, "--version", PackedFeed.Version)).Succeeded();
}
