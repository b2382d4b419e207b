using System.Collections.Immutable;
using AsyncLlm;
using AsyncLlmAnalyzers.Editing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace RealWorld;

/// <summary>What the fixes make of real code: the first fix of each finding, applied in memory, with the framework alone and with the runtime library.</summary>
internal sealed class Fixes(TextWriter output, SourceFolder folder, IReadOnlyDictionary<string, string> options, IReadOnlySet<string>? ids)
{
    private static readonly ILookup<string, CodeFixProvider> Providers = typeof(LlmEditor).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && typeof(CodeFixProvider).IsAssignableFrom(type))
        .Select(type => (CodeFixProvider)Activator.CreateInstance(type)!)
        .SelectMany(provider => provider.FixableDiagnosticIds, (provider, id) => (provider, id))
        .ToLookup(pair => pair.id, pair => pair.provider);

    private readonly HashSet<(string Id, string? Path, int Start, bool HasRuntime)> _seen = [];

    public int Offered { get; private set; }

    public int NotOffered { get; private set; }

    /// <summary>Those that failed, or left more compiler errors than there were.</summary>
    public int Broken { get; private set; }

    public async Task ApplyAsync(CSharpCompilation compilation)
    {
        await ApplyAsync(compilation, hasRuntime: false);
        await ApplyAsync(compilation.AddReferences(MetadataReference.CreateFromFile(typeof(LlmTask).Assembly.Location)), hasRuntime: true);
    }

    private async Task ApplyAsync(CSharpCompilation compilation, bool hasRuntime)
    {
        using var workspace = new AdhocWorkspace();
        var id = Add(compilation, workspace, []);
        var project = workspace.CurrentSolution.GetProject(id)!;
        foreach (var diagnostic in await Analysis.DiagnosticsAsync((await project.GetCompilationAsync())!, options))
        {
            var tree = diagnostic.Location.SourceTree;
            if ((ids is null || ids.Contains(diagnostic.Id)) && _seen.Add((diagnostic.Id, tree?.FilePath, diagnostic.Location.SourceSpan.Start, hasRuntime)) && project.GetDocument(tree) is { } document)
                await ApplyAsync(document, diagnostic, hasRuntime);
        }
    }

    /// <summary>The project and those it refers to: a fix that looks for callers looks in all of them.</summary>
    private static ProjectId Add(Compilation compilation, AdhocWorkspace workspace, Dictionary<Compilation, ProjectId> added)
    {
        if (added.TryGetValue(compilation, out var known))
            return known;

        var id = added[compilation] = ProjectId.CreateNewId();
        var projects = compilation.References.OfType<CompilationReference>().Select(reference => new ProjectReference(Add(reference.Compilation, workspace, added))).ToList();
        workspace.AddProject(ProjectInfo.Create(
            id, VersionStamp.Default, compilation.AssemblyName!, compilation.AssemblyName!, LanguageNames.CSharp, compilationOptions: compilation.Options,
            // Without documentation the compiler does not tell which imports are superfluous.
            parseOptions: compilation.SyntaxTrees.FirstOrDefault()?.Options.WithDocumentationMode(DocumentationMode.Parse),
            projectReferences: projects, metadataReferences: compilation.References.Where(reference => reference is not CompilationReference),
            documents: compilation.SyntaxTrees.Select(tree => DocumentInfo.Create(
                DocumentId.CreateNewId(id), Path.GetFileName(tree.FilePath), filePath: tree.FilePath, loader: TextLoader.From(TextAndVersion.Create(tree.GetText(), VersionStamp.Default))))));
        return id;
    }

    private async Task ApplyAsync(Document document, Diagnostic diagnostic, bool hasRuntime)
    {
        var line = diagnostic.Location.GetLineSpan().StartLinePosition.Line + 1;
        var place = $"{diagnostic.Id} {folder.Relative(document.FilePath!)}:{line}{(hasRuntime ? " with AsyncLlm" : "")}";
        try
        {
            if (await FirstAsync(document, diagnostic) is not { } action)
            {
                NotOffered++;
                return;
            }

            Offered++;
            var changed = (await action.GetOperationsAsync(default)).OfType<ApplyChangesOperation>().Single().ChangedSolution;
            output.WriteLine($"\n{place}: {action.Title}");
            foreach (var changedId in changed.GetChanges(document.Project.Solution).GetProjectChanges().SelectMany(change => change.GetChangedDocuments()))
            {
                var (before, after) = (document.Project.Solution.GetDocument(changedId)!, changed.GetDocument(changedId)!);
                await WriteAsync(before, after);
                await CheckAsync(before, after);
            }
        }
        catch (Exception exception)
        {
            Broken++;
            output.WriteLine($"\n{place}: FAILED {exception}");
        }
    }

    private static async Task<CodeAction?> FirstAsync(Document document, Diagnostic diagnostic)
    {
        var actions = new List<CodeAction>();
        foreach (var provider in Providers[diagnostic.Id])
            await provider.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), default));
        return actions.FirstOrDefault();
    }

    private async Task WriteAsync(Document before, Document after)
    {
        var old = await before.GetTextAsync();
        var hunk = new List<TextChange>();
        foreach (var change in await after.GetTextChangesAsync(before))
        {
            if (hunk.Count > 0 && LinesOf(change.Span).Start.Line > LinesOf(hunk[^1].Span).End.Line)
                WriteHunk();
            hunk.Add(change);
        }

        if (hunk.Count > 0)
            WriteHunk();

        LinePositionSpan LinesOf(TextSpan span) => old.Lines.GetLinePositionSpan(span);

        void WriteHunk()
        {
            var (first, last) = (LinesOf(hunk[0].Span).Start.Line, LinesOf(hunk[^1].Span).End.Line);
            var span = TextSpan.FromBounds(old.Lines[first].Start, old.Lines[last].End);
            var block = old.GetSubText(span);
            output.WriteLine($"  {folder.Relative(before.FilePath!)}:{first + 1}");
            Write('-', block.ToString());
            Write('+', block.WithChanges(hunk.Select(change => new TextChange(new TextSpan(change.Span.Start - span.Start, change.Span.Length), change.NewText ?? ""))).ToString());
            hunk.Clear();
        }
    }

    private async Task CheckAsync(Document before, Document after)
    {
        var known = (await ErrorsAsync(before)).ToList();
        var added = (await ErrorsAsync(after)).Where(error => !known.Remove(error)).ToList();
        added.ForEach(error => output.WriteLine($"  NEW ERROR {error}"));
        Broken += added.Count > 0 ? 1 : 0;
    }

    private void Write(char mark, string text)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
            output.WriteLine($"  {mark} {line}");
    }

    private static async Task<ImmutableArray<string>> ErrorsAsync(Document document) =>
        [.. (await document.GetSemanticModelAsync())!.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(error => $"{error.Id} {error.GetMessage()}")];
}
