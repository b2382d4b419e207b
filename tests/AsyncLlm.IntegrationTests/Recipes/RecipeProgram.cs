using System.Reflection;
using System.Runtime.InteropServices;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlm.IntegrationTests;

/// <summary>A recipe as the top-level statements of a program, with what its page takes for given (Recipes/Given) around it.</summary>
internal sealed class RecipeProgram
{
    private static readonly CSharpParseOptions Parsing = new(LanguageVersion.Latest);

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Append(typeof(RecipeHost).Assembly.Location)
            .DistinctBy(Path.GetFileName)
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    private static readonly DiagnosticAnalyzer[] Analyzers =
    [
        .. typeof(LlmCatalog).Assembly.GetTypes()
            .Where(type => type.IsDefined(typeof(DiagnosticAnalyzerAttribute), inherit: false))
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
    ];

    private readonly Compilation _compilation;

    /// <param name="recipe">The code of the page.</param>
    /// <param name="then">What a program does with it.</param>
    public RecipeProgram(Recipe recipe, string then)
    {
        // Types stand behind statements: what is done with the recipe comes between them.
        var unit = (CSharpSyntaxNode)CSharpSyntaxTree.ParseText(recipe.Code, Parsing).GetRoot();
        var end = unit.ChildNodes().FirstOrDefault(node => node is Microsoft.CodeAnalysis.CSharp.Syntax.BaseTypeDeclarationSyntax)?.FullSpan.Start ?? recipe.Code.Length;
        var program = SourceText.From($"{recipe.Code[..end]}\n{then}\n{recipe.Code[end..]}");
        var compilation = CSharpCompilation.Create(
            $"Recipe.{recipe.Page}.{recipe.Line}",
            [CSharpSyntaxTree.ParseText(program, Parsing, path: $"{recipe}"), Given("all"), Given(recipe.Page)],
            References,
            new CSharpCompilationOptions(
                OutputKind.ConsoleApplication,
                nullableContextOptions: NullableContextOptions.Enable,
                // The SDK says nothing of libraries that were built against older versions of others either.
                specificDiagnosticOptions: [new("CS1701", ReportDiagnostic.Suppress), new("CS1702", ReportDiagnostic.Suppress)]));
        CSharpGeneratorDriver.Create([JsonGenerator()], parseOptions: Parsing).RunGeneratorsAndUpdateCompilation(compilation, out _compilation, out _);
    }

    /// <summary>What the compiler and the rules of this repository say against it.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync()
    {
        var reported = await _compilation.WithAnalyzers([.. Analyzers]).GetAllDiagnosticsAsync();
        // A recipe need not take everything that its page takes for given.
        return [.. reported.Where(problem => problem is { Severity: DiagnosticSeverity.Warning, Id: not "CS0414" } or { Severity: DiagnosticSeverity.Error }).Select(problem => problem.ToString()).Order(StringComparer.Ordinal)];
    }

    public async Task RunAsync()
    {
        using var image = new MemoryStream();
        Assert.True(_compilation.Emit(image).Success);
        var main = Assembly.Load(image.ToArray()).EntryPoint!;
        await Task.Run(() => main.Invoke(null, BindingFlags.DoNotWrapExceptions, binder: null, [Array.Empty<string>()], culture: null));
    }

    private static SyntaxTree Given(string page)
    {
        var file = Repository.PathOf("tests", "AsyncLlm.IntegrationTests", "Recipes", "Given", $"{page}.cs");
        return CSharpSyntaxTree.ParseText(File.ReadAllText(file), Parsing, $"Given/{page}.cs");
    }

    /// <summary>The one the SDK runs for every project.</summary>
    private static ISourceGenerator JsonGenerator()
    {
        var packs = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        var file = Directory.GetFiles(packs, "System.Text.Json.SourceGeneration.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        return new AnalyzerFileReference(file, new Loader()).GetGenerators(LanguageNames.CSharp).Single();
    }

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath) { }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
