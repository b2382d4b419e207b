using System.Xml.Linq;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

/// <summary>The versions this repository restores too, so that a scratch project finds them already downloaded.</summary>
internal static class PinnedVersions
{
    private static readonly Dictionary<string, string> Versions = XDocument.Load(Repository.PathOf("Directory.Packages.props"))
        .Descendants("PackageVersion").Where(package => package.Attribute("Include") is not null).ToDictionary(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value);

    public static string Of(string id) => Versions[id];
}
