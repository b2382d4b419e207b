using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class FanOutWithoutDeadlineTests() : RuleTests("ALLM3007")
{
    protected override string Example => WithBody("""
        await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt])));
        """);

    [Fact]
    public async Task Says_what_one_hung_call_does()
    {
        var test = new RuleTest(Id) { TestCode = Example.Replace("[|WhenAll|]", "{|#0:WhenAll|}", StringComparison.Ordinal), CodeActionEquivalenceKey = "none" };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(
            "Nothing can end these calls as a group: 'CompleteChatAsync' gets no token and there is no deadline, so one hung call holds up all the results for as long as its client tries"));
        await test.RunAsync();
    }

    [Theory]
    [InlineData("await Task.[|WhenAll|](prompts.Select(Ask));")]
    [InlineData("await Task.[|WhenAll|](from prompt in prompts select Ask(prompt));")]
    [InlineData("await Task.[|WhenAll|](prompts.Chunk(5).Select(chunk => Deep(chunk[0])));")]
    [InlineData("var tasks = new List<Task>(); foreach (var prompt in prompts) tasks.Add(Ask(prompt)); await Task.[|WhenAll|](tasks);")]
    [InlineData("await foreach (var task in Task.[|WhenEach|](prompts.Select(Ask))) Console.WriteLine(await task);")]
    [InlineData("await Task.[|WhenAny|](prompts.Select(Ask));")]
    [InlineData("await Parallel.[|ForEachAsync|](prompts, async (prompt, _) => await Ask(prompt));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(async prompt => { await gate.WaitAsync(); try { await Ask(prompt); } finally { gate.Release(); } }));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt], null, CancellationToken.None)));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => Optional(prompt)));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => asker.Ask(prompt)));")]
    public Task Reports_a_group_that_nothing_ends(string statements) => ReportsAsync(WithBody(statements));

    [Theory]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => client.CompleteChatAsync([prompt], null, ct)));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => Optional(prompt, ct)));")]
    [InlineData("await Task.WhenAll(prompts.Select(Owned));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => Outer(prompt)));")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.WhenAll(prompts.Select(prompt => Optional(prompt, cts.Token)));")]
    [InlineData("await Parallel.ForEachAsync(prompts, ct, async (prompt, _) => await Ask(prompt));")]
    [InlineData("await Parallel.ForEachAsync(prompts, async (prompt, token) => await Optional(prompt, token));")]
    [InlineData("await Parallel.ForEachAsync(prompts, new ParallelOptions { CancellationToken = ct }, async (prompt, _) => await Ask(prompt));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => client.CompleteChatAsync(body, request)));")]
    public Task Is_silent_when_a_token_may_reach_the_calls(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("await Task.WhenAll(prompts.Select(Ask)).WaitAsync(Limit);")]
    [InlineData("await Task.WhenAny(Task.WhenAll(prompts.Select(Ask)), Task.Delay(1000));")]
    [InlineData("var all = Task.WhenAll(prompts.Select(Ask)); await Task.WhenAny(all, Task.Delay(1000));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => await pipeline.ExecuteAsync(async _ => await Ask(prompt))));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => Ask(prompt).WaitAsync(Limit)));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { var answer = Ask(prompt); await Task.WhenAny(answer, Task.Delay(1000)); }));")]
    public Task Is_silent_when_there_is_a_deadline(string statements) => SilentAsync(WithBody(statements));

    [Theory]
    [InlineData("await Task.WhenAll(Ask(\"x\"), Ask(\"y\"));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => Task.Delay(prompt.Length)));")]
    [InlineData("Func<string, Task<string>> ask = prompts.Count > 3 ? Ask : Owned; await Task.WhenAll(prompts.Select(prompt => ask(prompt)));")]
    [InlineData("foreach (var prompt in prompts) await Ask(prompt);")]
    public Task Is_silent_without_a_fan_out_of_calls(string statements) => SilentAsync(WithBody(statements));

    /// <summary>It has no network to hang on, and no client that tries.</summary>
    [Theory]
    [InlineData("var service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await Task.WhenAll(texts.Select(text => service.GenerateEmbeddingsAsync([text])));")]
    [InlineData("var service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await Task.WhenAll(texts.Select(Embed)); Task Embed(string text) => service.GenerateEmbeddingsAsync([text]);")]
    [InlineData("ITextEmbeddingGenerationService service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await Task.WhenAll(texts.Select(text => service.GenerateEmbeddingsAsync([text])));")]
    [InlineData("using IChatClient chat = new OnnxRuntimeGenAIChatClient(\"phi\"); await Task.WhenAll(texts.Select(text => chat.GetResponseAsync(text)));")]
    public Task Is_silent_when_the_model_runs_in_the_process(string statements) => SilentAsync(LocalModelCode.In(statements));

    [Fact]
    public Task Is_silent_when_the_client_is_a_class_of_this_code() => SilentAsync(
        ClientCode.Own.Replace("Task Add() => local.GenerateAsync([text]);", "Task Add() => Task.WhenAll(text.Split(' ').Select(word => local.GenerateAsync([word])));", StringComparison.Ordinal));

    [Fact]
    public async Task Is_silent_when_the_helper_has_a_deadline()
    {
        var test = new RuleTest(Id, withRuntime: true)
        {
            TestCode = WithBody("await AsyncLlm.LlmTask.WhenAll(prompts, (prompt, token) => Optional(prompt, token), new AsyncLlm.LlmBatchOptions { Deadline = Limit });"),
        };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        await test.RunAsync();
    }

    [Theory]
    [InlineData(
        "var answers = await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(TimeSpan.FromMinutes(5));\nvar answers = await Task.WhenAll(prompts.Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cts.Token)));")]
    [InlineData(
        "await Task.[|WhenAll|](prompts.Select(async prompt =>\n{\n    await gate.WaitAsync();\n    try\n    {\n        return await Optional(prompt); // asks\n    }\n    finally\n    {\n        gate.Release();\n    }\n})).ConfigureAwait(false);",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(TimeSpan.FromMinutes(5));\nawait Task.WhenAll(prompts.Select(async prompt =>\n{\n    await gate.WaitAsync();\n    try\n    {\n        return await Optional(prompt, cts.Token); // asks\n    }\n    finally\n    {\n        gate.Release();\n    }\n})).ConfigureAwait(false);")]
    public Task Gives_the_calls_a_token_that_ends(string statements, string fixedStatements) => FixesAsync(WithBody(statements), WithBody(fixedStatements));

    [Fact]
    public Task Writes_the_time_of_the_options() => FixesAsync(
        "class Answers(OpenAI.Chat.ChatClient client) { async Task Run(string[] xs) { await Task.[|WhenAll|](xs.Select(x => client.CompleteChatAsync(x))); } }",
        """
        class Answers(OpenAI.Chat.ChatClient client) { async Task Run(string[] xs) { using var cts = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await Task.WhenAll(xs.Select(x => client.CompleteChatAsync([x], cancellationToken: cts.Token))); } }
        """,
        options: ("async_llm.timeout_seconds", "90"));

    [Theory]
    [InlineData(
        "var answers = await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));",
        "var answers = await LlmTask.WhenAll(prompts, (prompt, token) => client.CompleteChatAsync([prompt], cancellationToken: token), new LlmBatchOptions { MaxConcurrency = 10, Deadline = TimeSpan.FromMinutes(5) }, ct);")]
    public Task Gives_the_group_a_deadline_with_the_helper(string statements, string fixedStatements) =>
        FixesAsync(WithBody(statements), WithBody(fixedStatements).Replace("using OpenAI.Chat;", "using AsyncLlm;\nusing OpenAI.Chat;", StringComparison.Ordinal), withRuntime: true);

    [Theory]
    [InlineData("await Task.[|WhenAll|](prompts.Select(Ask));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => Ask(prompt)));")]
    [InlineData("var all = Task.[|WhenAll|](prompts.Select(prompt => Optional(prompt)));\nawait all;")]
    public Task Offers_no_fix_where_no_token_can_be_given(string statements) => OffersNoFixAsync(WithBody(statements));

    private static string WithBody(string statements) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;
        using Polly;

        interface IAsker { Task<string> Ask(string prompt); }

        class Answers(ChatClient client, IAsker asker, SemaphoreSlim gate, CancellationTokenSource stopping, ResiliencePipeline pipeline, BinaryContent body, RequestOptions request) : IAsker
        {
            static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

            async Task Run(List<string> prompts, CancellationToken ct)
            {
        {{Indent(statements, 8)}}
            }

            public async Task<string> Ask(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;

            Task<string> Deep(string prompt) => Optional(prompt);

            async Task<string> Optional(string prompt, CancellationToken token = default) => (await client.CompleteChatAsync([prompt], null, token)).Value.Content[0].Text;

            Task<string> Owned(string prompt) => Optional(prompt, stopping.Token);

            Task<string> Outer(string prompt) => Owned(prompt);

            public override string ToString() => $"{asker} {gate} {pipeline} {body} {request}";
        }
        """;
}
