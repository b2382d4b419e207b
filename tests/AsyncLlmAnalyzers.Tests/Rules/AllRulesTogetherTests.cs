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

    /// <summary>However many calls go through it, and whatever is handed out by it.</summary>
    [Fact]
    public async Task Say_it_once_of_a_construction()
    {
        var findings = await AnalyzeAsync("""
            using OpenAI;
            using OpenAI.Chat;

            class Batch
            {
                static readonly OpenAIClient Service = new("k");
                readonly ChatClient small = Service.GetChatClient("small");
                readonly ChatClient large = Service.GetChatClient("large");

                async Task Run(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                    {
                        await small.CompleteChatAsync(prompt);
                        await large.CompleteChatAsync(prompt);
                    }

                    await small.CompleteChatAsync("done");
                }
            }
            """);
        Assert.Equal(["ALLM3003", "ALLM4001"], findings.Where(finding => finding.Severity == DiagnosticSeverity.Warning).Select(finding => finding.Id).Order());
    }

    [Theory]
    [InlineData("Anthropic.AnthropicClient()", "Messages.Create(null!)")]
    [InlineData("Azure.AI.Inference.ChatCompletionsClient(new Uri(\"https://a\"), new Azure.AzureKeyCredential(\"k\"))", "CompleteAsync(new Azure.AI.Inference.ChatCompletionsOptions())")]
    [InlineData("Azure.AI.OpenAI.AzureOpenAIClient(new Uri(\"https://a\"), new System.ClientModel.ApiKeyCredential(\"k\")).GetChatClient(\"m\")", "CompleteChatAsync(\"x\")")]
    public async Task Do_not_ask_for_retries_that_the_SDK_has(string construction, string call) => Assert.DoesNotContain(
        await AnalyzeAsync($$"""
            class Batch
            {
                async Task Run(List<string> prompts)
                {
                    var client = new {{construction}};
                    await Task.WhenAll(prompts.Select(async prompt => await client.{{call}}));
                }
            }
            """),
        finding => finding.Id is "ALLM4001" or "ALLM4011" or "ALLM4010");

    /// <summary>Each of the calls that nothing ends is a warning, wherever its client comes from; those with a token, a timeout or a helper are none.</summary>
    [Fact]
    public async Task Report_every_call_without_a_deadline_in_Strict_mode()
    {
        const string code = """
            using Microsoft.Extensions.AI;
            using OpenAI.Chat;

            class Calls(ChatClient client, IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings)
            {
                readonly ChatClient own = new("m", "k");

                async Task Run(string text, CancellationTokenSource stopping)
                {
                    await client.CompleteChatAsync(text); // here
                    await own.CompleteChatAsync(text); // here
                    await chat.GetResponseAsync(text); // here
                    await foreach (var part in chat.GetStreamingResponseAsync(text)) { } // here
                    await embeddings.GenerateAsync(text); // here
                    await Ask(() => client.CompleteChatAsync(text)); // here

                    await client.CompleteChatAsync([text], cancellationToken: stopping.Token);
                    await chat.GetResponseAsync(text, cancellationToken: stopping.Token);
                    await AsyncLlm.LlmTimeout.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), TimeSpan.FromSeconds(9));
                }

                Task Ask(Func<Task> call) => call();
            }
            """;
        var strict = ShippedRule.All.Where(rule => Preset.Strict.SeverityOf(rule) == "warning").ToDictionary(rule => rule.Id, _ => ReportDiagnostic.Warn);
        var compilation = RuleTests.Compile(code);
        var found = await compilation.WithOptions(compilation.Options.WithSpecificDiagnosticOptions(strict)).WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(
            code.Split('\n').Select((text, line) => (text, line)).Where(line => line.text.EndsWith("// here", StringComparison.Ordinal)).Select(line => line.line),
            found.Where(finding => finding is { Id: "ALLM3001" or "ALLM3004", Severity: DiagnosticSeverity.Warning }).Select(finding => finding.Location.GetLineSpan().StartLinePosition.Line).Order());
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

    private static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(string code)
    {
        var compilation = RuleTests.Compile(code);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        return await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Folder(folder), "*.cs").Select(file => Path.GetFileName(file)!).Order()];

    private static Task<string> Read(string folder, string file) => File.ReadAllTextAsync(Path.Combine(Folder(folder), file));

    private static string Folder(string name) => Path.Combine(Repository.Root, "tests", "Corpus", name);
}
