using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Tests.Consistency;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Samples;

/// <summary>A sample's sources as the program they are, for all rules and fixes that are shipped.</summary>
internal sealed class SampleProject
{
    private readonly Project _project;

    private SampleProject(IEnumerable<(string Name, string Text)> sources)
    {
        Sources = [.. sources];
        _project = new AdhocWorkspace(MefHostServices.DefaultHost)
            .AddProject("Sample", LanguageNames.CSharp)
            .WithCompilationOptions(new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable))
            .WithParseOptions(new CSharpParseOptions(LanguageVersion.Preview))
            .WithMetadataReferences(HostReferences.All)
            .AddDocument("Prelude.cs", RuleTest.Prelude).Project;
        foreach (var (name, text) in Sources)
            _project = _project.AddDocument(name, text, filePath: name).Project;
    }

    public ImmutableArray<(string Name, string Text)> Sources { get; }

    /// <param name="folder">Relative to the repository.</param>
    public static SampleProject Load(string folder) => new(
        Directory.GetFiles(Repository.PathOf(folder), "*.cs")
            .Order(StringComparer.Ordinal)
            .Select(file => (Path.GetFileName(file), File.ReadAllText(file))));

    /// <summary>What the compiler and all rules report, in the order of the text.</summary>
    public async Task<ImmutableArray<Diagnostic>> WarningsAsync()
    {
        var compilation = (await _project.GetCompilationAsync())!;
        var found = await compilation.WithAnalyzers([new LlmAnalyzer()], _project.AnalyzerOptions).GetAllDiagnosticsAsync();
        return
        [
            .. found
                .Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning)
                .OrderBy(diagnostic => diagnostic.Location.GetLineSpan().Path, StringComparer.Ordinal)
                .ThenBy(diagnostic => diagnostic.Location.SourceSpan),
        ];
    }

    public SampleProject WithoutMarks() => new(Sources.Select(source => (source.Name, Example.WithoutMarks(source.Text))));

    /// <summary>Fix All for one rule after the other, until none changes anything.</summary>
    public async Task<SampleProject> FixAsync(IReadOnlyCollection<string> ids)
    {
        const int MostRounds = 10;
        var (before, after) = (this, this);
        for (var round = 0; round < MostRounds; round++, before = after)
        {
            foreach (var id in ids)
                after = await after.FixAllAsync(id);
            if (after.Sources.SequenceEqual(before.Sources))
                return after;
        }

        Assert.Fail($"The fixes of {string.Join(", ", ids)} still change something after {MostRounds} rounds.");
        return after;
    }

    private async Task<SampleProject> FixAllAsync(string id)
    {
        var reported = (await WarningsAsync()).Where(diagnostic => diagnostic.Id == id).ToList();
        if (reported.Count == 0 || RuleTest.FixOf(id) is not { } fix)
            return this;

        var action = await fix.GetFixAllProvider()!.GetFixAsync(new(
            _project.GetDocument(reported[0].Location.SourceTree)!, fix, FixAllScope.Project, id, [id], new Reported(reported), default));
        if (action is null)
            return this;

        var changed = (await action.GetOperationsAsync(default)).OfType<ApplyChangesOperation>().Single().ChangedSolution.GetProject(_project.Id)!;
        return new(await Task.WhenAll(Sources.Select(async source =>
            (source.Name, (await changed.Documents.Single(document => document.Name == source.Name).GetTextAsync()).ToString()))));
    }

    private sealed class Reported(IReadOnlyCollection<Diagnostic> diagnostics) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Task.FromResult(diagnostics.Where(diagnostic => diagnostic.Location.GetLineSpan().Path == document.FilePath));

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);
    }
}
