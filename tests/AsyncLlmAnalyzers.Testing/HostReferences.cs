namespace Microsoft.CodeAnalysis.Testing;

/// <summary>The assemblies the running test host resolves: code under test binds to the very packages the test project references.</summary>
internal static class HostReferences
{
    private static readonly string FrameworkDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    public static IEnumerable<MetadataReference> All { get; } =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static IEnumerable<MetadataReference> Framework => All.Where(reference => Path.GetDirectoryName(reference.Display) == FrameworkDirectory);
}
