using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class TokenAvailableTests() : RuleTests("ALLM3010")
{
    protected override string Example => """
        using Microsoft.AspNetCore.Mvc;
        using OpenAI.Chat;

        public class SupportController(ChatClient client) : ControllerBase
        {
            [HttpPost]
            public async Task<string> Ask(string question)
            {
                ChatCompletion answer = await client.[|CompleteChatAsync|](question);
                return answer.Content[0].Text;
            }
        }
        """;

    [Fact]
    public async Task Says_where_the_token_is()
    {
        await SaysAsync(
            "class Worker(OpenAI.Chat.ChatClient client) { readonly CancellationToken stopping = new(canceled: false); async Task Ask() => await client.{|#0:CompleteChatAsync|}(\"x\"); }",
            "'CompleteChatAsync' cannot be cancelled: 'stopping' is at hand but not passed, so the request runs on and is billed after the caller has given up");
        await SaysAsync(
            "public class Support(OpenAI.Chat.ChatClient client) : Microsoft.AspNetCore.Mvc.ControllerBase { public async Task Ask() => await client.{|#0:CompleteChatAsync|}(\"x\"); }",
            "'CompleteChatAsync' cannot be cancelled: this endpoint would be given a token if it declared a parameter for it, so the request runs on and is billed after the caller has given up");
    }

    [Theory]
    [InlineData("class Worker(ChatClient client) { readonly CancellationToken stopping = new(canceled: false); async Task Ask() => await client.[|CompleteChatAsync|](\"x\"); }", "stopping")]
    [InlineData("class Worker(ChatClient client, CancellationToken stopping) { async Task Ask() => await client.[|CompleteChatAsync|](\"x\"); }", "stopping")]
    [InlineData("class Worker(ChatClient client) { CancellationToken Stopping { get; set; } async Task Ask() => await client.[|CompleteChatAsync|](\"x\"); }", "Stopping")]
    [InlineData("class Worker { static readonly CancellationToken Stopping = new(canceled: false); static async Task Ask(ChatClient client) => await client.[|CompleteChatAsync|](\"x\"); }", "Stopping")]
    [InlineData("class Base { protected CancellationToken Stopping { get; set; } } class Worker(ChatClient client) : Base { async Task Ask() => await client.[|CompleteChatAsync|](\"x\"); }", "Stopping")]
    [InlineData("class Worker(ChatClient client) { readonly CancellationToken stopping = new(canceled: false); Task Ask(string[] xs) => Task.WhenAll(xs.Select(async x => await client.[|CompleteChatAsync|](\"x\"))); }", "stopping")]
    [InlineData("record Worker(ChatClient Client, CancellationToken Stopping) { async Task Ask() => await Client.[|CompleteChatAsync|](\"x\"); }", "Stopping")]
    [InlineData("class Middleware(ChatClient client) { public async Task InvokeAsync(HttpContext context) => await client.[|CompleteChatAsync|](\"x\"); }", "context.RequestAborted")]
    [InlineData("class Page(ChatClient client) : Microsoft.AspNetCore.Mvc.RazorPages.PageModel { public async Task OnGetAsync() => await client.[|CompleteChatAsync|](\"x\"); }", "HttpContext.RequestAborted")]
    [InlineData("class Chat(ChatClient client) : Microsoft.AspNetCore.SignalR.Hub { public async Task Send() => await client.[|CompleteChatAsync|](\"x\"); }", "Context.ConnectionAborted")]
    [InlineData("public class Support(ChatClient client) : Microsoft.AspNetCore.Mvc.ControllerBase { async Task Helper() => await client.[|CompleteChatAsync|](\"x\"); }", "HttpContext.RequestAborted")]
    [InlineData("interface IAsk { Task Ask(); } public class Support(ChatClient client) : Microsoft.AspNetCore.Mvc.ControllerBase, IAsk { public async Task Ask() => await client.[|CompleteChatAsync|](\"x\"); }", "HttpContext.RequestAborted")]
    public Task Passes_the_token_of_the_type_or_the_request(string type, string token) => FixesAsync(
        $"using Microsoft.AspNetCore.Http;\nusing OpenAI.Chat;\n\n{type}\n",
        $"using Microsoft.AspNetCore.Http;\nusing OpenAI.Chat;\n\n{type.Replace("[|CompleteChatAsync|](\"x\")", $"CompleteChatAsync([\"x\"], cancellationToken: {token})", StringComparison.Ordinal)}\n");

    [Fact]
    public Task Passes_the_token_of_a_background_service() => FixesAsync(
        """
        using Microsoft.Extensions.Hosting;
        using OpenAI.Chat;

        class Worker(ChatClient client) : BackgroundService
        {
            private CancellationToken _stoppingToken;

            protected override async Task ExecuteAsync(CancellationToken stoppingToken)
            {
                _stoppingToken = stoppingToken;
                await WorkAsync();
            }

            private async Task WorkAsync()
            {
                await foreach (var update in client.[|CompleteChatStreamingAsync|]("x")) { }
            }
        }
        """,
        """
        using Microsoft.Extensions.Hosting;
        using OpenAI.Chat;

        class Worker(ChatClient client) : BackgroundService
        {
            private CancellationToken _stoppingToken;

            protected override async Task ExecuteAsync(CancellationToken stoppingToken)
            {
                _stoppingToken = stoppingToken;
                await WorkAsync();
            }

            private async Task WorkAsync()
            {
                await foreach (var update in client.CompleteChatStreamingAsync(["x"], cancellationToken: _stoppingToken)) { }
            }
        }
        """);

    [Fact]
    public Task Declares_the_token_of_a_minimal_api_handler() => FixesAsync(
        """
        /* top-level */
        using Microsoft.AspNetCore.Builder;
        using Microsoft.AspNetCore.Http;
        using Microsoft.AspNetCore.Routing;
        using OpenAI.Chat;

        var app = WebApplication.Create();
        app.MapPost("/ask", async (string question, ChatClient client) =>
        {
            // twice
            ChatCompletion draft = await client.[|CompleteChatAsync|](question);
            ChatCompletion answer = await client.[|CompleteChatAsync|]([draft.Content[0].Text]);
            return answer.Content[0].Text;
        });
        app.MapGet("/hello", async (ChatClient client) => (await client.[|CompleteChatAsync|]("Say hello.")).Value.Content[0].Text).WithName("hello");
        app.MapPost("/all", (string[] questions, ChatClient client) => Task.WhenAll(questions.Select(question => client.[|CompleteChatAsync|](question))));
        app.MapGroup("/v1").MapPost("/local", AskAsync);
        app.MapPost("/static", Handlers.Ask);
        app.MapPost("/context", async (HttpContext context, ChatClient client) => await client.[|CompleteChatAsync|]("x"));
        app.Run();

        static async Task<string> AskAsync(string question, ChatClient client) => (await client.[|CompleteChatAsync|](question)).Value.Content[0].Text;

        static class Handlers
        {
            public static void Map(IEndpointRouteBuilder app) => app.MapPost("/static", Ask);

            public static async Task<string> Ask(
                string question,
                ChatClient client) => (await client.[|CompleteChatAsync|](question)).Value.Content[0].Text;
        }
        """,
        """
        /* top-level */
        using Microsoft.AspNetCore.Builder;
        using Microsoft.AspNetCore.Http;
        using Microsoft.AspNetCore.Routing;
        using OpenAI.Chat;

        var app = WebApplication.Create();
        app.MapPost("/ask", async (string question, ChatClient client, CancellationToken cancellationToken) =>
        {
            // twice
            ChatCompletion draft = await client.CompleteChatAsync([question], cancellationToken: cancellationToken);
            ChatCompletion answer = await client.CompleteChatAsync([draft.Content[0].Text], cancellationToken: cancellationToken);
            return answer.Content[0].Text;
        });
        app.MapGet("/hello", async (ChatClient client, CancellationToken cancellationToken) => (await client.CompleteChatAsync(["Say hello."], cancellationToken: cancellationToken)).Value.Content[0].Text).WithName("hello");
        app.MapPost("/all", (string[] questions, ChatClient client, CancellationToken cancellationToken) => Task.WhenAll(questions.Select(question => client.CompleteChatAsync([question], cancellationToken: cancellationToken))));
        app.MapGroup("/v1").MapPost("/local", AskAsync);
        app.MapPost("/static", Handlers.Ask);
        app.MapPost("/context", async (HttpContext context, ChatClient client) => await client.CompleteChatAsync(["x"], cancellationToken: context.RequestAborted));
        app.Run();

        static async Task<string> AskAsync(string question, ChatClient client, CancellationToken cancellationToken = default) => (await client.CompleteChatAsync([question], cancellationToken: cancellationToken)).Value.Content[0].Text;

        static class Handlers
        {
            public static void Map(IEndpointRouteBuilder app) => app.MapPost("/static", Ask);

            public static async Task<string> Ask(
                string question,
                ChatClient client,
                CancellationToken cancellationToken = default) => (await client.CompleteChatAsync([question], cancellationToken: cancellationToken)).Value.Content[0].Text;
        }
        """);

    [Fact]
    public Task Declares_the_token_of_actions_and_kernel_functions() => FixesAsync(
        """
        using Microsoft.AspNetCore.Mvc;
        using Microsoft.SemanticKernel;
        using OpenAI.Chat;

        [ApiController]
        public class SupportController(ChatClient client) : ControllerBase
        {
            [HttpPost]
            public async Task<string> Ask(string question) => (await client.[|CompleteChatAsync|](question)).Value.Content[0].Text;
        }

        public class Plugin(ChatClient client)
        {
            [KernelFunction]
            public async Task<string> Summarize(string text, string style = "short") => (await client.[|CompleteChatAsync|](text + style)).Value.Content[0].Text;
        }
        """,
        """
        using Microsoft.AspNetCore.Mvc;
        using Microsoft.SemanticKernel;
        using OpenAI.Chat;

        [ApiController]
        public class SupportController(ChatClient client) : ControllerBase
        {
            [HttpPost]
            public async Task<string> Ask(string question, CancellationToken cancellationToken = default) => (await client.CompleteChatAsync([question], cancellationToken: cancellationToken)).Value.Content[0].Text;
        }

        public class Plugin(ChatClient client)
        {
            [KernelFunction]
            public async Task<string> Summarize(string text, string style = "short", CancellationToken cancellationToken = default) => (await client.CompleteChatAsync([text + style], cancellationToken: cancellationToken)).Value.Content[0].Text;
        }
        """);

    [Theory]
    [InlineData("class Worker(ChatClient client) { readonly CancellationToken stopping = new(canceled: false); async Task Ask(CancellationToken ct) => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker(ChatClient client) { readonly CancellationToken stopping = new(canceled: false); async Task Ask() => await client.CompleteChatAsync([\"x\"], null, stopping); }")]
    [InlineData("class Worker(ChatClient client) { readonly CancellationTokenSource stopping = new(); async Task Ask() => await client.CompleteChatAsync([\"x\"], null, stopping.Token); }")]
    [InlineData("class Chat(ChatClient client) : Microsoft.AspNetCore.SignalR.Hub { public async Task Send() { await foreach (var u in client.CompleteChatStreamingAsync(\"x\").WithCancellation(Context.ConnectionAborted)) { } } }")]
    [InlineData("public class Support(ChatClient client) : Microsoft.AspNetCore.Mvc.ControllerBase { public async Task Ask(CancellationToken ct) => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker(ChatClient client) { async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    public Task Is_silent_when_a_token_is_passed_or_in_scope_or_nowhere(string type) => SilentAsync($"using OpenAI.Chat;\n{type}");

    [Theory]
    [InlineData("try { await Task.Yield(); } catch { await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("if (stopping.IsCancellationRequested) await client.CompleteChatAsync(\"x\");")]
    [InlineData("_ = client.CompleteChatAsync(\"x\"); await Task.Yield();")]
    [InlineData("_ = Task.Run(() => client.CompleteChatAsync(\"x\")); await Task.Yield();")]
    public Task Is_silent_where_the_token_is_not_wanted(string statements) => SilentAsync($$"""
        using OpenAI.Chat;

        class Worker(ChatClient client)
        {
            readonly CancellationToken stopping;

            async Task Ask() { {{statements}} }
        }

        public class Support(ChatClient client, CancellationToken stopping) : Microsoft.AspNetCore.Mvc.ControllerBase
        {
            public async Task Ask() { {{statements}} }
        }
        """);

    [Theory]
    [InlineData("class Worker { readonly CancellationToken stopping = new(canceled: false); static async Task Ask(ChatClient client) => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker { readonly CancellationToken stopping = new(canceled: false); Task Ask(ChatClient client) { return Inner(client); static async Task Inner(ChatClient client) => await client.CompleteChatAsync(\"x\"); } }")]
    [InlineData("class Worker(ChatClient client) { static readonly CancellationToken Never = CancellationToken.None; async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker(ChatClient client) { readonly CancellationToken never = default; async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Base { private CancellationToken stopping; } class Worker(ChatClient client) : Base { async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker(ChatClient client) { CancellationToken Stopping { set { } } async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Plugin(ChatClient client) { [Microsoft.SemanticKernel.KernelFunction] public virtual async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    [InlineData("class Worker(ChatClient client) { async Task Ask(System.ClientModel.BinaryContent body, Options options) => await client.CompleteChatAsync(\"x\"); } class Options { public CancellationToken Token { get; set; } }")]
    [InlineData("public class Support(OpenAI.Audio.AudioClient client, CancellationToken stopping) { async Task Ask() => await client.GenerateSpeechAsync(\"x\", \"alloy\", null, stopping); }")]
    [InlineData("class Routes { void Map(Func<ChatClient, Task> handler) { } void Add() => Map(async client => await client.CompleteChatAsync(\"x\")); }")]
    [InlineData("class KernelProcessStep { } class Step(ChatClient client) : KernelProcessStep { [Microsoft.SemanticKernel.KernelFunction] public async Task Ask() => await client.CompleteChatAsync(\"x\"); }")]
    public Task Is_silent_where_no_token_can_be_named_or_declared(string type) => SilentAsync($"using OpenAI.Chat;\n{type}");

    [Fact]
    public Task Offers_no_fix_when_two_tokens_compete_or_nothing_can_be_added() => OffersNoFixAsync("""
        using OpenAI.Chat;

        class Worker(ChatClient client)
        {
            readonly CancellationToken stopping, aborted;

            async Task Ask() => await client.[|CompleteChatAsync|]("x");
        }

        class Plugin(ChatClient client)
        {
            [Microsoft.SemanticKernel.KernelFunction]
            public async Task Ask(params string[] texts) => await client.[|CompleteChatAsync|](texts[0]);
        }
        """);

    private async Task SaysAsync(string code, string message)
    {
        var test = new RuleTest(Id) { TestCode = code, CodeActionEquivalenceKey = "none" };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(message));
        await test.RunAsync();
    }
}
