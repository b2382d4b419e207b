using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Hosting;

/// <summary>What the analyzer asks the compiler to call back for: watched, not inferred from missing diagnostics.</summary>
public class RegistrationTests
{
    private const string Code = "class C { void M() { System.Threading.Tasks.Task.WhenAll(); } }";

    [Fact]
    public void Registers_nothing_without_an_LLM_library() =>
        Assert.Empty(Registrations(Compile(HostReferences.Framework)));

    [Fact]
    public void Registers_nothing_when_only_libraries_around_models_are_referenced() =>
        Assert.Empty(Registrations(Compile(HostReferences.Framework.Concat(HostReferences.All.Where(reference =>
            Path.GetFileName(reference.Display) is "Polly.Core.dll" or "System.Threading.RateLimiting.dll" or "System.ClientModel.dll" or "AsyncLlm.dll")))));

    [Fact]
    public void Registers_one_syntax_action_beside_an_LLM_library() =>
        Assert.Equal(["syntax node"], Registrations(Compile(HostReferences.All)));

    [Fact]
    public void Reads_a_users_catalog_whether_or_not_it_names_a_library() =>
        Assert.Equal(["additional file"], Registrations(Compile(HostReferences.Framework), ("AsyncLlm.Catalog.txt", "No.Such.Type|Ask|chat")));

    [Fact]
    public void A_users_row_for_a_type_of_the_project_opens_the_gate() =>
        Assert.Equal(["additional file", "syntax node"], Registrations(Compile(HostReferences.Framework), ("AsyncLlm.Catalog.txt", "C|M|chat|sync")));

    [Theory]
    [InlineData("true", true)]
    [InlineData("yes", false)]
    public void A_project_that_sends_its_requests_by_hand_can_say_so(string value, bool isAnalyzed) =>
        Assert.Equal(isAnalyzed ? ["syntax node"] : [], Registrations(Compile(HostReferences.Framework), new Configured("async_llm.raw_http", value)));

    private static CSharpCompilation Compile(IEnumerable<MetadataReference> references) =>
        CSharpCompilation.Create("Test", [CSharpSyntaxTree.ParseText(Code)], references, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));

    private static IReadOnlyList<string> Registrations(Compilation compilation, params (string Path, string Text)[] files) =>
        Registrations(compilation, new AnalyzerOptions([.. files.Select(file => new File(file.Path, file.Text))]));

    private static IReadOnlyList<string> Registrations(Compilation compilation, Configured configuration) => Registrations(compilation, new AnalyzerOptions([], configuration));

    private static IReadOnlyList<string> Registrations(Compilation compilation, AnalyzerOptions options)
    {
        var analysis = new Analysis();
        new LlmAnalyzer().Initialize(analysis);
        var start = new Start(compilation, options);
        analysis.Started!(start);
        return [.. analysis.Registered, .. start.Registered];
    }

    /// <summary>One key of an <c>.editorconfig</c>, for every file.</summary>
    private sealed class Configured(string key, string value) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Keys(ImmutableDictionary<string, string>.Empty);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Keys(ImmutableDictionary<string, string>.Empty.Add(key, value));

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;
    }

    private sealed class Keys(ImmutableDictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }

    private sealed class File(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }

    private sealed class Analysis : AnalysisContext
    {
        public List<string> Registered { get; } = [];

        public Action<CompilationStartAnalysisContext>? Started { get; private set; }

        public override void ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags analysisMode) => Assert.Equal(GeneratedCodeAnalysisFlags.None, analysisMode);

        public override void EnableConcurrentExecution()
        {
        }

        public override void RegisterCompilationStartAction(Action<CompilationStartAnalysisContext> action) => Started = action;

        public override void RegisterCompilationAction(Action<CompilationAnalysisContext> action) => Registered.Add("compilation");

        public override void RegisterSemanticModelAction(Action<SemanticModelAnalysisContext> action) => Registered.Add("semantic model");

        public override void RegisterSymbolAction(Action<SymbolAnalysisContext> action, ImmutableArray<SymbolKind> symbolKinds) => Registered.Add("symbol");

        public override void RegisterCodeBlockStartAction<TLanguageKindEnum>(Action<CodeBlockStartAnalysisContext<TLanguageKindEnum>> action) => Registered.Add("code block start");

        public override void RegisterCodeBlockAction(Action<CodeBlockAnalysisContext> action) => Registered.Add("code block");

        public override void RegisterSyntaxTreeAction(Action<SyntaxTreeAnalysisContext> action) => Registered.Add("syntax tree");

        public override void RegisterSyntaxNodeAction<TLanguageKindEnum>(Action<SyntaxNodeAnalysisContext> action, ImmutableArray<TLanguageKindEnum> syntaxKinds) => Registered.Add("syntax node");
    }

    private sealed class Start(Compilation compilation, AnalyzerOptions options) : CompilationStartAnalysisContext(compilation, options, default)
    {
        public List<string> Registered { get; } = [];

        public override void RegisterCompilationEndAction(Action<CompilationAnalysisContext> action) => Registered.Add("compilation end");

        public override void RegisterSemanticModelAction(Action<SemanticModelAnalysisContext> action) => Registered.Add("semantic model");

        public override void RegisterSymbolAction(Action<SymbolAnalysisContext> action, ImmutableArray<SymbolKind> symbolKinds) => Registered.Add("symbol");

        public override void RegisterCodeBlockStartAction<TLanguageKindEnum>(Action<CodeBlockStartAnalysisContext<TLanguageKindEnum>> action) => Registered.Add("code block start");

        public override void RegisterCodeBlockAction(Action<CodeBlockAnalysisContext> action) => Registered.Add("code block");

        public override void RegisterSyntaxTreeAction(Action<SyntaxTreeAnalysisContext> action) => Registered.Add("syntax tree");

        public override void RegisterSyntaxNodeAction<TLanguageKindEnum>(Action<SyntaxNodeAnalysisContext> action, ImmutableArray<TLanguageKindEnum> syntaxKinds) => Registered.Add("syntax node");

        public override void RegisterAdditionalFileAction(Action<AdditionalFileAnalysisContext> action) => Registered.Add("additional file");
    }
}
