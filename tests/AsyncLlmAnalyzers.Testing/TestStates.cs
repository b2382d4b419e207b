using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

public class SourceFileCollection : List<(string filename, SourceText content)>
{
    public void Add((string filename, string content) file) => Add((file.filename, SourceText.From(file.content)));
}

public class SourceFileList(string defaultPrefix, string defaultExtension) : SourceFileCollection
{
    public void Add(string content) => Add(SourceText.From(content));

    public void Add(SourceText content) => Add(($"{defaultPrefix}{Count}.{defaultExtension}", content));
}

public class MetadataReferenceCollection : List<MetadataReference>
{
    private static readonly ConcurrentDictionary<string, MetadataReference> Cache = new();

    public void Add(Assembly assembly) => Add(assembly.Location);

    public void Add(string path) => Add(Cache.GetOrAdd(path, static file => MetadataReference.CreateFromFile(file)));
}

public class ProjectState(string name, string language, string defaultPrefix, string defaultExtension)
{
    public string Name { get; } = name;

    public string AssemblyName => Name;

    public string Language { get; } = language;

    /// <summary>The project's references; null for those of the test.</summary>
    public ReferenceAssemblies? ReferenceAssemblies { get; set; }

    public OutputKind? OutputKind { get; set; }

    public SourceFileList Sources { get; } = new(defaultPrefix, defaultExtension);

    public SourceFileCollection AdditionalFiles { get; } = [];

    public SourceFileCollection AnalyzerConfigFiles { get; } = [];

    public List<string> AdditionalProjectReferences { get; } = [];

    public MetadataReferenceCollection AdditionalReferences { get; } = [];

    private protected string DefaultPrefix { get; } = defaultPrefix;

    private protected string DefaultExtension { get; } = defaultExtension;

    internal IEnumerable<SourceFileCollection> Files => [Sources, AdditionalFiles, AnalyzerConfigFiles];

    internal ProjectState WithFiles(Func<(string, SourceText), (string, SourceText)> change) =>
        Fill(new ProjectState(Name, Language, DefaultPrefix, DefaultExtension), change);

    private protected T Fill<T>(T copy, Func<(string, SourceText), (string, SourceText)> change)
        where T : ProjectState
    {
        copy.ReferenceAssemblies = ReferenceAssemblies;
        copy.OutputKind = OutputKind;
        foreach (var (to, from) in copy.Files.Zip(Files))
            to.AddRange(from.Select(change));
        copy.AdditionalProjectReferences.AddRange(AdditionalProjectReferences);
        copy.AdditionalReferences.AddRange(AdditionalReferences);
        return copy;
    }
}

/// <summary>The further projects of a solution; asking for a name adds the project.</summary>
public class ProjectCollection(string defaultLanguage, string defaultExtension) : Dictionary<string, ProjectState>
{
    public new ProjectState this[string projectName]
    {
        get
        {
            if (!TryGetValue(projectName, out var project))
                Add(projectName, project = new(projectName, defaultLanguage, $"/{projectName}/Test", defaultExtension));
            return project;
        }
    }
}
