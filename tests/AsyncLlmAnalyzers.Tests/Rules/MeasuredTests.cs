using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Tests.Catalog;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>What a message quotes of a library holds for the versions it was measured on: with another one it is an information that says so.</summary>
public class MeasuredTests
{
    /// <summary>Code that binds to the library, on which the rule quotes what it does by default; the assembly whose version counts, and the versions.</summary>
    public static TheoryData<string, string, string> Quoting => new()
    {
        { "ALLM3001", "OllamaSharp 5.5", "class A(OllamaSharp.IOllamaApiClient c) { async Task B() { await foreach (var x in c.GenerateAsync(new())) { } } }" },
        { "ALLM3003", "System.ClientModel 1.10..1.16", Own("c.CompleteChatAsync(t)") },
        { "ALLM3004", "System.ClientModel 1.10..1.16", Own("c.CompleteChatAsync(t)") },
        { "ALLM3004", "System.ClientModel 1.10..1.16", "class A(OpenAI.Chat.ChatClient c) { Task B(string t) => c.CompleteChatAsync(t); }" },
        { "ALLM4001", "System.ClientModel 1.10..1.16", Own("Task.WhenAll(t.Select(x => c.CompleteChatAsync(t)))") },
        { "ALLM4001", "OllamaSharp 5.5", "class A { readonly OllamaSharp.OllamaApiClient c = new(\"https://ollama.example\"); Task B() => c.EmbedAsync(new()); }" },
        { "ALLM4002", "System.ClientModel 1.10..1.16", Handled(Own("x")) },
        { "ALLM4006", "System.ClientModel 1.10..1.16", Own("c.CompleteChatAsync(t)").Replace("=> c.CompleteChatAsync(t);", "{ while (true) { try { return c.CompleteChatAsync(t); } catch (Exception) { } } }", StringComparison.Ordinal) },
        { "ALLM4007", "Anthropic 13.12", """
            using Anthropic.Exceptions;
            class A(Anthropic.AnthropicClient c) { async Task<object?> B() { try { return await c.Messages.Create(null!); } catch (AnthropicRateLimitException) { Console.WriteLine("busy"); return null; } } }
            """ },
        { "ALLM4009", "System.ClientModel 1.10..1.16", """
            class A(OpenAI.Chat.ChatClient c) { async Task B(string t) { try { await c.CompleteChatAsync(t); } catch (System.Net.Http.HttpRequestException) { Console.WriteLine("down"); } } }
            """ },
        { "ALLM4010", "System.ClientModel 1.10..1.16", "class A(OpenAI.Chat.ChatClient c) { Task B(string t) => c.CompleteChatAsync(t); }" },
        { "ALLM4011", "System.ClientModel 1.10..1.16", Own("c.CompleteChatAsync(t)") },
    };

    /// <summary>Code on which a rule says what the code itself says: no version changes that.</summary>
    public static TheoryData<string, string, string> QuotingNothing => new()
    {
        { "ALLM3001", "System.ClientModel", "class A(OpenAI.Chat.ChatClient c) { Task B(string t) => c.CompleteChatAsync([t], cancellationToken: new CancellationTokenSource().Token); }" },
        { "ALLM3002", "System.ClientModel", "class A(OpenAI.Chat.ChatClient c) { Task B(string t, CancellationToken ct) => c.CompleteChatAsync(t); }" },
        { "ALLM4001", "System.ClientModel", """
            class A { readonly OpenAI.Chat.ChatClient c = new("m", new System.ClientModel.ApiKeyCredential("k"), new() { RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) }); Task B(string t) => c.CompleteChatAsync(t); }
            """ },
    };

    [Theory]
    [MemberData(nameof(Quoting))]
    public async Task As_it_is_within_the_versions_and_an_information_outside(string id, string versions, string code)
    {
        var within = Assert.Single(await AnalyzeAsync(id, code));
        Assert.Equal(within.DefaultSeverity, within.Severity);
        Assert.DoesNotContain("measured on", within.GetMessage(), StringComparison.Ordinal);

        var outside = Assert.Single(await AnalyzeAsync(id, code, versions.Split(' ')[0]));
        Assert.Equal((DiagnosticSeverity.Info, within.Location.ToString()), (outside.Severity, outside.Location.ToString()));
        Assert.Contains($"(measured on {versions})", outside.GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(QuotingNothing))]
    public async Task The_same_in_every_version_where_nothing_is_quoted(string id, string assembly, string code) =>
        Assert.Equal(Assert.Single(await AnalyzeAsync(id, code)).ToString(), Assert.Single(await AnalyzeAsync(id, code, assembly)).ToString());

    private static string Own(string call) => $$"""class A { readonly OpenAI.Chat.ChatClient c = new("m", "k"); Task B(string t) => {{call}}; }""";

    private static string Handled(string own) => own.Replace(
        "Task B(string t) => x;",
        "async Task<object?> B(string t) { try { return await c.CompleteChatAsync(t); } catch (System.ClientModel.ClientResultException e) when (e.Status == 429) { Console.WriteLine(e); return null; } }",
        StringComparison.Ordinal);

    /// <param name="id">The rule.</param>
    /// <param name="code">One file.</param>
    /// <param name="newer">An assembly that is referenced in a version from the future.</param>
    private static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(string id, string code, string? newer = null)
    {
        var references = HostReferences.All.Select(reference => Path.GetFileNameWithoutExtension(reference.Display) == newer ? Packages.WithVersion(reference, new Version(99, 0)) : reference);
        var compilation = RuleTests.Compile(code).WithReferences(references);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        return await compilation.WithAnalyzers([RuleTest.Host(id)]).GetAnalyzerDiagnosticsAsync();
    }
}
