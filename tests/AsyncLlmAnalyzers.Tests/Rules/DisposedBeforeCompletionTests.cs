using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class DisposedBeforeCompletionTests() : RuleTests("ALLM3009")
{
    protected override string Example => WithMember("""
        Task<ChatResponse> Ask(string prompt)
        {
            using var cts = new CancellationTokenSource(1000);
            return chat.[|GetResponseAsync|](prompt, cancellationToken: cts.Token);
        }
        """);

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(1000); return chat.{|#0:GetResponseAsync|}(prompt, null, cts.Token);", "cts", "its timeout and cancellation no longer reach the request, which runs on and is billed")]
    [InlineData("using IChatClient own = Make(); return own.{|#0:GetResponseAsync|}(prompt);", "own", "the request is cut off or fails, and its answer is lost")]
    [InlineData("using var lease = limiter.AttemptAcquire(); return chat.{|#0:GetResponseAsync|}(prompt);", "lease", "its permit is free again at once, and the limiter lets in the next call while this one runs")]
    [InlineData("using var file = File.OpenRead(prompt); return speech.{|#0:GetTextAsync|}(file);", "file", "the request fails when it reads what is closed")]
    public async Task Says_what_is_disposed(string statements, string resource, string effect)
    {
        var test = new RuleTest(Id) { TestCode = WithMember($"Task Ask(string prompt) {{ {statements} }}") };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        var call = resource == "file" ? "GetTextAsync" : "GetResponseAsync";
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(
            $"'{call}' is returned without being awaited, so '{resource}' is disposed while the call runs: {effect}"));
        test.CodeActionEquivalenceKey = "none";
        await test.RunAsync();
    }

    [Fact]
    public Task Awaits_in_a_method() => FixesAsync(
        WithMember("""
            Task<ChatResponse> Ask(string prompt)
            {
                using var cts = new CancellationTokenSource(1000);
                if (prompt == "")
                    return Task.FromResult(new ChatResponse()); // nothing to ask
                return chat.[|GetResponseAsync|](prompt, cancellationToken: cts.Token);
            }

            public override Task Close(string prompt)
            {
                using (var own = Make())
                {
                    // says goodbye
                    return own.[|GetResponseAsync|](prompt);
                }
            }

            ValueTask<string> Text(string prompt)
            {
                using var cts = new CancellationTokenSource(1000);
                return [|Read|](prompt, cts.Token);
            }
            """),
        WithMember("""
            async Task<ChatResponse> Ask(string prompt)
            {
                using var cts = new CancellationTokenSource(1000);
                if (prompt == "")
                    return new ChatResponse(); // nothing to ask
                return await chat.GetResponseAsync(prompt, cancellationToken: cts.Token);
            }

            public override async Task Close(string prompt)
            {
                using (var own = Make())
                {
                    // says goodbye
                    await own.GetResponseAsync(prompt);
                    return;
                }
            }

            async ValueTask<string> Text(string prompt)
            {
                using var cts = new CancellationTokenSource(1000);
                return await Read(prompt, cts.Token);
            }
            """));

    [Fact]
    public Task Awaits_in_lambdas_and_local_functions() => FixesAsync(
        WithMember("""
            async Task Run(List<string> prompts)
            {
                await Task.WhenAll(prompts.Select(prompt =>
                {
                    using var cts = new CancellationTokenSource(1000);
                    return chat.[|GetResponseAsync|](prompt, cancellationToken: cts.Token);
                }));
                await Local("x");

                Task<ChatResponse> Local(string prompt)
                {
                    using var own = Make();
                    var task = own.GetResponseAsync(prompt);
                    return [|task|];
                }
            }
            """),
        WithMember("""
            async Task Run(List<string> prompts)
            {
                await Task.WhenAll(prompts.Select(async prompt =>
                {
                    using var cts = new CancellationTokenSource(1000);
                    return await chat.GetResponseAsync(prompt, cancellationToken: cts.Token);
                }));
                await Local("x");

                async Task<ChatResponse> Local(string prompt)
                {
                    using var own = Make();
                    var task = own.GetResponseAsync(prompt);
                    return await task;
                }
            }
            """));

    [Theory]
    [InlineData("using var cts = new CancellationTokenSource(1000); var token = cts.Token; return chat.[|GetResponseAsync|](prompt, null, token);")]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); return chat.[|GetResponseAsync|](prompt, null, cts.Token).ContinueWith(t => t.Result);")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return Task.[|Run|](() => chat.GetResponseAsync(prompt, null, cts.Token));")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return Task.[|WhenAll|](new[] { prompt }.Select(p => chat.GetResponseAsync(p, null, cts.Token)));")]
    [InlineData("using var cts = new CancellationTokenSource(1000); var tasks = new[] { prompt }.Select(p => chat.GetResponseAsync(p, null, cts.Token)).ToArray(); return Task.[|WhenAll|](tasks);")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return prompt == \"\" ? chat.[|GetResponseAsync|](prompt, null, cts.Token) : Task.CompletedTask;")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return prompt != \"\" ? Task.CompletedTask : chat.[|GetResponseAsync|](prompt, null, cts.Token);")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return prompt switch { \"\" => Task.CompletedTask, _ => chat.[|GetResponseAsync|](prompt, null, cts.Token) };")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return (chat?.[|GetResponseAsync|](prompt, null, cts.Token))!;")]
    [InlineData("var cts = new CancellationTokenSource(1000); using (cts) { return chat.[|GetResponseAsync|](prompt, null, cts.Token); }")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return [|Read|](prompt, cts.Token).AsTask();")]
    [InlineData("using var anthropic = new Anthropic.AnthropicClient(); return anthropic.Messages.[|Create|](null!);")]
    [InlineData("using var anthropic = new Anthropic.AnthropicClient(); var messages = anthropic.Messages; return messages.[|Create|](null!);")]
    [InlineData("using var own = Make(); return [|Summarize|](own, prompt);")]
    [InlineData("try { using var own = Make(); return own.[|GetResponseAsync|](prompt); } catch (InvalidOperationException) { return Task.CompletedTask; }")]
    public Task Reports_whatever_form_the_task_has(string statements) => new RuleTest(Id)
    {
        TestCode = WithMember($"Task Ask(string prompt, CancellationToken ct) {{ {statements} }}"),
        CodeActionEquivalenceKey = "none",
        TestState = { Sources = { ("/0/Prelude.cs", RuleTest.Prelude) } },
    }.RunAsync();

    [Fact]
    public Task Reports_a_stream_and_offers_no_fix() => OffersNoFixAsync(WithMember("""
        IAsyncEnumerable<ChatResponseUpdate> Ask(string prompt)
        {
            using var cts = new CancellationTokenSource(1000);
            return chat.[|GetStreamingResponseAsync|](prompt, cancellationToken: cts.Token);
        }
        """));

    [Fact]
    public Task Offers_no_fix_where_nothing_can_be_awaited() => OffersNoFixAsync(WithMember("""
        Task<ChatResponse> Ask(string prompt)
        {
            lock (limiter)
            {
                using var cts = new CancellationTokenSource(1000);
                return chat.[|GetResponseAsync|](prompt, cancellationToken: cts.Token);
            }
        }

        Task<ChatResponse> Find(in int index)
        {
            using var cts = new CancellationTokenSource(index);
            return chat.[|GetResponseAsync|]("x", cancellationToken: cts.Token);
        }
        """));

    [Theory]
    [InlineData("async Task<ChatResponse> Ask(string prompt) { using var cts = new CancellationTokenSource(1000); return await chat.GetResponseAsync(prompt, null, cts.Token); }")]
    [InlineData("Task<ChatResponse> Ask(string prompt) { using var cts = new CancellationTokenSource(1000); return Inner(); async Task<ChatResponse> Inner() => await chat.GetResponseAsync(prompt); }")]
    [InlineData("Task<ChatResponse> Ask(string prompt) { using var cts = new CancellationTokenSource(1000); return Task.FromResult(chat.GetResponseAsync(prompt, null, cts.Token).Result); }")]
    [InlineData("Task<ChatResponse> Ask(string prompt) { using var cts = new CancellationTokenSource(1000); var task = chat.GetResponseAsync(prompt, null, cts.Token); task.Wait(); return task; }")]
    public Task Is_silent_when_the_call_is_awaited(string member) => SilentAsync(WithMember(member));

    [Theory]
    [InlineData("var cts = new CancellationTokenSource(1000); return chat.GetResponseAsync(prompt, null, cts.Token);")]
    [InlineData("using (var cts = new CancellationTokenSource(1000)) cts.Cancel(); return chat.GetResponseAsync(prompt);")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return chat.GetResponseAsync(prompt);")]
    [InlineData("using var reader = new StreamReader(prompt); return chat.GetResponseAsync(reader.ReadToEnd());")]
    [InlineData("using var file = File.OpenRead(prompt); return chat.GetResponseAsync(new StreamReader(file).ReadToEnd());")]
    [InlineData("using var file = File.OpenRead(prompt); return chat.GetResponseAsync(file.Name);")]
    [InlineData("using var own = Make(); return chat.GetResponseAsync(own.ToString()!);")]
    [InlineData("using var own = Make(); var answer = Blocking(own); return chat.GetResponseAsync(answer);")]
    [InlineData("using var scope = new Activity(); return chat.GetResponseAsync(prompt, new ChatOptions { ModelId = scope.Id });")]
    [InlineData("using var cts = new CancellationTokenSource(1000); return Task.Delay(100, cts.Token);")]
    public Task Is_silent_when_the_resource_outlives_the_call_or_is_not_needed(string statements) =>
        SilentAsync(WithMember($"Task Ask(string prompt) {{ {statements} }}"));

    [Fact]
    public Task Is_silent_when_the_using_is_around_the_lambda() => SilentAsync(WithMember("""
        void Run(List<string> prompts)
        {
            using var cts = new CancellationTokenSource(1000);
            var tasks = prompts.Select(prompt => { return chat.GetResponseAsync(prompt, null, cts.Token); }).ToArray();
            Task.WaitAll(tasks);
        }
        """));

    private static string WithMember(string member) => $$"""
        using System.Threading.RateLimiting;
        using Microsoft.Extensions.AI;

        #pragma warning disable MEAI001
        abstract class Base { public abstract Task Close(string prompt); }

        class Activity : IDisposable { public string Id => ""; public void Dispose() { } }

        class Assistant(IChatClient chat, ISpeechToTextClient speech, RateLimiter limiter) : Base
        {
        {{Indent(member, 4)}}

            static IChatClient Make() => null!;

            static string Blocking(IChatClient client) => client.ToString()!;

            async ValueTask<string> Read(string prompt, CancellationToken ct) => (await chat.GetResponseAsync(prompt, null, ct)).Text;

            async Task<string> Summarize(IChatClient client, string text) => (await client.GetResponseAsync(text)).Text + speech + limiter;
        {{(member.Contains(" Close(", StringComparison.Ordinal) ? "" : "\n    public override Task Close(string prompt) => Task.CompletedTask;")}}
        }
        """;
}
