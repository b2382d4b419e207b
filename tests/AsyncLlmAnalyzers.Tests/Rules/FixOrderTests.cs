using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>Fixes of several rules at one construction, each applied everywhere by Fix All, as <c>dotnet format</c> does id by id: the order decides nothing.</summary>
public class FixOrderTests
{
    private const string Batch = """
        using OpenAI.Chat;

        class Batch
        {
            private readonly ChatClient client = new("m", "k");

            public async Task Run(List<string> prompts)
            {
                foreach (var prompt in prompts)
                    await client.CompleteChatAsync(prompt);
            }
        }

        """;

    [Theory]
    [InlineData("ALLM3003 ALLM4001")]
    [InlineData("ALLM4001 ALLM3003")]
    [InlineData("ALLM1001 ALLM3003 ALLM4001 ALLM4011")]
    [InlineData("ALLM4011 ALLM4001 ALLM3003 ALLM1001")]
    public async Task A_construction_without_deadline_and_retries_gets_one_throttle(string ids) => Assert.Equal(
        """
        using System.ClientModel;
        using AsyncLlm;
        using OpenAI;
        using OpenAI.Chat;

        class Batch
        {
            private readonly ChatClient client = new ChatClient("m", new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120) }.UseThrottle(new LlmThrottle()));

            public async Task Run(List<string> prompts)
            {
                foreach (var prompt in prompts)
                    await client.CompleteChatAsync(prompt);
            }
        }

        """,
        await FixAsync(Batch.Replace("= new(", "= new ChatClient(", StringComparison.Ordinal), ids, withRuntime: true));

    [Theory]
    [InlineData("ALLM3003 ALLM4001")]
    [InlineData("ALLM4001 ALLM3003")]
    [InlineData("ALLM4011 ALLM4001 ALLM3003")]
    public async Task A_construction_without_deadline_and_retries_gets_both_without_the_runtime(string ids) => Assert.Equal(
        """
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI;
        using OpenAI.Chat;

        class Batch
        {
            private readonly ChatClient client = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(120), RetryPolicy = new ClientRetryPolicy(maxRetries: 3) });

            public async Task Run(List<string> prompts)
            {
                foreach (var prompt in prompts)
                    await client.CompleteChatAsync(prompt);
            }
        }

        """,
        await FixAsync(Batch, ids, withRuntime: false));

    /// <summary>What each fix puts there the others find: the throttle of the first is the one that stays, and nothing is left to warn of.</summary>
    [Theory]
    [InlineData("ALLM1001 ALLM3003 ALLM4001")]
    [InlineData("ALLM3003 ALLM1001 ALLM4001")]
    [InlineData("ALLM4001 ALLM1001 ALLM3003")]
    [InlineData("ALLM4001 ALLM3003 ALLM1001")]
    public async Task A_fan_out_over_it_is_bounded_once_by_whichever_comes_first(string ids)
    {
        var code = Batch.Replace("foreach (var prompt in prompts)\n            await client.CompleteChatAsync(prompt);", "await Task.WhenAll(prompts.Select(prompt => client.CompleteChatAsync(prompt)));", StringComparison.Ordinal);
        var text = await FixAsync(code, ids, withRuntime: true);
        Assert.Equal(2, text.Split(".UseThrottle(new LlmThrottle())").Length);
        Assert.Contains("NetworkTimeout = TimeSpan.FromSeconds(120)", text, StringComparison.Ordinal);
        Assert.Empty((await RuleTests.Compile(text).WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync()).Where(finding => finding.Severity >= DiagnosticSeverity.Warning));
    }

    /// <summary>A policy without retries keeps a client short: what is given retries needs a time as well.</summary>
    [Theory]
    [InlineData("ALLM3003 ALLM4001", true, "new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(0) })", "new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(3), NetworkTimeout = TimeSpan.FromSeconds(120) })")]
    [InlineData("ALLM4001 ALLM3003", false, "new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 0) })", "new(\"m\", new ApiKeyCredential(\"k\"), new() { RetryPolicy = new ClientRetryPolicy(maxRetries: 3), NetworkTimeout = TimeSpan.FromSeconds(120) })")]
    public async Task A_client_without_retries_is_right_after_one_pass(string ids, bool withRuntime, string construction, string fixedConstruction)
    {
        var code = Batch.Replace("using OpenAI.Chat;", "using System.ClientModel;\nusing System.ClientModel.Primitives;\nusing OpenAI;\nusing OpenAI.Chat;", StringComparison.Ordinal);
        var text = await FixAsync(code.Replace("new(\"m\", \"k\")", construction, StringComparison.Ordinal), ids, withRuntime);
        Assert.Equal(code.Replace("new(\"m\", \"k\")", fixedConstruction, StringComparison.Ordinal), text);
        Assert.Empty((await RuleTests.Compile(text).WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync()).Where(finding => finding.Severity >= DiagnosticSeverity.Warning));
    }

    /// <summary>The marks by which Fix All finds its diagnostics again are no change of their own.</summary>
    [Fact]
    public async Task Fix_all_without_a_fix_touches_no_document()
    {
        using var workspace = new AdhocWorkspace();
        var document = Project(workspace, HostReferences.All).AddDocument("Test.cs", SourceText.From("""
            using Microsoft.SemanticKernel;

            class Batch
            {
                public async Task Run(string key)
                {
                    var kernel = Kernel.CreateBuilder().AddOpenAIChatCompletion("m", key, orgId: "o").Build();
                    await kernel.InvokePromptAsync("");
                }
            }
            """), filePath: "/0/Test.cs");
        var found = await FindAsync(document, "ALLM4001");
        Assert.NotEmpty(found);
        var fix = RuleTest.FixOf("ALLM4001")!;
        var all = await fix.GetFixAllProvider()!.GetFixAsync(new FixAllContext(document, fix, FixAllScope.Document, "ALLM4001", ["ALLM4001"], new Found(found), default));
        var changed = all is null ? document.Project.Solution : (await all.GetOperationsAsync(default)).OfType<ApplyChangesOperation>().Single().ChangedSolution;
        Assert.Empty(changed.GetChanges(document.Project.Solution).GetProjectChanges());
    }

    private static Project Project(AdhocWorkspace workspace, IEnumerable<MetadataReference> references) =>
        workspace.AddProject(ProjectInfo.Create(ProjectId.CreateNewId(), VersionStamp.Create(), "Test", "Test", LanguageNames.CSharp)
            .WithCompilationOptions(new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable))
            .WithMetadataReferences(references))
            .AddDocument("Prelude.cs", RuleTest.Prelude).Project;

    /// <summary>Fix All of each id in turn, with its default fix, on what the one before it left.</summary>
    private static async Task<string> FixAsync(string code, string ids, bool withRuntime)
    {
        using var workspace = new AdhocWorkspace();
        var references = HostReferences.All.Where(reference => withRuntime || !Path.GetFileName(reference.Display)!.StartsWith("AsyncLlm.", StringComparison.Ordinal));
        var document = Project(workspace, references).AddDocument("Test.cs", SourceText.From(code), filePath: "/0/Test.cs");
        foreach (var id in ids.Split(' '))
        {
            var fix = RuleTest.FixOf(id)!;
            if (await FindAsync(document, id) is not [var first, ..] found)
                continue;

            var actions = new List<CodeAction>();
            await fix.RegisterCodeFixesAsync(new CodeFixContext(document, first, (action, _) => actions.Add(action), default));
            var all = await fix.GetFixAllProvider()!.GetFixAsync(new FixAllContext(document, fix, FixAllScope.Document, actions[0].EquivalenceKey, [id], new Found(found), default));
            var operations = await all!.GetOperationsAsync(default);
            document = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document.Id)!;
            Assert.Empty((await document.Project.GetCompilationAsync())!.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        }

        return (await document.GetTextAsync()).ToString();
    }

    private static async Task<ImmutableArray<Diagnostic>> FindAsync(Document document, string id)
    {
        var compilation = (await document.Project.GetCompilationAsync())!;
        return [.. (await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync()).Where(finding => finding.Id == id)];
    }

    private sealed class Found(ImmutableArray<Diagnostic> diagnostics) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>([]);

        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) => Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);
    }
}
