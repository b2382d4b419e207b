using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

[CollectionDefinition(Name)]
public sealed class PackedFeedCollection : ICollectionFixture<PackedFeed>
{
    public const string Name = "packed";
}

/// <summary>The packages of this checkout, packed once into a folder feed from an output folder nothing was built in before.</summary>
public sealed class PackedFeed : IAsyncLifetime
{
    public const string Version = "1.2.3-test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("async-llm-packages-");

    private int _projects;

    /// <summary>Where <c>dotnet pack</c> puts packages below its artifacts folder.</summary>
    internal string Feed => Path.Combine(_folder.FullName, "artifacts", "package", "release");

    internal string PackageFile(string id) => Path.Combine(Feed, $"{id}.{Version}.nupkg");

    public async Task InitializeAsync()
    {
        (await DotNet.RunAsync(Repository.Root, "pack", $"-p:ArtifactsPath={_folder.FullName}/artifacts", $"-p:Version={Version}")).Succeeded();

        var shared = (await DotNet.RunAsync(_folder.FullName, "nuget", "locals", "global-packages", "--list")).Succeeded()
            .Output.Split("global-packages:")[1].Trim();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "nuget.config"), $"""
            <configuration>
              <!-- Beside the sources this machine is configured with. -->
              <packageSources>
                <add key="packed" value="{Feed}" />
              </packageSources>
              <!-- One version is packed again and again: its copy must not survive this run, everything else may be shared. -->
              <config>
                <add key="globalPackagesFolder" value="{_folder.FullName}/packages" />
              </config>
              <fallbackPackageFolders>
                <add key="shared" value="{shared}" />
              </fallbackPackageFolders>
            </configuration>
            """);
    }

    public Task DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A library project in a folder of its own that uses OpenAI; packages of the feed are added by <see cref="ScratchProject.AddPackageAsync"/>.</summary>
    internal ScratchProject NewProject(params IEnumerable<(string Path, string Text)> files)
    {
        var project = new ScratchProject(NewPath());
        foreach (var (path, text) in files)
            project.Write(path, text);
        return project;
    }

    /// <summary>An empty folder whose projects find the packages of the feed.</summary>
    internal ScratchFolder NewFolder() => new(NewPath());

    private string NewPath() => _folder.CreateSubdirectory($"project{++_projects}").FullName;
}
