using System.Reflection;

namespace Microsoft.CodeAnalysis.Testing;

public class SourceFileCollection : List<(string filename, string content)>;

public class SourceFileList(string defaultPrefix) : SourceFileCollection
{
    public void Add(string content) => Add(($"{defaultPrefix}{Count}.cs", content));
}

public class MetadataReferenceCollection : List<MetadataReference>
{
    public void Add(Assembly assembly) => Add(MetadataReference.CreateFromFile(assembly.Location));
}

public class ProjectState(string name, string defaultPrefix)
{
    public string Name { get; } = name;
    public OutputKind? OutputKind { get; set; }
    public SourceFileList Sources { get; } = new(defaultPrefix);
    public SourceFileCollection AdditionalFiles { get; } = [];
    public SourceFileCollection AnalyzerConfigFiles { get; } = [];
    public List<string> AdditionalProjectReferences { get; } = [];
    public MetadataReferenceCollection AdditionalReferences { get; } = [];

    internal SourceFileCollection[] Files => [Sources, AdditionalFiles, AnalyzerConfigFiles];

    /// <summary>All files one after the other, to be compared.</summary>
    internal string Render() => string.Concat(Files.SelectMany(files => files).Select(file => Render(Name, Path.GetFileName(file.filename), file.content)));

    internal static string Render(string project, string file, string content) => $"// {project}: {file}\n{content}\n";

    /// <summary>Fills a new state with what this one has or else <paramref name="from"/> has.</summary>
    internal T CopyTo<T>(T copy, ProjectState? from = null, Func<(string, string), (string, string)>? change = null)
        where T : ProjectState
    {
        copy.OutputKind = OutputKind ?? from?.OutputKind;
        for (var kind = 0; kind < Files.Length; kind++)
            copy.Files[kind].AddRange(Either(Files[kind], from?.Files[kind]).Select(change ?? (file => file)));
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

/// <summary>The sources before or after a fix, and the diagnostics expected in them. What a state after does not give it takes from the state before.</summary>
public class SolutionState() : ProjectState("TestProject", "/0/Test")
{
    /// <summary>How markup is read; null: all of it, but in what a fix has changed not that of fixable diagnostics.</summary>
    public MarkupMode? MarkupHandling { get; set; }
    public ProjectCollection AdditionalProjects { get; } = [];
    public List<DiagnosticResult> ExpectedDiagnostics { get; } = [];

    internal bool IsDeclared => MarkupHandling is not null || Files.Any(files => files.Count > 0);

    internal IEnumerable<ProjectState> Projects => [this, .. AdditionalProjects.Values];

    internal SolutionState Inherit(SolutionState? from, ImmutableArray<string> fixable)
    {
        var result = CopyTo(new SolutionState(), from);
        var isChanged = from is not null && !(result.Render() == from.Render() && result.AdditionalReferences.SequenceEqual(from.AdditionalReferences));
        result.MarkupHandling = MarkupHandling ?? (isChanged ? MarkupMode.IgnoreFixable : from?.MarkupHandling ?? MarkupMode.Allow);
        result.ExpectedDiagnostics.AddRange(Either(ExpectedDiagnostics, from?.ExpectedDiagnostics.Where(expected => !isChanged || !fixable.Contains(expected.Id))));
        foreach (var (name, project) in Either(AdditionalProjects, from?.AdditionalProjects))
            result.AdditionalProjects.Add(name, project);
        return result;
    }

    /// <summary>This state without markup, and with the diagnostics the markup declares: <paramref name="describe"/> knows which by name, and which to leave out.</summary>
    internal SolutionState ReadMarkup(bool positionsAreCode, Func<string, DiagnosticResult?> describe)
    {
        var keys = new Dictionary<string, FileLinePositionSpan>();
        var expected = ExpectedDiagnostics.ToList();
        var result = CopyTo(new SolutionState(), change: Read);
        foreach (var (name, project) in AdditionalProjects)
            result.AdditionalProjects.Add(name, project.CopyTo(new ProjectState(name, ""), change: Read));
        result.ExpectedDiagnostics.AddRange(expected.Select(diagnostic => diagnostic.Resolve("/0/Test0.cs", keys)));
        return result;

        (string, string) Read((string Path, string Content) file)
        {
            var (text, marks) = MarkupHandling == MarkupMode.None ? (file.Content, []) : Markup.Parse(file.Content, positionsAreCode);
            foreach (var (name, span, isPosition) in marks)
            {
                var location = new FileLinePositionSpan(file.Path, SourceText.From(text).Lines.GetLinePositionSpan(span));
                if (name.StartsWith('#') && !keys.TryAdd(name, location))
                    throw new InvalidOperationException($"Markup {{|{name}:..|}} appears more than once");
                if (!name.StartsWith('#') && describe(name) is { } diagnostic)
                    expected.Add(isPosition ? diagnostic.WithLocation(file.Path, location.StartLinePosition) : diagnostic.WithSpan(location));
            }

            return (file.Path, text);
        }
    }
}
