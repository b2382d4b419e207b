using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Tests.Consistency;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>All rules at once, on code that is right, on code that is broken, and on the examples of every rule.</summary>
public class AllRulesTogetherTests
{
    public static TheoryData<string> Valid => Files("Valid");

    public static TheoryData<string> Broken => Files("Broken");

    [Theory]
    [MemberData(nameof(Valid))]
    public async Task Are_silent_on_correct_code(string file)
    {
        var compilation = RuleTests.Compile(await Read("Valid", file));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Empty(findings.Where(finding => !SpeaksOfUnknownClients(finding)));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Never_throw_on_broken_code(string file)
    {
        var compilation = RuleTests.Compile(await Read("Broken", file));
        Assert.Contains(compilation.GetDiagnostics(), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.DoesNotContain(await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync(), diagnostic => diagnostic.Id == "AD0001");
    }

    [Fact]
    public async Task Report_at_most_one_finding_a_place()
    {
        var compilation = RuleTests.Compile("""
            using OpenAI.Chat;

            class Everything(ChatClient client)
            {
                async Task All(List<string> prompts, CancellationToken cancellationToken)
                {
                    Task.WhenAll(prompts.Select(prompt => client.CompleteChatAsync(prompt))).Wait();
                    Task.WaitAll(prompts.Select(prompt => client.CompleteChatAsync(prompt)).ToArray());
                    var answer = client.CompleteChat(prompts[0]);
                    await foreach (var update in client.CompleteChatStreamingAsync(prompts[0])) { }
                }
            }
            """);
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.NotEmpty(findings);
        Assert.All(findings.GroupBy(finding => finding.Location), place => Assert.Single(place));
    }

    [Fact]
    public async Task Say_two_things_of_a_construction_at_most()
    {
        var compilation = RuleTests.Compile("""
            using OpenAI.Chat;

            class Batch
            {
                readonly ChatClient client = new("m", "k");

                async Task Run(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                        await client.CompleteChatAsync(prompt);
                }
            }
            """);
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        var construction = findings.Where(finding => finding.Severity == DiagnosticSeverity.Warning).GroupBy(finding => finding.Location).First();
        Assert.Equal(["ALLM3003", "ALLM4001"], construction.Select(finding => finding.Id).Order());
        Assert.DoesNotContain(findings, finding => finding.Id == "ALLM4011");
    }

    /// <summary>The only pair that one place may have: a construction without a deadline, and without retries.</summary>
    internal static bool MayStandTogether(IEnumerable<Diagnostic> place) => place.Select(diagnostic => diagnostic.Id).Order().SequenceEqual(["ALLM3003", "ALLM4001"]);

    /// <summary>Where two rules have something to say of one place, the graver or more specific one says it.</summary>
    [Theory]
    [InlineData("client.CompleteChatAsync(\"x\").Wait(1000);", "Wait", "ALLM2001")]
    [InlineData("await Task.WhenAll(xs.Select(x => client.CompleteChatAsync(x)));", "WhenAll", "ALLM1001")]
    [InlineData("Task.WaitAll(xs.Select(x => client.CompleteChatAsync(x)).ToArray());", "WaitAll", "ALLM2001")]
    public async Task Report_the_first_in_order(string statements, string place, string id)
    {
        var compilation = RuleTests.Compile($$"""
            class Order(OpenAI.Chat.ChatClient client)
            {
                async Task Run(string[] xs) { {{statements}} await Task.Yield(); }
            }
            """);
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(id, Assert.Single(findings, finding => finding.Location.SourceTree!.GetText().ToString(finding.Location.SourceSpan) == place).Id);
    }

    /// <summary>An information at each call whose client comes from elsewhere: right code may have it.</summary>
    private static bool SpeaksOfUnknownClients(Diagnostic finding) => finding is { Id: "ALLM3004" or "ALLM4010", Severity: DiagnosticSeverity.Info };

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Folder(folder), "*.cs").Select(file => Path.GetFileName(file)!).Order()];

    private static Task<string> Read(string folder, string file) => File.ReadAllTextAsync(Path.Combine(Folder(folder), file));

    private static string Folder(string name) => Path.Combine(Repository.Root, "tests", "Corpus", name);
}
