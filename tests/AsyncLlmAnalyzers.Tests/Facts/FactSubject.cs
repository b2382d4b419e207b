using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>The model call after the mark <c>/*call*/</c> in code that binds to the real libraries.</summary>
internal sealed class FactSubject
{
    private const string Usings = """
        global using System.ClientModel;
        global using System.ClientModel.Primitives;
        global using System.Net.Http;
        global using Anthropic;
        global using AsyncLlm;
        global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.SemanticKernel;
        global using Microsoft.SemanticKernel.ChatCompletion;
        global using OpenAI;
        global using OpenAI.Chat;
        global using Polly;
        global using ChatMessage = OpenAI.Chat.ChatMessage;
        """;

    public FactSubject(params IEnumerable<string> files)
        : this(HostReferences.All, files)
    {
    }

    public FactSubject(IEnumerable<MetadataReference> references, params IEnumerable<string> files)
    {
        var text = files.ToArray();
        var topLevel = text.Any(file => CSharpSyntaxTree.ParseText(file).GetCompilationUnitRoot().Members.Any(member => member is GlobalStatementSyntax));
        var compilation = CSharpCompilation.Create(
            "Test",
            [.. text.Select(file => CSharpSyntaxTree.ParseText(file)), CSharpSyntaxTree.ParseText(RuleTest.Prelude + "\n" + Usings)],
            references,
            new CSharpCompilationOptions(topLevel ? OutputKind.ConsoleApplication : OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable)
                .WithSpecificDiagnosticOptions([new("SKEXP0010", ReportDiagnostic.Suppress), new("OPENAI001", ReportDiagnostic.Suppress), new("SCME0002", ReportDiagnostic.Suppress)]));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));

        const string mark = "/*call*/";
        var tree = compilation.SyntaxTrees.First(candidate => candidate.ToString().Contains(mark, StringComparison.Ordinal));
        var start = tree.ToString().IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        Context = LlmContext.Create(compilation, new AnalyzerOptions([]), default)!;
        Call = tree.GetRoot().FindToken(start).Parent!.AncestorsAndSelf().OfType<InvocationExpressionSyntax>()
            .Select(node => compilation.GetSemanticModel(tree).GetOperation(node) as IInvocationOperation)
            .First(operation => operation is not null && LlmCall.From(operation, Context) is not null)!;
    }

    public LlmContext Context { get; }

    public IInvocationOperation Call { get; }

    public ClientOrigin Origin => ClientOrigins.Of(Call, Context, default);

    public static string? TextOf(Location? location) => location?.SourceTree!.GetText().ToString(location.SourceSpan);
}
