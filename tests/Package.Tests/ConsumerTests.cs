using System.Text.Json;

namespace Package.Tests;

/// <summary>What a person sees who adds a package to a project and builds.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ConsumerTests(PackedFeed feed)
{
    /// <summary>What the built program loads.</summary>
    private const string Dependencies = "bin/Debug/net10.0/Scratch.deps.json";

    private const string Warning = "Summaries.cs(6): warning ALLM1001";

    private static readonly (string, string) Summaries = ("Summaries.cs", """
        using OpenAI.Chat;

        internal sealed class Summaries(ChatClient client)
        {
            public async Task<int> CountAsync(IEnumerable<string> texts, CancellationToken cancellationToken) =>
                (await Task.WhenAll(texts.Select(text => client.CompleteChatAsync([text], cancellationToken: cancellationToken)))).Length;
        }
        """);

    [Fact]
    public async Task Runtime_package_alone_brings_the_analyzers_and_the_helpers_their_fixes_write()
    {
        var project = feed.NewProject(
            Summaries,
            ("Service.cs", "internal interface IService { [AsyncLlm.LlmCall] Task<string> AskAsync(string question); }"));
        await project.AddPackageAsync("AsyncLlm");

        (await project.BuildAsync()).Succeeded().Reports(Warning);
        Assert.Contains($"\"AsyncLlm/{PackedFeed.Version}\"", project.Read(Dependencies), StringComparison.Ordinal);
        Assert.DoesNotContain("AsyncLlmAnalyzers", project.Read(Dependencies), StringComparison.Ordinal);

        (await project.FormatAnalyzersAsync("--diagnostics", "ALLM1001", "--severity", "warn")).Succeeded();
        Assert.Contains("await LlmTask.WhenAll(texts, ", project.Read("Summaries.cs"), StringComparison.Ordinal);
        (await project.BuildAsync()).Succeeded().Reports();
    }

    [Fact]
    public async Task Analyzers_package_warns_and_is_no_part_of_the_program()
    {
        var project = feed.NewProject(Summaries);
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync()).Succeeded().Reports(Warning);
        Assert.Contains("<PrivateAssets>all</PrivateAssets>", project.Read("Scratch.csproj"), StringComparison.Ordinal);
        Assert.DoesNotContain("AsyncLlm", project.Read(Dependencies), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Severity_in_editorconfig_fails_the_build()
    {
        var project = feed.NewProject(
            Summaries,
            (".editorconfig", """
                root = true

                [*.cs]
                dotnet_diagnostic.ALLM1001.severity = error
                """));
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync()).Exited(1).Reports("Summaries.cs(6): error ALLM1001");
    }

    [Fact]
    public async Task Error_log_is_SARIF_with_the_rule_and_its_page()
    {
        var project = feed.NewProject(Summaries);
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync("-p:ErrorLog=build.sarif%2Cversion=2.1")).Succeeded();

        using var log = JsonDocument.Parse(project.Read("build.sarif"));
        var run = log.RootElement.GetProperty("runs")[0];
        var result = run.GetProperty("results").EnumerateArray().Single(result => result.GetProperty("ruleId").GetString() == "ALLM1001");
        Assert.Equal("warning", result.GetProperty("level").GetString());
        Assert.Equal(6, result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region").GetProperty("startLine").GetInt32());
        var rule = run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("id").GetString() == "ALLM1001");
        Assert.EndsWith("/docs/rules/ALLM1001.md", rule.GetProperty("helpUri").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analysis_mode_picks_the_severities()
    {
        var project = feed.NewProject(Summaries);
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Minimal")).Succeeded().Reports(Warning);
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Strict")).Succeeded().Reports(Warning, "Summaries.cs(6): warning ALLM4010");
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=tests")).Succeeded().Reports();
        (await project.BuildAsync("-p:IsTestProject=true")).Succeeded().Reports();
        (await project.BuildAsync("-p:IsTestProject=true", "-p:AsyncLlmAnalysisMode=Recommended")).Succeeded().Reports(Warning);
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Stern")).Succeeded()
            .Reports(Warning)
            .Says("warning ALLM0001: AsyncLlmAnalysisMode 'Stern' is not one of Minimal, Recommended, Strict and Tests");
    }

    [Fact]
    public async Task Older_compiler_gets_a_message_and_no_analyzers()
    {
        var project = feed.NewProject(Summaries);
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync("-p:CompilerApiVersion=roslyn4.12", "-p:TreatWarningsAsErrors=true")).Succeeded()
            .Reports()
            .Says("AsyncLlmAnalyzers does not run in Scratch: it needs the compiler of the .NET SDK 9.0.300");
    }
}
