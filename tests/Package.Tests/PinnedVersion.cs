using System.Xml.Linq;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace Package.Tests;

/// <summary>The versions this repository restores too, so that a scratch project finds them already downloaded.</summary>
internal static class PinnedVersion
{
    private static readonly XDocument Packages = XDocument.Load(Repository.PathOf("Directory.Packages.props"));

    public static string Of(string package) =>
        Packages.Descendants("PackageVersion").Single(element => element.Attribute("Include")?.Value == package).Attribute("Version")!.Value;
}
