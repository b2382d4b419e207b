namespace Microsoft.CodeAnalysis.Testing;

/// <summary>What sources are compiled against.</summary>
public sealed class ReferenceAssemblies
{
    private readonly ImmutableArray<MetadataReference> references;

    private ReferenceAssemblies(IEnumerable<MetadataReference> references) => this.references = [.. references];

    /// <summary>The framework alone.</summary>
    public static ReferenceAssemblies Default { get; } = new(HostReferences.Framework);

    /// <summary>The framework and the packages of the test project. The official library has no such member.</summary>
    public static ReferenceAssemblies TestHost { get; } = new(HostReferences.All);

    public Task<ImmutableArray<MetadataReference>> ResolveAsync(string? language, CancellationToken cancellationToken) => Task.FromResult(references);
}
