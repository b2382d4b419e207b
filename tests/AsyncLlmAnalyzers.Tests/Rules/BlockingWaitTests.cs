using static AsyncLlmAnalyzers.Tests.Rules.AssistantCode;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class BlockingWaitTests() : RuleTests("ALLM2001")
{
    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            string Summarize(string text)
            {
                var completion = client.CompleteChatAsync([text]).[|Result|];
                return completion.Value.Content[0].Text;
            }
        }
        """;

    public static TheoryData<string> Waits =>
    [
        "var x = Ask(prompt).[|Result|];",
        "var x = client.CompleteChatAsync([prompt]).[|Result|].Value.Content[0].Text;",
        "var x = client.CompleteChatAsync([prompt]).GetAwaiter().[|GetResult|]();",
        "var x = client.CompleteChatAsync([prompt]).ConfigureAwait(false).GetAwaiter().[|GetResult|]();",
        "client.CompleteChatAsync([prompt]).[|Wait|]();",
        "Ask(prompt).[|Wait|](1000);",
        "Ask(prompt).[|Wait|](TimeSpan.FromSeconds(1));",
        "Ask(prompt).[|Wait|](cancellationToken);",
        "var x = (Ask(prompt)).[|Result|];",
        "var x = AskText(prompt).[|Result|];",
        "var x = AskValue(prompt).[|Result|];",
        "var x = AskValue(prompt).AsTask().[|Result|];",
        "var x = AskValue(prompt).GetAwaiter().[|GetResult|]();",
        "var x = client?.CompleteChatAsync([prompt]).[|Result|];",
        "var x = client?.CompleteChatAsync([prompt])?.[|Result|];",
        "var x = (client?.CompleteChatAsync([prompt]))?.[|Result|];",
        "var task = Ask(prompt); var x = task.[|Result|];",
        "var task = Ask(prompt); var y = task; var x = y.[|Result|];",
        "var task = Ask(prompt); var x = task?.[|Result|];",
        "var awaiter = AskText(prompt).GetAwaiter(); var x = awaiter.[|GetResult|]();",
        "Task<string> task; task = AskText(prompt); var x = task.[|Result|];",
        "Task<string>? task = null; task ??= AskText(prompt); var x = task.[|Result|];",
        "Task<string> task; var x = (task = AskText(prompt)).[|Result|];",
        "var x = (prompt == \"\" ? Local(prompt) : AskText(prompt)).[|Result|];",
        "var x = (prompt switch { \"\" => Local(prompt), _ => AskText(prompt) }).[|Result|];",
        "var x = Task.Run(() => AskText(prompt)).[|Result|];",
        "var x = Task.Run(async () => await client.CompleteChatAsync([prompt])).[|Result|];",
        "var x = Task.Factory.StartNew(() => AskText(prompt)).Unwrap().[|Result|];",
        "var x = AskText(prompt).ContinueWith(t => t.Result.Length).[|Result|];",
        "var x = AskText(prompt).WaitAsync(cancellationToken).[|Result|];",
        "Func<Task<string>> ask = () => AskText(prompt); var x = ask().[|Result|];",
        "async Task<string> Ask2(string p) => await AskText(p); var x = Ask2(prompt).[|Result|];",
        "Task.[|WaitAll|](Ask(prompt), AskText(prompt));",
        "Task.[|WaitAll|](prompts.Select(AskText).ToArray());",
        "Task.[|WaitAny|](Ask(prompt), Task.Delay(1000));",
        "Task.WhenAll(Ask(prompt), AskText(prompt)).[|Wait|]();",
        "var x = Task.WhenAll(prompts.Select(p => AskText(p))).[|Result|];",
        "var x = Task.WhenAll(from p in prompts select AskText(p)).GetAwaiter().[|GetResult|]();",
        "var x = Task.WhenAny(Ask(prompt), Ask(prompt)).[|Result|];",
        "var tasks = new List<Task<string>>(); foreach (var p in prompts) tasks.Add(AskText(p)); Task.[|WaitAll|]([.. tasks]);",
        "Task[] tasks = [Ask(prompt), AskText(prompt)]; Task.[|WaitAll|](tasks);",
        "var tasks = new Task<string>[2]; tasks[0] = AskText(prompt); var x = tasks[0].[|Result|];",
        "foreach (var task in prompts.Select(AskText)) Console.WriteLine(task.[|Result|]);",
        "var texts = prompts.Select(AskText).Select(t => t.[|Result|]).ToList();",
        "var texts = prompts.Select(p => AskText(p).[|Result|]).ToList();",
        "var texts = from p in prompts select AskText(p).[|Result|];",
        "prompts.ForEach(p => Console.WriteLine(AskText(p).[|Result|]));",
        "Parallel.ForEach(prompts, p => AskText(p).[|Wait|]());",
        "Action act = () => AskText(prompt).[|Wait|]();",
        "Action act = delegate { AskText(prompt).[|Wait|](); };",
        "string Inner() => AskText(prompt).[|Result|]; Inner();",
        "var x = chat.GetStreamingResponseAsync(prompt).ToChatResponseAsync().[|Result|];",
        "var updates = chat.GetStreamingResponseAsync(prompt).GetAsyncEnumerator(); var x = updates.MoveNextAsync().AsTask().[|Result|];",
        "var x = Task.FromResult(AskText(prompt)).Result.[|Result|];",
        "var x = Greeting.[|Result|];",
        "var (a, b) = (AskText(prompt), Local(prompt)); var x = a.[|Result|] + b.Result;",
        "Task<string> a, b; (a, b) = (Local(prompt), AskText(prompt)); var x = a.Result + b.[|Result|];",
        "foreach (var (p, t) in prompts.Select(p => (p, AskText(p))).ToList()) Console.WriteLine(t.[|Result|]);",
        "var pairs = prompts.Select(p => new { p, Answer = AskText(p) }).ToList(); foreach (var pair in pairs) Console.WriteLine(pair.Answer.[|Result|]);",
        "var tasks = prompts.ToDictionary(p => p, AskText); foreach (var pair in tasks) Console.WriteLine(pair.Value.[|Result|]);",
        "var tasks = new Dictionary<string, Task<string>>(); tasks[prompt] = AskText(prompt); if (tasks.TryGetValue(prompt, out var task)) Console.WriteLine(task.[|Result|]);",
        "var tasks = new Dictionary<string, Task<string>> { [prompt] = AskText(prompt) }; var x = tasks[prompt].[|Result|];",
        "var tasks = new Queue<Task<string>>(); tasks.Enqueue(AskText(prompt)); while (tasks.TryDequeue(out var task)) Console.WriteLine(task.[|Result|]);",
        "Task<string>? started = AskText(prompt); if (started is { } task) Console.WriteLine(task.[|Result|]);",
        "object started = AskText(prompt); if (started is Task<string> task) Console.WriteLine(task.[|Result|]);",
        "var answer = new Lazy<Task<string>>(() => AskText(prompt)); var x = answer.Value.[|Result|];",
        "using var t = AskText(prompt); try { t.[|Wait|](); } catch (AggregateException) { }",
        """
        var x = client
            .CompleteChatAsync([prompt])
            .[|Result|]
            .Value;
        """,
    ];

    [Theory]
    [MemberData(nameof(Waits))]
    public async Task Reports_a_wait_in_a_sync_method(string statements) => await ReportsAsync(Sync(statements));

    [Fact]
    public async Task Reports_the_same_waits_in_an_async_method() =>
        await ReportsAsync(Async(string.Join('\n', ((IEnumerable<object[]>)Waits).Select(wait => $"{{ {wait[0]} }}"))));

    [Theory]
    [InlineData("string Answer => AskText(\"Why?\").[|Result|];")]
    [InlineData("string Answer { get { return AskText(\"Why?\").[|Result|]; } }")]
    [InlineData("string this[string prompt] => AskText(prompt).[|Result|];")]
    [InlineData("static string Describe(IChatClient chat) => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("event Action Changed { add { AskText(\"\").[|Wait|](); } remove { } }")]
    [InlineData("T Parse<T>(string prompt, Func<string, T> parse) => parse(AskText(prompt).[|Result|]);")]
    [InlineData("readonly Func<string, string> ask; public Assistant(IChatClient chat) : this(null!, chat) => ask = p => chat.GetResponseAsync(p).[|Result|].Text;")]
    [InlineData("readonly string greeting; public Assistant(IChatClient chat) : this(null!, chat) => greeting = chat.GetResponseAsync(\"Hi\").[|Result|].Text;")]
    [InlineData("readonly string greeting = new Func<string>(() => default(IChatClient)!.GetResponseAsync(\"Hi\").[|Result|].Text)();")]
    [InlineData("static async IAsyncEnumerable<string> Stream(IChatClient chat) { await Task.Yield(); yield return chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("static IEnumerable<string> Lazy(IChatClient chat) { yield return chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    public async Task Reports_a_wait_in_any_member(string member) => await ReportsAsync(Class(member));

    [Fact]
    public async Task Reports_a_wait_in_top_level_statements() => await ReportsAsync("""
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("m", "k");
        Console.WriteLine(client.CompleteChatAsync(["Hi"]).[|Result|].Value);
        """);

    [Fact]
    public async Task Reports_a_wait_on_an_interface_all_of_whose_implementations_make_a_call() => await ReportsAsync("""
        using Microsoft.Extensions.AI;

        interface ISummarizer { Task<string> SummarizeAsync(string text); }

        class Summarizer(IChatClient chat) : ISummarizer
        {
            public async Task<string> SummarizeAsync(string text) => (await chat.GetResponseAsync(text)).Text;
        }

        class Page(ISummarizer summarizer)
        {
            public string Title(string text) => summarizer.SummarizeAsync(text).[|Result|];
        }
        """);

    [Fact]
    public async Task Reports_a_wait_on_a_wrapper_in_another_file() => await ReportsAcrossFilesAsync(
        """
        class Page(Summarizer summarizer)
        {
            public string Title(string text) => summarizer.SummarizeAsync(text).[|Result|];
        }
        """,
        """
        using Microsoft.Extensions.AI;

        partial class Summarizer(IChatClient chat)
        {
            public Task<string> SummarizeAsync(string text) => CoreAsync(text);
        }
        """,
        """
        using Microsoft.Extensions.AI;

        partial class Summarizer
        {
            private async Task<string> CoreAsync(string text) => (await chat.GetResponseAsync(text)).Text;
        }
        """);

    public static TheoryData<string> CompletedTasks =>
    [
        "var task = AskText(prompt); await task; var x = task.Result;",
        "var a = AskText(prompt); var b = AskText(prompt); await Task.WhenAll(a, b); Console.WriteLine(a.Result + b.Result);",
        "var a = AskText(prompt); await Task.WhenAll(a, Ask(prompt)).ConfigureAwait(false); Console.WriteLine(a.Result);",
        "var tasks = prompts.Select(AskText).ToArray(); await Task.WhenAll(tasks); foreach (var t in tasks) Console.WriteLine(t.Result);",
        "var tasks = prompts.Select(AskText).ToList(); await Task.WhenAll(tasks); var x = tasks.Select(t => t.Result).ToList();",
        "var tasks = prompts.Select(AskText).ToList(); await Task.WhenAll(tasks); var x = tasks[0].Result;",
        "var task = AskText(prompt); if (task.IsCompletedSuccessfully) Console.WriteLine(task.Result);",
        "var task = AskText(prompt); var winner = await Task.WhenAny(task, Task.Delay(100)); if (winner == task) Console.WriteLine(task.Result);",
        "var winner = await Task.WhenAny(AskText(prompt), AskText(prompt)); Console.WriteLine(winner.Result);",
        "Console.WriteLine((await Task.WhenAny(AskText(prompt), AskText(prompt))).Result);",
        "await AskText(prompt).ContinueWith(t => Console.WriteLine(t.Result));",
        "var task = AskText(prompt); while (!task.IsCompleted) Console.Write('.'); Console.WriteLine(task.Result);",
        "await foreach (var t in Task.WhenEach(prompts.Select(AskText))) Console.WriteLine(t.Result);",
        "var (a, b) = (AskText(prompt), AskText(prompt)); await Task.WhenAll(a, b); var x = a.Result + b.Result;",
        "var pairs = prompts.Select(p => (p, Answer: AskText(p))).ToList(); await Task.WhenAll(pairs.Select(pair => pair.Answer)); foreach (var (p, t) in pairs) Console.WriteLine(t.Result);",
        "var tasks = prompts.ToDictionary(p => p, AskText); await Task.WhenAll(tasks.Values); foreach (var pair in tasks) Console.WriteLine(pair.Value.Result);",
        "var tasks = prompts.ToDictionary(p => p, AskText); await Task.WhenAll(tasks.Values); if (tasks.TryGetValue(prompt, out var task)) Console.WriteLine(task.Result);",
        "var started = AskText(prompt); await started; if (started is { } task) Console.WriteLine(task.Result);",
        "var started = AskText(prompt); if (started is { IsCompletedSuccessfully: true } task) Console.WriteLine(task.Result);",
        "var answer = new Lazy<Task<string>>(() => AskText(prompt)); await answer.Value; var x = answer.Value.Result;",
    ];

    [Theory]
    [InlineData("Task<string>? started; void Start() => started = AskText(\"Why?\"); string Answer => started!.[|Result|];")]
    [InlineData("Task<string>? started; string Answer => (started ??= AskText(\"Why?\")).[|Result|];")]
    [InlineData("Task<string>? started; string? Get() { if (started == null) this.started = AskText(\"Why?\"); return started?.GetAwaiter().[|GetResult|](); }")]
    [InlineData("readonly Lazy<Task<string>> answer = new(() => default(IChatClient)!.GetResponseAsync(\"Why?\").ContinueWith(t => t.Result.Text)); string Answer => answer.Value.[|Result|];")]
    public async Task Reports_a_wait_for_the_task_of_a_field(string members) => await ReportsAsync(Class(members));

    /// <summary>Who waits may come after who has seen it end.</summary>
    [Theory]
    [InlineData("Task<string>? started; async Task Start() { started = AskText(\"Why?\"); await started; } string Answer => started!.Result;")]
    [InlineData("Task<string>? started; Task<string> Start() => started = AskText(\"Why?\"); async Task Run() { await Start(); Show(); } void Show() => Console.WriteLine(started!.Result);")]
    [InlineData("Task<string>? started; Task Ready => started ??= AskText(\"Why?\"); string Answer => started!.Result;")]
    [InlineData("Task<string>? started; void Start() => started = AskText(\"Why?\"); string? Answer => started!.IsCompleted ? Read() : null; string Read() => started!.Result;")]
    [InlineData("Task<string>? started; void Start() => started = Local(\"Why?\"); string Answer => started!.Result;")]
    [InlineData("protected Task<string>? started; void Start() => started = AskText(\"Why?\"); string Answer => started!.Result;")]
    [InlineData("readonly Lazy<Task<string>> answer = new(() => default(IChatClient)!.GetResponseAsync(\"Why?\").ContinueWith(t => t.Result.Text)); async Task Run() { await answer.Value; Show(); } void Show() => Console.WriteLine(answer.Value.Result);")]
    public async Task Silent_on_a_field_whose_task_others_see_as_well(string members) => await SilentAsync(Class(members));

    [Fact]
    public async Task Reports_a_lazy_sequence_that_is_read_again() => await ReportsAsync(Async(
        "var tasks = prompts.Select(AskText); await Task.WhenAll(tasks); var x = tasks.Select(t => t.[|Result|]).ToList();"));

    [Theory]
    [MemberData(nameof(CompletedTasks))]
    public async Task Silent_when_the_task_is_known_to_be_complete(string statements) => await SilentAsync(Async(statements));

    [Theory]
    [InlineData("var task = AskText(prompt); task.[|Wait|](); var x = task.Result;")]
    [InlineData("var task = AskText(prompt); Console.WriteLine(task.[|Result|] + task.Result);")]
    [InlineData("var tasks = prompts.Select(AskText).ToArray(); Task.[|WaitAll|](tasks); foreach (var t in tasks) Console.WriteLine(t.Result);")]
    [InlineData("var tasks = prompts.Select(AskText).ToArray(); var first = Task.[|WaitAny|](tasks); Console.WriteLine(tasks[first].Result);")]
    [InlineData("var task = AskText(prompt); if (task.[|Wait|](1000)) Console.WriteLine(task.Result);")]
    public async Task Reports_only_the_first_wait_for_a_task(string statements) => await ReportsAsync(Sync(statements));

    [Theory]
    [InlineData("var x = Local(prompt).Result;")]
    [InlineData("var x = File.ReadAllTextAsync(prompt).Result;")]
    [InlineData("var x = Task.Run(() => prompt.Length).Result;")]
    [InlineData("Task.WaitAll(Task.Delay(1), Local(prompt));")]
    [InlineData("var x = new Response { Result = prompt }.Result;")]
    [InlineData("var x = nameof(Task<string>.Result);")]
    [InlineData("var task = AskText(prompt); var x = nameof(task.Result);")]
    [InlineData("System.Linq.Expressions.Expression<Func<string>> setup = () => AskText(prompt).Result;")]
    [InlineData("var semaphore = new SemaphoreSlim(1); semaphore.Wait();")]
    [InlineData("var done = new CountdownEvent(1); done.Wait();")]
    public async Task Silent_when_no_call_is_waited_for(string statements) =>
        await SilentAsync(Sync(statements) + "\n\nclass Response { public string? Result { get; set; } }");

    [Fact]
    public async Task Silent_on_an_interface_only_some_of_whose_implementations_make_a_call() => await SilentAsync("""
        using Microsoft.Extensions.AI;

        interface ISummarizer { Task<string> SummarizeAsync(string text); }

        class Summarizer(IChatClient chat) : ISummarizer
        {
            public async Task<string> SummarizeAsync(string text) => (await chat.GetResponseAsync(text)).Text;
        }

        class FirstLine : ISummarizer
        {
            public Task<string> SummarizeAsync(string text) => Task.FromResult(text.Split('\n')[0]);
        }

        class Page(ISummarizer summarizer)
        {
            public string Title(string text) => summarizer.SummarizeAsync(text).Result;
        }
        """);

    /// <summary>What it asks, if anything, is looked at where it asks it.</summary>
    [Theory]
    [InlineData("local.GenerateAsync([text]).Result", false)]
    [InlineData("local.GenerateAsync([text]).[|Result|]", true)]
    public async Task Silent_when_the_client_is_a_class_of_this_code_that_makes_no_call(string wait, bool makesCall) => await ReportsAsync(
        (!makesCall ? ClientCode.Own : ClientCode.Own
            .Replace("class LocalGenerator :", "class LocalGenerator(IEmbeddingGenerator<string, Embedding<float>> inner) :", StringComparison.Ordinal)
            .Replace("new LocalGenerator()", "new LocalGenerator(null!)", StringComparison.Ordinal)
            .Replace("Task.FromResult(new GeneratedEmbeddings<Embedding<float>>())", "inner.GenerateAsync(values)", StringComparison.Ordinal))
            .Replace("private readonly IEmbeddingGenerator<string, Embedding<float>> local", "private readonly LocalGenerator local", StringComparison.Ordinal)
            .Replace("Task Add() => local.GenerateAsync([text]);", $"object Add() => {wait};", StringComparison.Ordinal));

    [Theory]
    [InlineData("static void Main(string[] args) => RunAsync(args).GetAwaiter().GetResult();")]
    [InlineData("static void Main(string[] args) { RunAsync(args).Wait(); }")]
    [InlineData("static int Main(string[] args) { Console.WriteLine(); RunAsync(args).ConfigureAwait(false).GetAwaiter().GetResult(); return 0; }")]
    public async Task Silent_on_the_bridge_of_a_whole_program(string main) => await SilentAsync(Program(main));

    [Theory]
    [InlineData("static void Main(string[] args) { while (true) RunAsync(args).[|Wait|](); }")]
    [InlineData("static void Main(string[] args) { RunAsync(args).[|Wait|](); RunAsync(args).[|Wait|](); }")]
    [InlineData("static void Main(string[] args) { Console.WriteLine(new ChatClient(\"m\", \"k\").CompleteChatAsync(args[0]).GetAwaiter().[|GetResult|]()); }")]
    [InlineData("static async Task Main(string[] args) { await Task.Yield(); RunAsync(args).GetAwaiter().[|GetResult|](); }")]
    [InlineData("static void Main(string[] args) { Action run = () => RunAsync(args).[|Wait|](); run(); }")]
    public async Task Reports_other_waits_in_Main(string main) => await ReportsAsync(Program(main));

    private static string Program(string main) => $$"""
        using OpenAI.Chat;

        class Program
        {
            {{main}}

            static async Task RunAsync(string[] args) => await new ChatClient("m", "k").CompleteChatAsync(args[0]);
        }
        """;
}
