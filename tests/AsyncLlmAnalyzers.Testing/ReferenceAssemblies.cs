using System.Collections.Immutable;
using System.Reflection;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>The assemblies the running test host resolves, so that code under test binds to the very packages the test project references.</summary>
internal static class HostReferences
{
    private static readonly string FrameworkDirectory = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    public static ImmutableArray<MetadataReference> All { get; } =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    public static ImmutableArray<MetadataReference> Framework { get; } =
        [.. All.Where(reference => Path.GetDirectoryName(reference.Display) == FrameworkDirectory)];
}

#if OFFICIAL_TESTING
/// <summary>Gives the official library the one member it lacks.</summary>
internal static class ReferenceAssembliesExtensions
{
    private static readonly ReferenceAssemblies FrameworkOnly = Resolved("framework", HostReferences.Framework);
    private static readonly ReferenceAssemblies Everything = Resolved("testhost", HostReferences.All);

    extension(ReferenceAssemblies)
    {
        public static ReferenceAssemblies TestHost => Everything;

        public static ReferenceAssemblies TestHostFramework => FrameworkOnly;
    }

    // Seeding its cache is the only way to references that are files and not a package.
    private static ReferenceAssemblies Resolved(string name, ImmutableArray<MetadataReference> references)
    {
        var result = new ReferenceAssemblies(name);
        var cache = typeof(ReferenceAssemblies).GetField("_references", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(result);
        ((Dictionary<string, ImmutableArray<MetadataReference>>)cache!).Add("", references);
        return result;
    }
}
#else
/// <summary>What a test's sources are compiled against.</summary>
public sealed class ReferenceAssemblies
{
    private readonly ImmutableArray<MetadataReference> references;

    private ReferenceAssemblies(ImmutableArray<MetadataReference> references) => this.references = references;

    /// <summary>The framework alone: no package of the test project.</summary>
    public static ReferenceAssemblies Default { get; } = new(HostReferences.Framework);

    /// <summary>The framework and every package the test project references; the official library has no such member.</summary>
    public static ReferenceAssemblies TestHost { get; } = new(HostReferences.All);

    public Task<ImmutableArray<MetadataReference>> ResolveAsync(string? language, CancellationToken cancellationToken) => Task.FromResult(references);
}
#endif
