using System.Text.Json;

namespace Package.Tests;

/// <summary>What a person sees who adds a package to a project and builds.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ConsumerTests(PackedFeed feed)
{
    private const string Program = """
        using OpenAI.Chat;

        var client = new ChatClient("gpt-5-mini", Environment.GetEnvironmentVariable("OPENAI_API_KEY")!);
        var texts = File.ReadAllLines("texts.txt");
        var answers = await Task.WhenAll(texts.Select(text => client.CompleteChatAsync(text)));
        Console.WriteLine(answers.Length);

        """;

    [Fact]
    public async Task Runtime_package_alone_brings_the_analyzers_and_the_library()
    {
        var project = feed.NewProject(
            ("Program.cs", Program),
            ("Service.cs", "internal interface IService { [AsyncLlm.LlmCall] Task<string> AskAsync(string question); }"));
        await project.AddPackageAsync("AsyncLlm");

        (await project.BuildAsync()).Succeeded().Reports("Program.cs(5): warning ALLM1001");
        Assert.True(File.Exists(project.PathOf("bin/Debug/net10.0/AsyncLlm.dll")));
    }

    [Fact]
    public async Task Analyzers_package_warns_and_leaves_nothing_in_the_output()
    {
        var project = feed.NewProject(("Program.cs", Program));
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync()).Succeeded().Reports("Program.cs(5): warning ALLM1001");
        Assert.Contains("<PrivateAssets>all</PrivateAssets>", project.Read("Scratch.csproj"), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(project.PathOf("bin"), "AsyncLlm*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Severity_in_editorconfig_fails_the_build()
    {
        var project = feed.NewProject(
            ("Program.cs", Program),
            (".editorconfig", """
                root = true

                [*.cs]
                dotnet_diagnostic.ALLM1001.severity = error
                """));
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync()).Exited(1).Reports("Program.cs(5): error ALLM1001");
    }

    [Fact]
    public async Task Error_log_is_SARIF_with_the_rule_and_its_page()
    {
        var project = feed.NewProject(("Program.cs", Program));
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync("-p:ErrorLog=build.sarif%2Cversion=2.1")).Succeeded();

        using var log = JsonDocument.Parse(project.Read("build.sarif"));
        var run = log.RootElement.GetProperty("runs")[0];
        var result = run.GetProperty("results").EnumerateArray().Single(result => result.GetProperty("ruleId").GetString() == "ALLM1001");
        Assert.Equal("warning", result.GetProperty("level").GetString());
        Assert.Equal(5, result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region").GetProperty("startLine").GetInt32());
        var rule = run.GetProperty("tool").GetProperty("driver").GetProperty("rules").EnumerateArray().Single(rule => rule.GetProperty("id").GetString() == "ALLM1001");
        Assert.EndsWith("/docs/rules/ALLM1001.md", rule.GetProperty("helpUri").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Analysis_mode_picks_the_severities()
    {
        var project = feed.NewProject(("Program.cs", Program));
        await project.AddPackageAsync("AsyncLlmAnalyzers");
        const string warning = "Program.cs(5): warning ALLM1001";

        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Minimal")).Succeeded().Reports(warning);
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Strict")).Succeeded().Reports(warning);
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Tests")).Succeeded().Reports();
        (await project.BuildAsync("-p:IsTestProject=true")).Succeeded().Reports();
        (await project.BuildAsync("-p:IsTestProject=true", "-p:AsyncLlmAnalysisMode=Recommended")).Succeeded().Reports(warning);
        (await project.BuildAsync("-p:AsyncLlmAnalysisMode=Stern")).Succeeded()
            .Reports(warning, "AsyncLlmAnalyzers.targets(15): warning ALLM0001")
            .Says("AsyncLlmAnalysisMode 'Stern' is not one of Minimal, Recommended, Strict and Tests");
    }

    [Fact]
    public async Task Older_compiler_gets_a_message_and_no_analyzers()
    {
        var project = feed.NewProject(("Program.cs", Program));
        await project.AddPackageAsync("AsyncLlmAnalyzers");

        (await project.BuildAsync("-p:CompilerApiVersion=roslyn4.12", "-p:TreatWarningsAsErrors=true")).Succeeded()
            .Reports()
            .Says("AsyncLlmAnalyzers does not run in Scratch: it needs the compiler of the .NET SDK 9.0.300");
    }
}
