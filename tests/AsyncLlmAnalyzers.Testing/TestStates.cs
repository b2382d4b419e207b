using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using Microsoft.CodeAnalysis.Text;
using File = (string filename, Microsoft.CodeAnalysis.Text.SourceText content);

namespace Microsoft.CodeAnalysis.Testing;

public class SourceFileCollection : List<File>
{
    public void Add((string filename, string content) file) => Add((file.filename, SourceText.From(file.content)));

    internal bool IsSameAs(SourceFileCollection other) =>
        Count == other.Count && this.Zip(other).All(pair => pair.First.filename == pair.Second.filename && pair.First.content.ContentEquals(pair.Second.content));
}

public class SourceFileList(string defaultPrefix) : SourceFileCollection
{
    public void Add(string content) => Add(($"{defaultPrefix}{Count}.cs", content));
}

public class MetadataReferenceCollection : List<MetadataReference>
{
    private static readonly ConcurrentDictionary<string, MetadataReference> Cache = new();

    public void Add(Assembly assembly) => Add(assembly.Location);

    public void Add(string path) => Add(Cache.GetOrAdd(path, static file => MetadataReference.CreateFromFile(file)));
}

public class ProjectState(string name, string defaultPrefix)
{
    public string Name { get; } = name;

    /// <summary>What the project is compiled against; null for what the test says.</summary>
    public ReferenceAssemblies? ReferenceAssemblies { get; set; }

    public OutputKind? OutputKind { get; set; }

    public SourceFileList Sources { get; } = new(defaultPrefix);

    public SourceFileCollection AdditionalFiles { get; } = [];

    public SourceFileCollection AnalyzerConfigFiles { get; } = [];

    public List<string> AdditionalProjectReferences { get; } = [];

    public MetadataReferenceCollection AdditionalReferences { get; } = [];

    internal SourceFileCollection[] Files => [Sources, AdditionalFiles, AnalyzerConfigFiles];

    internal bool HasFilesOf(ProjectState other) => Files.Zip(other.Files).All(pair => pair.First.IsSameAs(pair.Second));

    /// <summary>Fills a new state with what this one has or else <paramref name="from"/> has.</summary>
    internal T CopyTo<T>(T copy, ProjectState? from = null, Func<File, File>? change = null)
        where T : ProjectState
    {
        copy.ReferenceAssemblies = ReferenceAssemblies ?? from?.ReferenceAssemblies;
        copy.OutputKind = OutputKind ?? from?.OutputKind;
        for (var kind = 0; kind < Files.Length; kind++)
            copy.Files[kind].AddRange(Either(Files[kind], from?.Files[kind]).Select(file => change?.Invoke(file) ?? file));
        copy.AdditionalProjectReferences.AddRange(Either(AdditionalProjectReferences, from?.AdditionalProjectReferences));
        copy.AdditionalReferences.AddRange(Either(AdditionalReferences, from?.AdditionalReferences));
        return copy;
    }

    private protected static IEnumerable<T> Either<T>(IReadOnlyCollection<T> own, IEnumerable<T>? inherited) => own.Count > 0 ? own : inherited ?? [];
}

/// <summary>The further projects of a solution; asking for a name adds the project.</summary>
public class ProjectCollection : Dictionary<string, ProjectState>
{
    public new ProjectState this[string projectName]
    {
        get
        {
            if (!TryGetValue(projectName, out var project))
                Add(projectName, project = new(projectName, $"/{projectName}/Test"));
            return project;
        }
    }
}

/// <summary>The sources before or after a fix, and the diagnostics expected in them. What the state after does not give it takes from the state before.</summary>
public class SolutionState() : ProjectState("TestProject", "/0/Test")
{
    /// <summary>How markup is read; null: <see cref="MarkupMode.Allow"/>, or <see cref="MarkupMode.IgnoreFixable"/> in what a fix has changed.</summary>
    public MarkupMode? MarkupHandling { get; set; }

    public ProjectCollection AdditionalProjects { get; } = [];

    public List<DiagnosticResult> ExpectedDiagnostics { get; } = [];

    internal bool IsDeclared => MarkupHandling is not null || Files.Any(files => files.Count > 0);

    internal IEnumerable<ProjectState> Projects => [this, .. AdditionalProjects.Values];

    internal SolutionState Inherit(SolutionState? from, ImmutableArray<string> fixable)
    {
        var result = CopyTo(new SolutionState(), from);
        var isChanged = from is not null && !(result.HasFilesOf(from) && result.AdditionalReferences.SequenceEqual(from.AdditionalReferences));
        result.MarkupHandling = MarkupHandling ?? (isChanged ? MarkupMode.IgnoreFixable : from?.MarkupHandling ?? MarkupMode.Allow);
        result.ExpectedDiagnostics.AddRange(Either(ExpectedDiagnostics, from?.ExpectedDiagnostics.Where(expected => !isChanged || !fixable.Contains(expected.Id))));
        foreach (var (name, project) in Either(AdditionalProjects, from?.AdditionalProjects))
            result.AdditionalProjects.Add(name, project);
        return result;
    }

    /// <summary>This state without markup, and with the diagnostics the markup declares.</summary>
    /// <param name="describe">The expected diagnostic for a name in markup (empty for <c>[|..|]</c> and <c>$$</c>).</param>
    internal SolutionState ReadMarkup(bool positionsAreCode, Func<string, DiagnosticResult> describe, ImmutableArray<string> fixable)
    {
        var expected = ExpectedDiagnostics.ToList();
        var keys = new Dictionary<string, FileLinePositionSpan>();
        var result = CopyTo(new SolutionState(), change: Read);
        foreach (var (name, project) in AdditionalProjects)
            result.AdditionalProjects.Add(name, project.CopyTo(new ProjectState(name, ""), change: Read));
        result.ExpectedDiagnostics.AddRange(expected.Select(diagnostic => diagnostic.Resolve("/0/Test0.cs", keys)));
        return result;

        File Read(File file)
        {
            if (MarkupHandling == MarkupMode.None)
                return file;

            var (text, spans) = Markup.Parse(file.content.ToString(), positionsAreCode);
            var content = SourceText.From(text);
            foreach (var (name, span, isPosition) in MarkupHandling == MarkupMode.Ignore ? [] : spans)
            {
                var location = new FileLinePositionSpan(file.filename, content.Lines.GetLinePositionSpan(span));
                if (name.StartsWith('#'))
                {
                    if (!keys.TryAdd(name, location))
                        throw new InvalidOperationException($"Markup {{|{name}:..|}} appears more than once");
                }
                else if (describe(name) is var diagnostic && !(MarkupHandling == MarkupMode.IgnoreFixable && fixable.Contains(diagnostic.Id)))
                {
                    expected.Add(isPosition ? diagnostic.WithLocation(file.filename, location.StartLinePosition) : diagnostic.WithSpan(location));
                }
            }

            return (file.filename, content);
        }
    }
}
