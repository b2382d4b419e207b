using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Hosting;

public class InvalidCatalogLineTests
{
    private const string Gateway = """
        public class Gateway { public System.Threading.Tasks.Task<string> AskAsync(string text) => null!; }
        """;

    [Fact]
    public async Task A_row_that_cannot_be_read_is_reported_at_its_line_and_the_others_count()
    {
        var test = Test("AsyncLlm.Catalog.Gateway.txt", "# ours\nGateway | TellAsync | chatt\nGateway | AskAsync | chat | task\n");
        test.TestCode = """
            class Summaries(Gateway gateway)
            {
                Task All(List<string> texts) => Task.{|ALLM1001:WhenAll|}(texts.Select(gateway.AskAsync));
            }
            """;
        test.ExpectedDiagnostics.Add(new DiagnosticResult("ALLM9001", DiagnosticSeverity.Warning).WithSpan("AsyncLlm.Catalog.Gateway.txt", 2, 23, 2, 28));
        await test.RunAsync();
    }

    [Fact]
    public async Task A_type_the_project_does_not_have_is_a_hint()
    {
        var test = Test("AsyncLlm.Catalog.txt", "Gateways | AskAsync | chat | task\n");
        test.ExpectedDiagnostics.Add(new DiagnosticResult("ALLM9001", DiagnosticSeverity.Info).WithSpan("AsyncLlm.Catalog.txt", 1, 1, 1, 9));
        await test.RunAsync();
    }

    [Theory]
    [InlineData("Catalog.txt", "no row at all")]
    [InlineData("AsyncLlm.Catalog.txt", "")]
    [InlineData("AsyncLlm.Catalog.txt", "# only a comment\n\n")]
    public Task Silent_on_other_files_and_on_nothing(string name, string text) => Test(name, text).RunAsync();

    private static RuleTest Test(string name, string text)
    {
        var test = new RuleTest("ALLM1001");
        test.TestState.Sources.Add(("/0/Gateway.cs", Gateway));
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.TestState.AdditionalFiles.Add((name, text));
        return test;
    }
}
