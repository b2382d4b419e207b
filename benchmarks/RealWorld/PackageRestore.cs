using System.IO.Enumeration;

namespace RealWorld;

/// <summary>Brings missing packages into the package folder, each through a project of its own, so that one that is not to be had costs no other.</summary>
internal static class PackageRestore
{
    public static async Task<IReadOnlyList<string>> RestoreAsync(IEnumerable<string> packages, IReadOnlyList<string> patterns, PackageFolder folder)
    {
        var missing = packages
            .Where(package => patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, package)) && !folder.Contains(package))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Order(StringComparer.OrdinalIgnoreCase)
            .ToList();
        var failed = new List<string>();
        foreach (var package in missing)
        {
            if (!await TryRestoreAsync(package, "*") && !await TryRestoreAsync(package, "*-*"))
                failed.Add(package);
        }

        Console.WriteLine($"{missing.Count - failed.Count} of {missing.Count} missing packages restored");
        return failed;
    }

    private static async Task<bool> TryRestoreAsync(string package, string version)
    {
        var folder = Directory.CreateTempSubdirectory("realworld-");
        try
        {
            var project = Path.Combine(folder.FullName, "restore.csproj");
            await File.WriteAllTextAsync(project, $"""
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageReference Include="{package}" Version="{version}" /></ItemGroup>
                </Project>
                """);
            return (await Processes.RunAsync("dotnet", ["restore", project], folder.FullName)).ExitCode == 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
