using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using AsyncLlmAnalyzers.Rules.UncancellableClient;

namespace AsyncLlmAnalyzers.Tests.Rules;

/// <summary>ALLM3011, which looks at a compilation as a whole.</summary>
public class UncancellableClientTests
{
    [Fact]
    public async Task Reports_once_for_each_type_of_client_at_its_first_call()
    {
        var found = await AnalyzeAsync("""
            using Microsoft.Extensions.AI;
            using ChatClient = OpenAI.Chat.ChatClient;

            class First(ChatClient client, IChatClient chat)
            {
                Task A(string text) => client.CompleteChatAsync(text);
                Task B(string text) => client.CompleteChatAsync([text], cancellationToken: CancellationToken.None);
                Task C(string text) => chat.GetResponseAsync(text);
                Task D(string text) => Task.Run(() => client.CompleteChatAsync(text));
            }
            """);
        Assert.Equal(
            ["4: None of the 3 calls through 'ChatClient' in this project can be cancelled or timed out by it", "6: Not even the only call through 'IChatClient' in this project can be cancelled or timed out by it"],
            found.Select(diagnostic => $"{diagnostic.Location.GetLineSpan().StartLinePosition.Line - 1}: {diagnostic.GetMessage()}"));
        Assert.All(found, diagnostic => Assert.Equal(("ALLM3011", DiagnosticSeverity.Warning), (diagnostic.Id, diagnostic.Severity)));
    }

    [Theory]
    [InlineData("client.CompleteChatAsync([text], cancellationToken: ct)")]
    [InlineData("client.CompleteChatAsync(body, options)")]
    [InlineData("client.CompleteChatAsync(text)")]
    [InlineData("client.CompleteChatAsync(text).WaitAsync(TimeSpan.FromSeconds(9))")]
    [InlineData("Task.WhenAny(client.CompleteChatAsync(text), Task.Delay(1000))")]
    [InlineData("pipeline.ExecuteAsync(async _ => await client.CompleteChatAsync(text)).AsTask()")]
    public async Task Silent_when_one_of_the_calls_can_be_ended_or_may(string call) => Assert.Empty(await AnalyzeAsync($$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Answers(ChatClient client, Polly.ResiliencePipeline pipeline)
        {
            object Given => pipeline;
            Task A(string text) => client.CompleteChatAsync(text);
            Task B(string text, CancellationToken ct, BinaryContent body, RequestOptions options) => {{call}};
        }
        """));

    [Fact]
    public async Task Silent_when_the_construction_is_visible() => Assert.Empty(await AnalyzeAsync("""
        using OpenAI.Chat;

        class Answers
        {
            readonly ChatClient client = new("m", "k");
            Task A(string text) => client.CompleteChatAsync(text);
        }
        """));

    [Fact]
    public async Task Silent_when_the_construction_is_visible_and_the_catalog_does_not_know_it() => Assert.Empty(await AnalyzeAsync("""
        class Answers(Microsoft.SemanticKernel.Kernel kernel)
        {
            Task A(string text) => new Microsoft.SemanticKernel.Agents.ChatCompletionAgent { Kernel = kernel }.InvokeAsync(text);
        }

        namespace Microsoft.SemanticKernel.Agents
        {
            class Agent { public Task InvokeAsync(string text, CancellationToken ct = default) => Task.CompletedTask; }
            class ChatCompletionAgent : Agent { public Kernel? Kernel { get; set; } }
        }
        """));

    [Fact]
    public async Task Silent_when_a_library_makes_the_client_of_one_that_is_constructed_here() => Assert.Empty(await AnalyzeAsync("""
        using Microsoft.Extensions.AI;
        using Microsoft.SemanticKernel.ChatCompletion;

        class Answers
        {
            private readonly IChatCompletionService service = new OpenAI.Chat.ChatClient("m", "k").AsIChatClient().AsChatCompletionService();

            public Task A(ChatHistory history) => service.GetChatMessageContentsAsync(history);
        }
        """));

    [Fact]
    public async Task Silent_when_the_client_is_a_class_of_this_code() => Assert.Empty(await AnalyzeAsync("""
        using Microsoft.Extensions.AI;

        class Index(string text)
        {
            private readonly Fake fake = new();

            public Task Add() => ((IChatClient)fake).GetResponseAsync(text);
        }

        class Fake : IChatClient
        {
            public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => Task.FromResult(new ChatResponse());
            public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
            public object? GetService(Type serviceType, object? serviceKey = null) => null;
            public void Dispose() { }
        }
        """));

    [Fact]
    public async Task Silent_without_a_library_and_on_broken_code()
    {
        Assert.Empty(await AnalyzeAsync("class Application;"));
        Assert.DoesNotContain(await AnalyzeAsync("using OpenAI.Chat; class A(ChatClient c) { Task B() => c.CompleteChatAsync("), diagnostic => diagnostic.Id == "AD0001");
    }

    private static async Task<IEnumerable<Diagnostic>> AnalyzeAsync(string code) =>
        (await RuleTests.Compile(code).WithAnalyzers([new UncancellableClientAnalyzer()]).GetAnalyzerDiagnosticsAsync())
            .OrderBy(diagnostic => diagnostic.Location.SourceSpan.Start);
}
