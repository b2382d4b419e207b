using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>
/// Base of the rules' tests: the cases every rule has to pass whatever
/// it is about (broken code, one document at a time as editors ask, other projects as compilations, concurrency, edits).
/// </summary>
public abstract partial class RuleTests(string id) : FixTests(id)
{
    /// <summary>A whole file on which the rule reports, with markup; the injected cases are made of it.</summary>
    protected abstract string Example { get; }

    /// <summary>The rule speaks while code is written, and not only when the whole of it is compiled.</summary>
    protected virtual bool IsLive => true;

    [Fact]
    public async Task Reports_its_example() => await ReportsAsync(Example);

    [Fact]
    public async Task Is_silent_on_an_empty_file() => await SilentAsync("");

    [Fact]
    public async Task Never_throws_on_broken_code()
    {
        var text = WithoutMarkup(Example);
        var step = Math.Max(1, text.Length / 40);
        foreach (var length in Enumerable.Range(0, text.Length / step).Select(i => i * step))
        {
            // Code as it is while someone types: cut off, or with a piece missing in the middle.
            await ThrowsNothingAsync(text[..length]);
            await ThrowsNothingAsync(text.Remove(length, Math.Min(step, text.Length - length)));
        }
    }

    [Fact]
    public async Task Never_throws_when_no_library_resolves() =>
        Assert.Empty(await AnalyzeAsync(Compile(WithoutMarkup(Example)).WithReferences()));

    [Fact]
    public async Task Reports_the_same_for_one_document_as_for_the_build()
    {
        var compilation = Compile(WithoutMarkup(Example));
        var tree = compilation.SyntaxTrees.First();
        var whole = await AnalyzeAsync(compilation);
        var alone = await WithAnalyzer(compilation).GetAnalyzerSemanticDiagnosticsAsync(compilation.GetSemanticModel(tree), null, default);
        Assert.NotEmpty(whole);
        Assert.Equal(IsLive ? Lines(whole) : [], Lines(alone));
    }

    [Fact]
    public async Task Reports_the_same_in_every_run_and_after_an_edit()
    {
        var text = WithoutMarkup(Example);
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => AnalyzeAsync(Compile(text))));
        Assert.All(runs, run => Assert.Equal(Lines(runs[0]), Lines(run)));

        var edited = Compile(text);
        var tree = edited.SyntaxTrees.First();
        edited = edited.ReplaceSyntaxTree(tree, tree.WithChangedText(tree.GetText().Replace(tree.Length, 0, "// edited\n")));
        Assert.Equal(Lines(runs[0]), Lines(await AnalyzeAsync(edited)));
    }

    [Fact]
    public async Task Reports_once_when_the_code_is_in_a_referenced_project()
    {
        var library = Compile(WithoutMarkup(Example), "Library");
        var application = Compile("class Application;").AddReferences(library.ToMetadataReference());
        Assert.IsAssignableFrom<CompilationReference>(application.References.Last());
        Assert.NotEmpty(await AnalyzeAsync(library));
        Assert.Empty(await AnalyzeAsync(application));
    }

    private async Task ThrowsNothingAsync(string code)
    {
        var thrown = (await AnalyzeAsync(Compile(code))).FirstOrDefault(diagnostic => diagnostic.Id == "AD0001");
        Assert.True(thrown is null, $"{thrown}\n\non:\n{code}");
    }

    private Task<ImmutableArray<Diagnostic>> AnalyzeAsync(Compilation compilation) => WithAnalyzer(compilation).GetAnalyzerDiagnosticsAsync();

    private CompilationWithAnalyzers WithAnalyzer(Compilation compilation) => compilation.WithAnalyzers([RuleTest.Host(Id)]);

    internal static CSharpCompilation Compile(string code, string name = "Test") => CSharpCompilation.Create(
        name,
        [CSharpSyntaxTree.ParseText(code, path: $"/0/{name}.cs"), CSharpSyntaxTree.ParseText(RuleTest.Prelude, path: $"/0/{name}.Prelude.cs")],
        HostReferences.All,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    private static IEnumerable<string> Lines(IEnumerable<Diagnostic> diagnostics) => diagnostics.Select(diagnostic => diagnostic.ToString()).Order();

    private static string WithoutMarkup(string code) => Markup().Replace(code, "$1");

    [GeneratedRegex(@"\[\|(.*?)\|\]", RegexOptions.Singleline)]
    private static partial Regex Markup();
}
