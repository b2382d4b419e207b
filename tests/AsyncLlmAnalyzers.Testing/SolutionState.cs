using System.Collections.Immutable;
using Microsoft.CodeAnalysis.Text;

namespace Microsoft.CodeAnalysis.Testing;

/// <summary>The sources of a test before or after a fix, and the diagnostics expected in them.</summary>
public class SolutionState(string name, string language, string defaultPrefix, string defaultExtension)
    : ProjectState(name, language, defaultPrefix, defaultExtension)
{
    /// <summary>What is taken from the state before; null: everything not given here, without the diagnostics that the fix handles when it changed something.</summary>
    public StateInheritanceMode? InheritanceMode { get; set; }

    /// <summary>How markup is read; null: <see cref="MarkupMode.Allow"/>, or <see cref="MarkupMode.IgnoreFixable"/> in what a fix has changed.</summary>
    public MarkupMode? MarkupHandling { get; set; }

    public ProjectCollection AdditionalProjects { get; } = new(language, defaultExtension);

    public List<DiagnosticResult> ExpectedDiagnostics { get; } = [];

    internal bool IsDeclared => InheritanceMode is not null || MarkupHandling is not null || Files.Any(files => files.Count > 0);

    internal IEnumerable<ProjectState> Projects => [this, .. AdditionalProjects.Values];

    internal SolutionState Inherit(SolutionState? from, ImmutableArray<string> fixable)
    {
        var changed = from is not null && ChangesContentOf(from);
        var mode = InheritanceMode ?? (from is null ? StateInheritanceMode.Explicit : changed ? StateInheritanceMode.AutoInherit : StateInheritanceMode.AutoInheritAll);
        var result = Fill(new SolutionState(Name, Language, DefaultPrefix, DefaultExtension), file => file);
        result.MarkupHandling = MarkupHandling ?? (changed ? MarkupMode.IgnoreFixable : from?.MarkupHandling ?? MarkupMode.Allow);
        result.ExpectedDiagnostics.AddRange(ExpectedDiagnostics);
        foreach (var (projectName, project) in AdditionalProjects)
            result.AdditionalProjects.Add(projectName, project);
        if (from is null || mode == StateInheritanceMode.Explicit)
            return result;

        result.ReferenceAssemblies ??= from.ReferenceAssemblies;
        result.OutputKind ??= from.OutputKind;
        foreach (var (to, files) in result.Files.Zip(from.Files))
            FillIfEmpty(to, files);
        FillIfEmpty(result.AdditionalProjectReferences, from.AdditionalProjectReferences);
        FillIfEmpty(result.AdditionalReferences, from.AdditionalReferences);
        FillIfEmpty(result.ExpectedDiagnostics, from.ExpectedDiagnostics.Where(expected => mode == StateInheritanceMode.AutoInheritAll || !fixable.Contains(expected.Id)));
        if (AdditionalProjects.Count == 0)
        {
            foreach (var (projectName, project) in from.AdditionalProjects)
                result.AdditionalProjects.Add(projectName, project);
        }

        return result;
    }

    internal SolutionState ReadMarkup(MarkupOptions options, DiagnosticDescriptor? unnamed, ImmutableArray<DiagnosticDescriptor> supported, ImmutableArray<string> fixable, string defaultPath)
    {
        var expected = ExpectedDiagnostics.Select(diagnostic => diagnostic.WithDefaultPath(defaultPath)).ToList();
        var keys = new Dictionary<string, FileLinePositionSpan>();
        var result = Fill(new SolutionState(Name, Language, DefaultPrefix, DefaultExtension), Read);
        foreach (var (projectName, project) in AdditionalProjects)
            result.AdditionalProjects.Add(projectName, project.WithFiles(Read));
        result.ExpectedDiagnostics.AddRange(expected.Select(diagnostic => diagnostic.WithMarkupLocations(keys)));
        return result;

        (string, SourceText) Read((string Name, SourceText Content) file)
        {
            if (MarkupHandling == MarkupMode.None)
                return file;

            var (text, spans) = Markup.Parse(file.Content.ToString(), options.HasFlag(MarkupOptions.TreatPositionIndicatorsAsCode));
            var content = SourceText.From(text, file.Content.Encoding);
            foreach (var (name, span, isPosition) in MarkupHandling == MarkupMode.Ignore ? [] : spans)
            {
                var location = new FileLinePositionSpan(file.Name, content.Lines.GetLinePositionSpan(span));
                if (name.StartsWith('#'))
                {
                    if (!keys.TryAdd(name, location))
                        throw new InvalidOperationException($"Markup {{|{name}:..|}} appears more than once");
                }
                else if (Expect(name) is { } diagnostic)
                {
                    expected.Add(isPosition ? diagnostic.WithLocation(file.Name, location.StartLinePosition) : diagnostic.WithSpan(location));
                }
            }

            return (file.Name, content);
        }

        DiagnosticResult? Expect(string name)
        {
            if (name == "" && unnamed is null)
                throw new InvalidOperationException("Markup without an id needs an analyzer that supports exactly one diagnostic");

            var id = name == "" ? unnamed!.Id : name;
            if (MarkupHandling == MarkupMode.IgnoreFixable && fixable.Contains(id))
                return null;

            var descriptors = name == "" ? [unnamed!] : supported.Where(descriptor => descriptor.Id == id).ToList();
            if (descriptors.Count > 1 && !options.HasFlag(MarkupOptions.UseFirstDescriptor))
                throw new InvalidOperationException($"{id} has several descriptors; declare the expected diagnostic without markup");

            return (descriptors.Count > 0 ? new(descriptors[0]) : DiagnosticResult.CompilerError(id))
                .WithMessage(null)
                .WithOptions(DiagnosticOptions.IgnoreAdditionalLocations | DiagnosticOptions.IgnoreSeverity);
        }
    }

    internal static bool SameFiles(ProjectState one, ProjectState other) =>
        one.Files.Zip(other.Files).All(pair => SameFiles(pair.First, pair.Second));

    private static bool SameFiles(SourceFileCollection one, SourceFileCollection other) =>
        one.Count == other.Count && one.Zip(other).All(pair => pair.First.filename == pair.Second.filename && pair.First.content.ContentEquals(pair.Second.content));

    private bool ChangesContentOf(SolutionState from)
    {
        var mayInherit = InheritanceMode != StateInheritanceMode.Explicit;
        return Files.Zip(from.Files).Any(pair => !(mayInherit && pair.First.Count == 0) && !SameFiles(pair.First, pair.Second))
            || (!(mayInherit && AdditionalReferences.Count == 0) && !AdditionalReferences.SequenceEqual(from.AdditionalReferences));
    }

    private static void FillIfEmpty<T>(List<T> list, IEnumerable<T> values)
    {
        if (list.Count == 0)
            list.AddRange(values);
    }
}
