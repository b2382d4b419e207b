using System.Collections.Immutable;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>Compilations against the libraries this test project references, without a test framework in between.</summary>
internal static class CatalogCompilation
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly Lazy<ImmutableArray<MetadataReference>> LazyReferences = new(() =>
        [.. TrustedAssemblies.Select(path => MetadataReference.CreateFromFile(path))]);

    public static ImmutableArray<string> TrustedAssemblies { get; } =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)];

    public static ImmutableArray<MetadataReference> References => LazyReferences.Value;

    /// <summary>The framework alone.</summary>
    public static ImmutableArray<MetadataReference> FrameworkReferences { get; } =
        [.. TrustedAssemblies.Where(path => Path.GetDirectoryName(path) == Path.GetDirectoryName(typeof(object).Assembly.Location)).Select(path => MetadataReference.CreateFromFile(path))];

    public static CSharpCompilation Create(string source, IEnumerable<MetadataReference>? references = null, bool allowErrors = false)
    {
        var compilation = CSharpCompilation.Create(
            "Test",
            [Parse(source), Parse(Usings)],
            references ?? References,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        if (!allowErrors)
        {
            // Experimental APIs are reported as errors and are no concern here.
            Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error && d.Id.StartsWith("CS", StringComparison.Ordinal)));
        }

        return compilation;
    }

    public static LlmCatalog Resolve(Compilation compilation, params IEnumerable<CatalogEntry> userEntries) =>
        LlmCatalog.Resolve(compilation, userEntries, CancellationToken.None);

    private static SyntaxTree Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview));
}
