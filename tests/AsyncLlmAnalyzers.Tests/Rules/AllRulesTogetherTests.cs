using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Rules.UncancellableClient;
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

    /// <summary>The keyword <c>field</c> names what the property's own getter makes.</summary>
    [Fact]
    public async Task A_client_that_a_property_keeps_is_known()
    {
        var options = new CSharpParseOptions(LanguageVersion.Preview);
        var code = "class Answers { OpenAI.Chat.ChatClient Client => field ??= new(\"m\", \"k\"); Task Ask(string text) => Client.CompleteChatAsync(text); }";
        var compilation = CSharpCompilation.Create("Test", [CSharpSyntaxTree.ParseText(code, options), CSharpSyntaxTree.ParseText(RuleTest.Prelude, options)], HostReferences.All, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Contains("and nothing here ends it sooner", Assert.Single(findings, finding => finding.Id == "ALLM3004").GetMessage(), StringComparison.Ordinal);
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

    /// <summary>Parts of a class in several files, calls from several classes, one registered for injection: each construction is one place.</summary>
    [Fact]
    public async Task Say_it_once_of_a_construction_in_several_files()
    {
        var findings = await AnalyzeAsync(
            """
            partial class Batch
            {
                private readonly ChatClient client = new("m", "k");

                public async Task First(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                        await client.CompleteChatAsync(prompt);
                }
            }
            """,
            """
            partial class Batch
            {
                public async Task Second(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                        await client.CompleteChatAsync(prompt);
                    await AskAsync("done");
                }

                private async Task AskAsync(string prompt) => await client.CompleteChatAsync(prompt);
            }
            """,
            """
            static class Setup
            {
                public static void Add(IServiceCollection services) => services
                    .AddSingleton(_ => new OpenAIClient("k"))
                    .AddSingleton(provider => provider.GetRequiredService<OpenAIClient>().GetChatClient("m"));
            }
            """,
            """
            class Summaries(ChatClient client)
            {
                public async Task Run(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                        await client.CompleteChatAsync(prompt);
                }
            }
            """,
            """
            class Titles(IServiceProvider services)
            {
                private readonly ChatClient client = services.GetRequiredService<ChatClient>();

                public async Task Run(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                        await client.CompleteChatAsync(prompt);
                    await client.CompleteChatAsync("done");
                }
            }
            """);
        Assert.Equal(
            ["Test0: ALLM3003 at new", "Test0: ALLM4001 at new", "Test2: ALLM3003 at OpenAIClient", "Test2: ALLM4001 at OpenAIClient"],
            findings.Where(finding => finding.Severity == DiagnosticSeverity.Warning).Select(Place).Order());
        Assert.DoesNotContain(findings, finding => finding.Id == "ALLM4011");
    }

    /// <summary>Whichever way its client is made, handed on and called.</summary>
    [Fact]
    public async Task Do_not_ask_for_retries_that_the_SDK_has_in_several_files()
    {
        var findings = await AnalyzeAsync(
            """
            static class Setup
            {
                public static void Add(IServiceCollection services) => services
                    .AddSingleton<IAnthropicClient>(_ => new AnthropicClient())
                    .AddSingleton(_ => new AzureOpenAIClient(new Uri("https://a"), new ApiKeyCredential("k")))
                    .AddSingleton(provider => provider.GetRequiredService<AzureOpenAIClient>().GetChatClient("m"))
                    .AddSingleton(_ => new Azure.AI.Inference.ChatCompletionsClient(new Uri("https://a"), new Azure.AzureKeyCredential("k")));
            }
            """,
            """
            partial class Batch(IAnthropicClient claude, ChatClient azure, Azure.AI.Inference.ChatCompletionsClient inference)
            {
                public Task Claude(List<string> prompts) => Task.WhenAll(prompts.Select(_ => claude.Messages.Create(null!)));
            }
            """,
            """
            partial class Batch
            {
                public async Task Others(List<string> prompts)
                {
                    foreach (var prompt in prompts)
                    {
                        await azure.CompleteChatAsync(prompt);
                        await inference.CompleteAsync(new Azure.AI.Inference.ChatCompletionsOptions());
                    }
                }
            }
            """);
        Assert.DoesNotContain(findings, finding => finding.Id is "ALLM4001" or "ALLM4010" or "ALLM4011");
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

    [Theory]
    [MemberData(nameof(SoundCode.ReadInSources), MemberType = typeof(SoundCode))]
    public async Task Do_not_ask_for_retries_that_an_SDK_read_in_sources_has(string code)
    {
        var compilation = RuleTests.Compile(code);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        Assert.DoesNotContain(
            await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync(),
            finding => finding.Id is "ALLM3003" or "ALLM4001" or "ALLM4002" or "ALLM4010" or "ALLM4011");
    }

    /// <summary>Each of the calls that nothing ends is a warning, wherever it stands and its client comes from; those with a token, a timeout or a helper are none.</summary>
    [Fact]
    public async Task Report_every_call_without_a_deadline_in_Strict_mode()
    {
        string[] files =
        [
            """
            partial class Calls(ChatClient client, IChatClient chat, IEmbeddingGenerator<string, Embedding<float>> embeddings)
            {
                private readonly ChatClient own = new("m", "k");
                private readonly ChatClient limited = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { NetworkTimeout = TimeSpan.FromSeconds(30) });

                private async Task Run(string text, CancellationTokenSource stopping)
                {
                    await client.CompleteChatAsync(text); // here
                    await own.CompleteChatAsync(text); // here
                    await chat.GetResponseAsync(text); // here
                    await foreach (var part in chat.GetStreamingResponseAsync(text)) { } // here
                    await embeddings.GenerateAsync([text]); // here
                    await Ask(() => client.CompleteChatAsync(text)); // here
                    await client.CompleteChatAsync([text], cancellationToken: stopping.Token);
                    await chat.GetResponseAsync(text, cancellationToken: stopping.Token);
                    await limited.CompleteChatAsync(text);
                    await AsyncLlm.LlmTimeout.RunAsync(token => client.CompleteChatAsync([text], cancellationToken: token), TimeSpan.FromSeconds(9));
                }

                private Task Ask(Func<Task> call) => call();
            }
            """,
            """
            partial class Calls
            {
                private Task Inner(string text) => own.CompleteChatAsync(text); // here
                private Task Ended(string text) => client.CompleteChatAsync(text);
                private Task Outer(string text) => Ended(text).WaitAsync(TimeSpan.FromSeconds(9));
                private async Task All(List<string> texts)
                {
                    var answers = await Task.WhenAll(
                        texts.Select(text => client.CompleteChatAsync(text))); // here
                    foreach (var text in texts)
                        await (chat?.GetResponseAsync(text) ?? Task.FromResult(new ChatResponse())); // here
                    async Task Local(string text) => await own.CompleteChatAsync(text).ConfigureAwait(false); // here
                    await Local(answers.Length.ToString());
                }
            }
            """,
            """
            static class Setup
            {
                public static void Add(IServiceCollection services) => services
                    .AddSingleton(_ => new ChatClient("m", "k"))
                    .AddSingleton<IChatClient>(provider => provider.GetRequiredService<ChatClient>().AsIChatClient());
            }
            """,
            """
            class Other(IServiceProvider services)
            {
                public Task Ask(string text) => services.GetRequiredService<ChatClient>().CompleteChatAsync(text); // here
                public Task Ask(IChatClient chat, string text) => chat.GetResponseAsync(text); // here
                public Task Ask(Kernel kernel, string text) => kernel.InvokePromptAsync(text); // here
            }
            """,
        ];
        var strict = ShippedRule.All.Where(rule => Preset.Strict.SeverityOf(rule) == "warning").ToDictionary(rule => rule.Id, _ => ReportDiagnostic.Warn);
        var compilation = Compile(files);
        var found = await compilation.WithOptions(compilation.Options.WithSpecificDiagnosticOptions(compilation.Options.SpecificDiagnosticOptions.AddRange(strict))).WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(
            files.SelectMany((file, number) => file.Split('\n').Select((text, line) => (text, line)).Where(line => line.text.EndsWith("// here", StringComparison.Ordinal)).Select(line => $"Test{number}({line.line}): {line.text.Trim()}")),
            found.Where(finding => finding is { Id: "ALLM3001" or "ALLM3004", Severity: DiagnosticSeverity.Warning }).OrderBy(finding => finding.Location.SourceTree!.FilePath).ThenBy(finding => finding.Location.SourceSpan.Start)
                .Select(finding => (Line: finding.Location.GetLineSpan().StartLinePosition.Line, Tree: finding.Location.SourceTree!))
                .Select(place => $"{Path.GetFileNameWithoutExtension(place.Tree.FilePath)}({place.Line}): {place.Tree.GetText().Lines[place.Line].ToString().Trim()}"));
    }

    /// <summary>An editor sees the sources of a referenced project, a build only its assembly; what is found must not depend on that.</summary>
    [Fact]
    public async Task Say_the_same_with_a_project_reference_as_with_its_assembly()
    {
        const string library = """
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using System.Net.Http;
            using OpenAI;
            using OpenAI.Chat;

            public interface IAsker { Task<string> AskAsync(string text); }
            public class Asker(ChatClient client) : IAsker
            {
                public virtual async Task<string> AskAsync(string text) => (await client.CompleteChatAsync(text)).Value.Content[0].Text;
            }
            public static class Library
            {
                public static ChatClient Client { get; } = new("m", new ApiKeyCredential("k"), Options());
                public static ChatClient Create() => new("m", "k");
                public static OpenAIClientOptions Options() => new() { RetryPolicy = new ClientRetryPolicy(0), NetworkTimeout = Timeout.InfiniteTimeSpan };
                public static HttpClient Http() => new() { Timeout = TimeSpan.FromSeconds(9) };
                public static async Task<T> Again<T>(Func<Task<T>> call) { for (var i = 0; ; i++) { try { return await call(); } catch (Exception) when (i < 3) { await Task.Delay(1000); } } }
                public static Task<T> Limited<T>(Func<Task<T>> call) => call().WaitAsync(TimeSpan.FromSeconds(9));
                public static void Log(string text) => Console.WriteLine(text);
            }
            public class Repeating : DelegatingHandler
            {
                protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
                {
                    while (true)
                    {
                        if (await base.SendAsync(request, cancellationToken) is { IsSuccessStatusCode: true } response)
                            return response;
                    }
                }
            }
            """;
        const string application = """
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using System.Net.Http;
            using OpenAI;
            using OpenAI.Chat;

            class Application(IAsker asker, ChatClient injected)
            {
                readonly ChatClient own = new("m", "k");
                readonly ChatClient configured = new("m", new ApiKeyCredential("k"), Library.Options());
                readonly ChatClient over = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(Library.Http()) });
                readonly ChatClient handled = new("m", new ApiKeyCredential("k"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(0), Transport = new HttpClientPipelineTransport(new HttpClient(new Repeating())) });

                async Task Run(List<string> texts, CancellationToken ct)
                {
                    foreach (var text in texts)
                    {
                        await own.CompleteChatAsync(text);
                        await configured.CompleteChatAsync(text);
                        await over.CompleteChatAsync(text);
                        await handled.CompleteChatAsync(text);
                    }
                    await Library.Client.CompleteChatAsync("x");
                    await Library.Create().CompleteChatAsync("x");
                    await Library.Again(() => own.CompleteChatAsync("x"));
                    await Library.Limited(() => injected.CompleteChatAsync("x"));
                    await Task.WhenAll(texts.Select(asker.AskAsync));
                    await asker.AskAsync("x").WaitAsync(TimeSpan.FromSeconds(9));
                    await Task.WhenAll(texts.Select(text => injected.CompleteChatAsync(text)));
                    new Asker(injected).AskAsync("x").Wait();
                    using var cts = new CancellationTokenSource(1000);
                    await injected.CompleteChatAsync(["x"], cancellationToken: cts.Token);
                    while (true) { try { await asker.AskAsync("x"); return; } catch (Exception) { } }
                }

                async Task<string?> Handle()
                {
                    try { return (await injected.CompleteChatAsync("x")).Value.Content[0].Text; }
                    catch (ClientResultException e) when (e.Status == 429) { Library.Log("busy"); return null; }
                }
            }
            """;
        var project = RuleTests.Compile(library, "Library");
        using var image = new MemoryStream();
        Assert.True(project.Emit(image).Success);
        var edited = await FindAsync(project.ToMetadataReference());
        Assert.NotEmpty(edited);
        Assert.Equal(await FindAsync(MetadataReference.CreateFromImage(image.ToArray())), edited);

        async Task<IEnumerable<string>> FindAsync(MetadataReference reference)
        {
            var compilation = RuleTests.Compile(application).AddReferences(reference);
            Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
            return (await compilation.WithAnalyzers([new LlmAnalyzer(), new UncancellableClientAnalyzer()]).GetAnalyzerDiagnosticsAsync()).Select(finding => finding.ToString()).Order();
        }
    }

    /// <summary>The only pair that one place may have: a construction without a deadline, and without retries.</summary>
    internal static bool MayStandTogether(IEnumerable<Diagnostic> place) => place.Select(diagnostic => diagnostic.Id).Order().SequenceEqual(["ALLM3003", "ALLM4001"]);

    /// <summary>Where two rules have something to say of one place, the graver or more specific one says it.</summary>
    [Theory]
    [InlineData("client.CompleteChatAsync(\"x\").Wait(1000);", "Wait", "ALLM2001")]
    [InlineData("await Task.WhenAll(xs.Select(x => client.CompleteChatAsync(x)));", "WhenAll", "ALLM1001")]
    [InlineData("Task.WaitAll(xs.Select(x => client.CompleteChatAsync(x)).ToArray());", "WaitAll", "ALLM2001")]
    [InlineData("await Task.WhenAll(xs.Chunk(5).Select(five => client.CompleteChatAsync(five[0])));", "WhenAll", "ALLM3007")]
    [InlineData("await infinite.CompleteChatAsync(\"x\");", "CompleteChatAsync", "ALLM3001")]
    [InlineData("await Ask(); Task Ask() { using var cts = new CancellationTokenSource(1000); return client.CompleteChatAsync([\"x\"], cancellationToken: cts.Token); }", "CompleteChatAsync", "ALLM3009")]
    [InlineData("await Ask(default); async Task Ask(CancellationToken ct) => await infinite.CompleteChatAsync(\"x\");", "CompleteChatAsync", "ALLM3002")]
    [InlineData("await Ask(default); async Task Ask(CancellationToken ct) => await client.CompleteChatAsync(\"x\");", "CompleteChatAsync", "ALLM3002")]
    [InlineData("await Ask(default); async Task Ask(CancellationToken ct) => await client.CompleteChatAsync([\"x\"], cancellationToken: new CancellationTokenSource(1000).Token);", "CompleteChatAsync", "ALLM3006")]
    [InlineData("await client.CompleteChatAsync(\"x\");", "CompleteChatAsync", "ALLM3010")]
    [InlineData("while (true) { try { await client.CompleteChatAsync(\"x\"); return; } catch (Exception) { } }", "Exception", "ALLM4004")]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(\"x\"); return; } catch (Exception) { } }", "Exception", "ALLM4005")]
    [InlineData("for (var i = 0; i < 3; i++) { try { await client.CompleteChatAsync(\"x\"); return; } catch (System.ClientModel.ClientResultException) { } }", "System.ClientModel.ClientResultException", "ALLM4003")]
    [InlineData("try { await client.CompleteChatAsync(\"x\"); } catch (System.ClientModel.ClientResultException e) when (e.Status == 429) { }", "e.Status == 429", "ALLM4002")]
    public async Task Report_the_first_in_order(string statements, string place, string id)
    {
        var compilation = RuleTests.Compile($$"""
            class Order(OpenAI.Chat.ChatClient client, CancellationToken stopping)
            {
                readonly OpenAI.Chat.ChatClient infinite = new("m", new System.ClientModel.ApiKeyCredential("k"), new OpenAI.OpenAIClientOptions { NetworkTimeout = Timeout.InfiniteTimeSpan });
                bool IsStopping => stopping.IsCancellationRequested;
                async Task Run(string[] xs) { {{statements}} await Task.Yield(); }
            }
            """);
        var findings = await compilation.WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();
        Assert.Equal(id, Assert.Single(findings, finding => finding.Location.SourceTree!.GetText().ToString(finding.Location.SourceSpan) == place).Id);
    }

    /// <summary>An information at each call whose client comes from elsewhere: right code may have it.</summary>
    private static bool SpeaksOfUnknownClients(Diagnostic finding) => finding is { Id: "ALLM3004" or "ALLM4010", Severity: DiagnosticSeverity.Info };

    private static async Task<IReadOnlyList<Diagnostic>> AnalyzeAsync(params string[] files) =>
        await Compile(files).WithAnalyzers([new LlmAnalyzer()]).GetAnalyzerDiagnosticsAsync();

    /// <summary>Files of one project that has the libraries in scope.</summary>
    private static CSharpCompilation Compile(params string[] files)
    {
        const string usings = """
            global using System.ClientModel;
            global using Anthropic;
            global using Azure.AI.OpenAI;
            global using Microsoft.Extensions.AI;
            global using Microsoft.Extensions.DependencyInjection;
            global using Microsoft.SemanticKernel;
            global using OpenAI;
            global using OpenAI.Chat;
            """;
        var compilation = RuleTests.Compile(usings).AddSyntaxTrees(files.Select((file, number) => CSharpSyntaxTree.ParseText(file, path: $"/0/Test{number}.cs")));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        return compilation;
    }

    private static string Place(Diagnostic finding) =>
        $"{Path.GetFileNameWithoutExtension(finding.Location.SourceTree!.FilePath)}: {finding.Id} at {finding.Location.SourceTree.GetText().ToString(finding.Location.SourceSpan)}";

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.GetFiles(Folder(folder), "*.cs").Select(file => Path.GetFileName(file)!).Order()];

    private static Task<string> Read(string folder, string file) => File.ReadAllTextAsync(Path.Combine(Folder(folder), file));

    private static string Folder(string name) => Path.Combine(Repository.Root, "tests", "Corpus", name);
}
