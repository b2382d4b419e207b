using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace RealWorld;

/// <summary>What the analyzers say about compilations, and how much they could see.</summary>
internal static class Analysis
{
    /// <summary>Every analyzer of the assembly, so that new ones take part by themselves.</summary>
    public static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
    [
        .. typeof(LlmCatalog).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && typeof(DiagnosticAnalyzer).IsAssignableFrom(type))
            .Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!),
    ];

    private static readonly CatalogEntry[] Calls = [.. LlmCatalog.BuiltIn.Where(entry => entry.IsCall)];

    /// <summary>A catalogued call has this name.</summary>
    public static bool IsCallName(string name) => Calls.Any(entry => entry.Matches(name));

    public static async Task<IEnumerable<Finding>> FindAsync(Compilation compilation, SourceFolder folder, IReadOnlyDictionary<string, string> options)
    {
        return (await DiagnosticsAsync(compilation, options)).Select(diagnostic =>
        {
            var position = diagnostic.Location.GetLineSpan();
            return new Finding(
                diagnostic.Id,
                diagnostic.Severity,
                position.Path is { Length: > 0 } path ? folder.Relative(path) : "",
                position.StartLinePosition.Line + 1,
                position.StartLinePosition.Character + 1,
                diagnostic.GetMessage());
        });
    }

    public static Task<ImmutableArray<Diagnostic>> DiagnosticsAsync(Compilation compilation, IReadOnlyDictionary<string, string> options) =>
        compilation.WithAnalyzers(Analyzers, new AnalyzerOptions([], new Everywhere(options))).GetAnalyzerDiagnosticsAsync();

    public static IEnumerable<Call> CallsIn(Compilation compilation, SourceFolder folder)
    {
        var catalog = LlmCatalog.Resolve(compilation, [], CancellationToken.None);
        foreach (var tree in compilation.SyntaxTrees)
        {
            var model = compilation.GetSemanticModel(tree);
            foreach (var (invocation, name) in Candidates(tree))
            {
                var method = model.GetSymbolInfo(invocation).Symbol as IMethodSymbol;
                var receiver = invocation.Expression is MemberAccessExpressionSyntax access ? model.GetTypeInfo(access.Expression).Type : null;
                var isCall = method is not null && catalog.FindCall(method, receiver) is { IsCall: true };
                yield return At(tree, name, folder) with
                {
                    IsBound = method is not null,
                    IsCatalogued = isCall,
                    WhyNot = method is null ? WhyNot(model, invocation, receiver) : null,
                };
            }
        }
    }

    /// <summary>The candidates in a file that no compilation holds: none of them binds.</summary>
    public static IEnumerable<Call> CallsIn(string file, SourceFolder folder)
    {
        var tree = CSharpSyntaxTree.ParseText(File.ReadAllText(file), new CSharpParseOptions(LanguageVersion.Preview), file);
        return Candidates(tree).Select(candidate => At(tree, candidate.Name, folder) with { WhyNot = "the file is in no project" });
    }

    private static string WhyNot(SemanticModel model, InvocationExpressionSyntax invocation, ITypeSymbol? receiver) =>
        model.GetDiagnostics(invocation.Span).FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)?.ToString() is { } error
            ? error[(error.IndexOf("error", StringComparison.Ordinal))..]
            : receiver is null or IErrorTypeSymbol ? "its receiver is not bound" : $"no overload of {receiver.Name} fits";

    private static IEnumerable<(InvocationExpressionSyntax Invocation, SimpleNameSyntax Name)> Candidates(SyntaxTree tree) =>
        from invocation in tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
        let name = invocation.Expression switch
        {
            MemberAccessExpressionSyntax access => access.Name,
            MemberBindingExpressionSyntax binding => binding.Name,
            SimpleNameSyntax simple => simple,
            _ => null,
        }
        where name is not null && IsCallName(name.Identifier.ValueText)
        select (invocation, name);

    private static Call At(SyntaxTree tree, SimpleNameSyntax name, SourceFolder folder)
    {
        var start = tree.GetLineSpan(name.Span).StartLinePosition;
        return new Call(folder.Relative(tree.FilePath), start.Line + 1, start.Character + 1, name.Identifier.ValueText);
    }

    /// <summary>The same options for every file.</summary>
    private sealed class Everywhere(IReadOnlyDictionary<string, string> options) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Given(options);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Given(IReadOnlyDictionary<string, string> options) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => options.TryGetValue(key, out value);
        }
    }
}

/// <summary>A diagnostic; lines and columns count from 1.</summary>
internal sealed record Finding(string Id, DiagnosticSeverity Severity, string Path, int Line, int Column, string Message);

/// <summary>An invocation whose name is that of a catalogued call.</summary>
internal sealed record Call(string Path, int Line, int Column, string Name)
{
    /// <summary>It is bound to a method, whichever.</summary>
    public bool IsBound { get; init; }

    /// <summary>The method it is bound to is a call the catalog knows.</summary>
    public bool IsCatalogued { get; init; }

    /// <summary>What keeps it from being bound.</summary>
    public string? WhyNot { get; init; }
}
