using System.Xml.Linq;

namespace RealWorld;

/// <summary>The global package folder: the newest version of a package, its assemblies for .NET 10 and what it depends on.</summary>
internal sealed class PackageFolder
{
    private static readonly string[] Frameworks =
        ["net10.0", "net9.0", "net8.0", "net7.0", "net6.0", "net5.0", "netcoreapp3.1", "netcoreapp3.0", "netstandard2.1", "netstandard2.0", "netstandard1.6", "netstandard1.3"];

    private readonly string root = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    public bool Contains(string package) => NewestVersion(package) is not null;

    /// <summary>The assemblies of a package and of everything it depends on that is present.</summary>
    public IEnumerable<string> Assemblies(string package) => Closure(package, []).SelectMany(AssembliesOf);

    private IEnumerable<string> Closure(string package, HashSet<string> seen) =>
        seen.Add(package.ToLowerInvariant()) && NewestVersion(package) is { } folder
            ? Dependencies(folder).SelectMany(dependency => Closure(dependency, seen)).Prepend(folder)
            : [];

    private string? NewestVersion(string package)
    {
        var folder = Path.Combine(root, package.ToLowerInvariant());
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).MaxBy(version => OrderOf(Path.GetFileName(version))) : null;
    }

    private static IEnumerable<string> AssembliesOf(string versionFolder) =>
        new[] { "ref", "lib" }
            .SelectMany(kind => Frameworks.Select(framework => Path.Combine(versionFolder, kind, framework)))
            .FirstOrDefault(Directory.Exists) is { } best
            ? Directory.EnumerateFiles(best, "*.dll")
            : [];

    private static IEnumerable<string> Dependencies(string versionFolder)
    {
        var nuspec = Directory.EnumerateFiles(versionFolder, "*.nuspec").FirstOrDefault();
        if (nuspec is null || Child(Child(XDocument.Load(nuspec).Root, "metadata"), "dependencies") is not { } dependencies)
            return [];

        var groups = dependencies.Elements().Where(element => element.Name.LocalName == "group").ToList();
        var best = groups.Count == 0
            ? dependencies
            : Frameworks.Append("").Select(framework => groups.Find(group => FrameworkOf(group) == framework)).FirstOrDefault(group => group is not null);
        return best?.Elements().Select(dependency => (string?)dependency.Attribute("id")).OfType<string>() ?? [];
    }

    private static XElement? Child(XElement? parent, string name) => parent?.Elements().FirstOrDefault(element => element.Name.LocalName == name);

    private static string FrameworkOf(XElement group) =>
        ((string?)group.Attribute("targetFramework") ?? "").ToLowerInvariant().Replace(".netstandard", "netstandard", StringComparison.Ordinal).Replace(".netcoreapp", "netcoreapp", StringComparison.Ordinal);

    /// <summary>Numbers first; a release is newer than its pre-releases.</summary>
    private static (Version, bool, string) OrderOf(string version)
    {
        var parts = version.Split('-', 2);
        return (Version.TryParse(parts[0], out var number) ? number : new Version(), parts.Length == 1, parts[^1]);
    }
}
