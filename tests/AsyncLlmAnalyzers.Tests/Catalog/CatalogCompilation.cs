using System.Collections.Immutable;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Text;

namespace AsyncLlmAnalyzers.Tests.Catalog;

/// <summary>Compilations against the libraries this test project references, without a test framework in between.</summary>
internal static class CatalogCompilation
{
    private const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;";

    private static readonly Lazy<ImmutableArray<MetadataReference>> LazyReferences = new(() =>
        [.. TrustedAssemblies.Select(path => MetadataReference.CreateFromFile(path))]);

    private static readonly Lazy<CSharpCompilation> LazyEmpty = new(() => Empty(References));

    public static ImmutableArray<string> TrustedAssemblies { get; } =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)];

    public static ImmutableArray<MetadataReference> References => LazyReferences.Value;

    /// <summary>The framework alone.</summary>
    public static ImmutableArray<MetadataReference> FrameworkReferences { get; } =
        [.. TrustedAssemblies.Where(path => Path.GetDirectoryName(path) == Path.GetDirectoryName(typeof(object).Assembly.Location)).Select(path => MetadataReference.CreateFromFile(path))];

    public static CSharpCompilation Create(string source, IEnumerable<MetadataReference>? references = null, bool allowErrors = false)
    {
        // Adding trees to one compilation shares its symbols of all the libraries.
        var compilation = (references is null || references.Equals(References) ? LazyEmpty.Value : Empty(references)).AddSyntaxTrees(Parse(source), Parse(Usings));
        if (!allowErrors)
        {
            // Experimental APIs are reported as errors and are no concern here.
            Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error && d.Id.StartsWith("CS", StringComparison.Ordinal)));
        }

        return compilation;
    }

    public static LlmCatalog Resolve(Compilation compilation, params IEnumerable<CatalogEntry> userEntries) =>
        LlmCatalog.Resolve(compilation, userEntries, CancellationToken.None);

    /// <summary>The method and the receiver's type of the only invocation that follows the mark <c>/*call*/</c>.</summary>
    public static (IMethodSymbol Method, ITypeSymbol? Receiver) Call(Compilation compilation)
    {
        const string mark = "/*call*/";
        var tree = compilation.SyntaxTrees.First();
        var start = tree.ToString().IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        var expression = tree.GetRoot().DescendantNodes().OfType<ExpressionSyntax>()
            .Where(node => node.SpanStart == start)
            .SelectMany(node => node.DescendantNodesAndSelf().Where(inner => inner is InvocationExpressionSyntax or ObjectCreationExpressionSyntax))
            .First();
        var operation = compilation.GetSemanticModel(tree).GetOperation(expression);
        return operation switch
        {
            IInvocationOperation invocation => (invocation.TargetMethod, invocation.Instance?.Type ?? invocation.Arguments.FirstOrDefault()?.Value.Type),
            IObjectCreationOperation creation => (creation.Constructor!, creation.Type),
            _ => throw new InvalidOperationException($"'{expression}' is no call"),
        };
    }

    public static CatalogEntry Entry(string row) =>
        Assert.Single(CatalogFile.Parse("AsyncLlm.Catalog.txt", SourceText.From(row)).Entries);

    private static CSharpCompilation Empty(IEnumerable<MetadataReference> references) => CSharpCompilation.Create(
        "Test",
        references: references,
        options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    private static SyntaxTree Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Preview));
}
