using System.IO.Compression;
using System.Xml.Linq;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

[Collection(PackedFeedCollection.Name)]
public sealed class PackageContentTests(PackedFeed feed)
{
    [Fact]
    public void Analyzers_package_contains_both_assemblies_and_no_library() => Lines.AssertSame(
        [
            "AsyncLlmAnalyzers.nuspec",
            "README.md",
            "analyzers/dotnet/roslyn4.14/cs/AsyncLlmAnalyzers.CodeFixes.dll",
            "analyzers/dotnet/roslyn4.14/cs/AsyncLlmAnalyzers.dll",
            "build/AsyncLlmAnalyzers.targets",
            "buildTransitive/AsyncLlmAnalyzers.targets",
            "config/Minimal.globalconfig",
            "config/Recommended.globalconfig",
            "config/Strict.globalconfig",
            "config/Tests.globalconfig",
        ],
        EntriesOf("AsyncLlmAnalyzers"),
        "Entries of AsyncLlmAnalyzers");

    [Fact]
    public void Runtime_package_contains_one_assembly_a_framework_with_its_documentation() => Lines.AssertSame(
        [
            "AsyncLlm.nuspec",
            "README.md",
            "lib/net10.0/AsyncLlm.dll",
            "lib/net10.0/AsyncLlm.xml",
            "lib/net8.0/AsyncLlm.dll",
            "lib/net8.0/AsyncLlm.xml",
        ],
        EntriesOf("AsyncLlm"),
        "Entries of AsyncLlm");

    [Fact]
    public void Analyzers_package_is_a_development_dependency_and_depends_on_nothing()
    {
        var nuspec = NuspecOf("AsyncLlmAnalyzers");

        Assert.Equal("true", ValueOf(nuspec, "developmentDependency"));
        Assert.Equal("MIT", ValueOf(nuspec, "license"));
        Assert.Equal("README.md", ValueOf(nuspec, "readme"));
        Assert.Empty(DependenciesOf(nuspec));
    }

    /// <summary>Without include="All" NuGet's default would keep the analyzers from whoever adds the runtime.</summary>
    [Fact]
    public void Runtime_package_depends_on_the_analyzers_with_all_their_assets()
    {
        var nuspec = NuspecOf("AsyncLlm");

        Assert.Null(ValueOf(nuspec, "developmentDependency"));
        Assert.Equal("MIT", ValueOf(nuspec, "license"));
        Assert.Equal(
            [$"net10.0: AsyncLlmAnalyzers {PackedFeed.Version} All", $"net8.0: AsyncLlmAnalyzers {PackedFeed.Version} All"],
            DependenciesOf(nuspec).Where(dependency => dependency.Contains("Analyzers", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_package_of_the_feed_has_the_same_version() =>
        Assert.All(Directory.GetFiles(feed.Feed), file => Assert.EndsWith($".{PackedFeed.Version}.nupkg", file, StringComparison.Ordinal));

    /// <summary>Without the parts of the container format itself.</summary>
    private List<string> EntriesOf(string id)
    {
        using var package = ZipFile.OpenRead(feed.PackageFile(id));
        return
        [
            .. package.Entries.Select(entry => entry.FullName)
                .Where(name => name is not ("_rels/.rels" or "[Content_Types].xml") && !name.StartsWith("package/services/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }

    private XElement NuspecOf(string id)
    {
        using var package = ZipFile.OpenRead(feed.PackageFile(id));
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(nuspec).Root!;
    }

    private static string? ValueOf(XElement nuspec, string name) =>
        nuspec.Descendants().SingleOrDefault(element => element.Name.LocalName == name)?.Value;

    private static IEnumerable<string> DependenciesOf(XElement nuspec) =>
        from dependency in nuspec.Descendants()
        where dependency.Name.LocalName == "dependency"
        select $"{dependency.Parent!.Attribute("targetFramework")?.Value}: {dependency.Attribute("id")!.Value} {dependency.Attribute("version")!.Value} {dependency.Attribute("include")?.Value}";
}
