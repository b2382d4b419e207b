using System.IO.Compression;
using System.Xml.Linq;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

[Collection(PackedFeedCollection.Name)]
public sealed class PackageContentTests(PackedFeed feed)
{
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["AsyncLlm"] = ["AsyncLlmAnalyzers", "System.Threading.RateLimiting"],
        ["AsyncLlm.ExtensionsAI"] =
        [
            "AsyncLlm",
            "Microsoft.Extensions.AI.Abstractions",
            "Microsoft.Extensions.DependencyInjection.Abstractions",
            "Microsoft.Extensions.Logging.Abstractions",
            "Microsoft.Extensions.Options",
        ],
        ["AsyncLlm.OpenAI"] = ["AsyncLlm", "OpenAI", "System.ClientModel"],
        ["AsyncLlm.Polly"] = ["AsyncLlm", "Polly.Core"],
    };

    public static TheoryData<string> Libraries => [.. Dependencies.Keys];

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

    [Theory, MemberData(nameof(Libraries))]
    public void Library_package_contains_one_assembly_a_framework_with_its_documentation(string id) => Lines.AssertSame(
        [
            $"{id}.nuspec",
            "README.md",
            $"lib/net10.0/{id}.dll",
            $"lib/net10.0/{id}.xml",
            $"lib/net8.0/{id}.dll",
            $"lib/net8.0/{id}.xml",
        ],
        EntriesOf(id),
        $"Entries of {id}");

    [Fact]
    public void Analyzers_package_is_a_development_dependency_and_depends_on_nothing()
    {
        var nuspec = NuspecOf("AsyncLlmAnalyzers");

        Assert.Equal("true", ValueOf(nuspec, "developmentDependency"));
        Assert.Equal("MIT", ValueOf(nuspec, "license"));
        Assert.Equal("README.md", ValueOf(nuspec, "readme"));
        Assert.Empty(DependenciesOf(nuspec));
    }

    /// <summary>Without include="All" NuGet's default would keep the analyzers from whoever adds a library.</summary>
    [Theory, MemberData(nameof(Libraries))]
    public void Library_package_depends_on_what_it_needs_and_brings_the_analyzers(string id)
    {
        var nuspec = NuspecOf(id);

        Assert.Null(ValueOf(nuspec, "developmentDependency"));
        Assert.Equal("MIT", ValueOf(nuspec, "license"));
        Assert.Equal("README.md", ValueOf(nuspec, "readme"));
        Lines.AssertSame(
            from framework in new[] { "net10.0", "net8.0" }
            from dependency in Dependencies[id].Order(StringComparer.Ordinal)
            select dependency.StartsWith("AsyncLlm", StringComparison.Ordinal)
                ? $"{framework}: {dependency} {PackedFeed.Version} All"
                : $"{framework}: {dependency} {PinnedVersions.Of(dependency)} ",
            DependenciesOf(nuspec).Order(StringComparer.Ordinal),
            $"Dependencies of {id}");
    }

    [Fact]
    public void Feed_has_these_packages_and_no_other() => Lines.AssertSame(
        Dependencies.Keys.Append("AsyncLlmAnalyzers").Order(StringComparer.Ordinal),
        Directory.GetFiles(feed.Feed).Select(file => Path.GetFileName(file).Replace($".{PackedFeed.Version}.nupkg", "", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        "Packages");

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
