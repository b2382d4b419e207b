using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case is a <c>Task.WhenAll</c>: is what it joins bounded, and which text proves a No.</summary>
public class BoundedTests
{
    [Theory]
    [InlineData("xs.Select(x => client.CompleteChatAsync(x))", "client.CompleteChatAsync(x)")]
    [InlineData("xs.Select(One)", "client.CompleteChatAsync(text)")]
    [InlineData("xs.Select(x => Inline(() => One(x)))", "client.CompleteChatAsync(text)")]
    public void No_names_the_call_that_is_reached(string tasks, string proof)
    {
        var fact = Ask(tasks);
        Assert.Equal(Verdict.No, fact.Verdict);
        Assert.Equal(proof, fact.Proof!.SourceTree!.ToString().Substring(fact.Proof.SourceSpan.Start, fact.Proof.SourceSpan.Length));
    }

    [Theory]
    [InlineData("xs.Take(5).Select(One)")]
    [InlineData("xs.Select(x => Gated(x))")]
    [InlineData("xs.Select(x => Under(() => One(x)))")]
    [InlineData("xs.Select(x => Task.CompletedTask)")]
    [InlineData("xs.Select(x => Stored(() => One(x)))")]
    public void Yes_where_a_limit_or_no_call_is_reached(string tasks) => Assert.Equal(Verdict.Yes, Ask(tasks).Verdict);

    [Theory]
    [InlineData("xs.Select(x => given(x))")]
    [InlineData("xs.Select(given)")]
    [InlineData("xs.Select(x => model.AskAsync(x))")]
    public void Unknown_or_yes_but_never_no_where_the_way_cannot_be_followed(string tasks) => Assert.NotEqual(Verdict.No, Ask(tasks).Verdict);

    private static Fact Ask(string tasks)
    {
        var compilation = RuleTests.Compile($$"""
            using OpenAI.Chat;

            interface IModel { Task AskAsync(string text); }
            class Calling(ChatClient client) : IModel { public Task AskAsync(string text) => client.CompleteChatAsync(text); }
            class Idle : IModel { public Task AskAsync(string text) => Task.CompletedTask; }

            class Subject(ChatClient client, IModel model, SemaphoreSlim gate)
            {
                Task Run(List<string> xs, Func<string, Task> given) => Task.WhenAll({{tasks}});
                async Task One(string text) => await client.CompleteChatAsync(text);
                async Task Gated(string text) { await gate.WaitAsync(); try { await One(text); } finally { gate.Release(); } }
                async Task Under(Func<Task> call) { await gate.WaitAsync(); try { await call(); } finally { gate.Release(); } }
                Task Inline(Func<Task> call) => call();
                Task Stored(Func<Task> call) => Task.CompletedTask;
            }
            """);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        var tree = compilation.SyntaxTrees.First();
        var node = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().First(invocation => invocation.ToString().StartsWith("Task.WhenAll", StringComparison.Ordinal));
        var options = new AnalyzerOptions([]);
        var context = LlmContext.Create(compilation, options, default)!;
        var fanOut = FanOut.From((IInvocationOperation)compilation.GetSemanticModel(tree).GetOperation(node)!, context, options.AnalyzerConfigOptionsProvider.GetOptions(tree), default)!;
        return Bounded.Of(Assert.Single(fanOut.Producers), context, default, out _);
    }
}
