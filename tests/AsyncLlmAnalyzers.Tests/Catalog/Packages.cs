using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>Assemblies of packages that this project downloads and does not link, and of versions that do not exist.</summary>
internal static class Packages
{
    public static string Root { get; } =
        typeof(Packages).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "NuGetPackageRoot").Value!;

    public static MetadataReference Reference(string package, string version, string framework, string assembly) =>
        MetadataReference.CreateFromFile(Path.Combine(Root, package.ToLowerInvariant(), version, "lib", framework, assembly + ".dll"));

    /// <summary>The same assembly, as if it had been built with another version.</summary>
    public static MetadataReference WithVersion(MetadataReference reference, Version version)
    {
        var image = File.ReadAllBytes(reference.Display!);
        using var assembly = new PEReader(new MemoryStream(image));
        var reader = assembly.GetMetadataReader();

        // ECMA-335 II.22.2: a row begins with the hash algorithm's four bytes, then two for each part of the version.
        var row = assembly.PEHeaders.MetadataStartOffset + reader.GetTableMetadataOffset(TableIndex.Assembly) + sizeof(int);
        foreach (var (part, index) in new[] { version.Major, version.Minor, version.Build, version.Revision }.Select((part, index) => (part, index)))
            BitConverter.TryWriteBytes(image.AsSpan(row + index * sizeof(ushort)), (ushort)Math.Max(0, part));
        return MetadataReference.CreateFromImage(image);
    }
}
