using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Editing;

/// <summary>The plan that makes functions async over the solution, as the fix of ALLM2001 writes it.</summary>
public class MakeAsyncTests() : FixTests("ALLM2001")
{
    /// <summary>Members of a class that has a chat client.</summary>
    private static string Class(string members) => $$"""
        using Microsoft.Extensions.AI;

        partial class Assistant(IChatClient chat)
        {
            {{members.ReplaceLineEndings("\n    ")}}
        }
        """;

    [Theory]
    [InlineData(
        "string Ask(string prompt) => chat.GetResponseAsync(prompt).[|Result|].Text;",
        "async Task<string> Ask(string prompt) => (await chat.GetResponseAsync(prompt)).Text;")]
    [InlineData(
        "public void Ask(string prompt)\n{\n    chat.GetResponseAsync(prompt).[|Wait|]();\n}",
        "public async Task Ask(string prompt)\n{\n    await chat.GetResponseAsync(prompt);\n}")]
    [InlineData(
        "/// <summary>Asks.</summary>\nprivate static string? Ask(IChatClient chat) // sync\n{\n    return chat.GetResponseAsync(\"\").[|Result|].Text;\n}",
        "/// <summary>Asks.</summary>\nprivate static async Task<string?> Ask(IChatClient chat) // sync\n{\n    return (await chat.GetResponseAsync(\"\")).Text;\n}")]
    [InlineData(
        "(string Text, int Length) Ask() { var x = chat.GetResponseAsync(\"\").[|Result|].Text; return (x, x.Length); }",
        "async Task<(string Text, int Length)> Ask() { var x = (await chat.GetResponseAsync(\"\")).Text; return (x, x.Length); }")]
    [InlineData(
        "T Ask<T>(Func<string, T> parse) where T : class => parse(chat.GetResponseAsync(\"\").[|Result|].Text);",
        "async Task<T> Ask<T>(Func<string, T> parse) where T : class => parse((await chat.GetResponseAsync(\"\")).Text);")]
    [InlineData(
        "void Ask() { string Core() => chat.GetResponseAsync(\"\").[|Result|].Text; Console.WriteLine(Core()); }",
        "async Task Ask() { async Task<string> Core() => (await chat.GetResponseAsync(\"\")).Text; Console.WriteLine(await Core()); }")]
    [InlineData(
        "void Ask() { Func<Task> ask = () => { chat.GetResponseAsync(\"\").[|Wait|](); return Task.CompletedTask; }; }",
        "void Ask() { Func<Task> ask = async () => { await chat.GetResponseAsync(\"\"); }; }")]
    [InlineData(
        "void Ask() { Func<string, Task<string>> ask = p => Task.FromResult(chat.GetResponseAsync(p).[|Result|].Text); }",
        "void Ask() { Func<string, Task<string>> ask = async p => (await chat.GetResponseAsync(p)).Text; }")]
    [InlineData(
        "Task<string> Ask() => Task.Run(() => chat.GetResponseAsync(\"\").[|Result|].Text);",
        "Task<string> Ask() => Task.Run(async () => (await chat.GetResponseAsync(\"\")).Text);")]
    [InlineData(
        "Task Ask() => Task.Run(static () => { Default.GetResponseAsync(\"\").[|Wait|](); }); static IChatClient Default = null!;",
        "Task Ask() => Task.Run(static async () => { await Default.GetResponseAsync(\"\"); }); static IChatClient Default = null!;")]
    public async Task Makes_the_function_async(string member, string fixedMember) => await FixesAsync(Class(member), Class(fixedMember));

    [Theory]
    [InlineData(
        "Task<string> Ask(string p) { var x = chat.GetResponseAsync(p).[|Result|]; return Task.FromResult(x.Text); }",
        "async Task<string> Ask(string p) { var x = await chat.GetResponseAsync(p); return x.Text; }")]
    [InlineData(
        "Task<string> Ask(string p) { var x = chat.GetResponseAsync(p).[|Result|]; return p == \"\" ? Ask(x.Text) : Task.FromResult(\"\"); }",
        "async Task<string> Ask(string p) { var x = await chat.GetResponseAsync(p); return await (p == \"\" ? Ask(x.Text) : Task.FromResult(\"\")); }")]
    [InlineData(
        "ValueTask<string> Ask(string p) { chat.GetResponseAsync(p).[|Wait|](); return ValueTask.FromResult(p); }",
        "async ValueTask<string> Ask(string p) { await chat.GetResponseAsync(p); return p; }")]
    [InlineData(
        "Task Ask(string p) { chat.GetResponseAsync(p).[|Wait|](); if (p == \"\") return Task.Delay(1); Console.WriteLine(); return Task.Delay(2); }",
        "async Task Ask(string p) { await chat.GetResponseAsync(p); if (p == \"\") { await Task.Delay(1); return; } Console.WriteLine(); await Task.Delay(2); }")]
    [InlineData(
        "Task Ask(string p)\n{\n    chat.GetResponseAsync(p).[|Wait|]();\n    if (p == \"\")\n        return Task.CompletedTask;\n    Console.WriteLine();\n    return Task.CompletedTask;\n}",
        "async Task Ask(string p)\n{\n    await chat.GetResponseAsync(p);\n    if (p == \"\")\n        return;\n    Console.WriteLine();\n}")]
    [InlineData(
        "ValueTask<string?> Ask(string p) { chat.GetResponseAsync(p).[|Wait|](); return default; }",
        "async ValueTask<string?> Ask(string p) { await chat.GetResponseAsync(p); return default; }")]
    [InlineData(
        "ValueTask Ask(string p) { chat.GetResponseAsync(p).[|Wait|](); return default; }",
        "async ValueTask Ask(string p) { await chat.GetResponseAsync(p); }")]
    [InlineData(
        "Task One(string p)\n{\n    chat.GetResponseAsync(p).[|Wait|]();\n    if (p == \"\")\n    {\n        // short\n        return Task.Delay(1); // one\n    }\n    return Two(p);\n}\nTask Two(string p) { chat.GetResponseAsync(p).[|Wait|](); switch (p) { case \"\": return Task.Delay(1); default: return One(p); } }",
        "async Task One(string p)\n{\n    await chat.GetResponseAsync(p);\n    if (p == \"\")\n    {\n        // short\n        await Task.Delay(1); // one\n        return;\n    }\n    await Two(p);\n}\nasync Task Two(string p) { await chat.GetResponseAsync(p); switch (p) { case \"\": await Task.Delay(1); return; default: await One(p); return; } }")]
    [InlineData(
        "public virtual Task<string> Ask(string p) => Task.FromResult(chat.GetResponseAsync(p).[|Result|].Text);",
        "public virtual async Task<string> Ask(string p) => (await chat.GetResponseAsync(p)).Text;")]
    public async Task Awaits_what_the_function_returned_as_a_task(string member, string fixedMember) => await FixesAsync(Class(member), Class(fixedMember));

    [Fact]
    public async Task Awaits_every_caller_up_to_Main() => await FixesProgramAsync(
        """
        using Microsoft.Extensions.AI;

        class Program
        {
            static void Main(string[] args)
            {
                var assistant = new Assistant(null!);
                foreach (var arg in args)
                {
                    Console.WriteLine(assistant.Title(arg).Length); // print
                    assistant.Log(arg);
                }
            }
        }

        class Assistant(IChatClient chat)
        {
            /// <summary>See <see cref="Ask"/>.</summary>
            public string Title(string text) => Ask(text).Trim();

            public void Log(string text)
            {
                Console.WriteLine(nameof(Ask));
                if (Ask(text) is { Length: > 0 } answer)
                    Console.WriteLine(answer);
            }

            private string Ask(string text) => chat.GetResponseAsync(text).[|Result|].Text;
        }
        """,
        """
        using Microsoft.Extensions.AI;

        class Program
        {
            static async Task Main(string[] args)
            {
                var assistant = new Assistant(null!);
                foreach (var arg in args)
                {
                    Console.WriteLine((await assistant.Title(arg)).Length); // print
                    await assistant.Log(arg);
                }
            }
        }

        class Assistant(IChatClient chat)
        {
            /// <summary>See <see cref="Ask"/>.</summary>
            public async Task<string> Title(string text) => (await Ask(text)).Trim();

            public async Task Log(string text)
            {
                Console.WriteLine(nameof(Ask));
                if (await Ask(text) is { Length: > 0 } answer)
                    Console.WriteLine(answer);
            }

            private async Task<string> Ask(string text) => (await chat.GetResponseAsync(text)).Text;
        }
        """);

    [Fact]
    public async Task Awaits_callers_in_lambdas_local_functions_and_recursion() => await FixesAsync(
        Class("""
            string Ask(int depth) => depth == 0 ? chat.GetResponseAsync("").[|Result|].Text : Ask(depth - 1);

            async Task Run()
            {
                Func<int, Task<int>> length = d => Task.FromResult(Ask(d).Length);
                await Task.Run(() => Ask(1));
                await Task.Run(async () => { await Task.Yield(); Ask(2); });
                Console.WriteLine(Twice());
                string Twice() => Ask(3) + Ask(4);
            }
            """),
        Class("""
            async Task<string> Ask(int depth) => depth == 0 ? (await chat.GetResponseAsync("")).Text : await Ask(depth - 1);

            async Task Run()
            {
                Func<int, Task<int>> length = async d => (await Ask(d)).Length;
                await Task.Run(async () => await Ask(1));
                await Task.Run(async () => { await Task.Yield(); await Ask(2); });
                Console.WriteLine(await Twice());
                async Task<string> Twice() => await Ask(3) + await Ask(4);
            }
            """));

    [Theory]
    [InlineData("int Main()", "async Task<int> Main()", "return 0;")]
    [InlineData("void Main(string[] args)", "async Task Main(string[] args)", "")]
    public async Task Makes_Main_async(string main, string asyncMain, string end) => await FixesProgramAsync(
        Program(main, "default(IChatClient)!.GetResponseAsync(\"\").[|Wait|]();", end),
        Program(asyncMain, "await default(IChatClient)!.GetResponseAsync(\"\");", end));

    private static string Program(string signature, string wait, string end) => $$"""
        using Microsoft.Extensions.AI;

        class Program
        {
            static {{signature}}
            {
                {{wait}}
                {{end}}
            }
        }
        """;

    [Fact]
    public async Task Makes_a_public_test_async() => await FixesAsync(
        """
        using Microsoft.Extensions.AI;
        using Xunit;

        public class Tests
        {
            [Fact]
            public void Answers()
            {
                var answer = default(IChatClient)!.GetResponseAsync("").[|Result|];
                Assert.NotNull(answer);
            }
        }
        """,
        """
        using Microsoft.Extensions.AI;
        using Xunit;

        public class Tests
        {
            [Fact]
            public async Task Answers()
            {
                var answer = await default(IChatClient)!.GetResponseAsync("");
                Assert.NotNull(answer);
            }
        }
        """);

    [Fact]
    public async Task Makes_an_action_and_an_endpoint_async() => await FixesAsync(
        AspNetCore + """
        public class ChatController(IChatClient chat) : Microsoft.AspNetCore.Mvc.ControllerBase
        {
            public string Get(string q) => chat.GetResponseAsync(q).[|Result|].Text;
        }

        static class Endpoints
        {
            public static void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder app)
            {
                Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(app, "/a", (IChatClient chat) => chat.GetResponseAsync("").[|Result|].Text);
                Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(app, "/b", Answer);
            }

            private static string Answer(IChatClient chat) => chat.GetResponseAsync("").[|Result|].Text;
        }
        """,
        AspNetCore + """
        public class ChatController(IChatClient chat) : Microsoft.AspNetCore.Mvc.ControllerBase
        {
            public async Task<string> Get(string q) => (await chat.GetResponseAsync(q)).Text;
        }

        static class Endpoints
        {
            public static void Map(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder app)
            {
                Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(app, "/a", async (IChatClient chat) => (await chat.GetResponseAsync("")).Text);
                Microsoft.AspNetCore.Builder.EndpointRouteBuilderExtensions.MapGet(app, "/b", Answer);
            }

            private static async Task<string> Answer(IChatClient chat) => (await chat.GetResponseAsync("")).Text;
        }
        """);

    private const string AspNetCore = """
        using Microsoft.Extensions.AI;

        namespace Microsoft.AspNetCore.Mvc { public abstract class ControllerBase; }
        namespace Microsoft.AspNetCore.Routing { public interface IEndpointRouteBuilder; }
        namespace Microsoft.AspNetCore.Builder
        {
            public static class EndpointRouteBuilderExtensions
            {
                public static void MapGet(this Routing.IEndpointRouteBuilder app, string pattern, Delegate handler) { }
            }
        }


        """;

    [Fact]
    public async Task Imports_tasks_where_the_file_lacks_them()
    {
        var test = new RuleTest("ALLM2001")
        {
            TestCode = """
                using Microsoft.Extensions.AI;

                class Assistant(IChatClient chat)
                {
                    string Ask() => chat.GetResponseAsync("").[|Result|].Text;
                }
                """,
            FixedCode = """
                using System.Threading.Tasks;
                using Microsoft.Extensions.AI;

                class Assistant(IChatClient chat)
                {
                    async Task<string> Ask() => (await chat.GetResponseAsync("")).Text;
                }
                """,
        };
        await test.RunAsync();
    }

    [Fact]
    public async Task Copies_the_style_of_each_file() => await new SolutionTest
    {
        ["/0/Assistant.cs"] = (
            """
            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                public string Ask() => chat.GetResponseAsync("").[|Result|].Text;

                async Task Warm() => await chat.GetResponseAsync("Hi").ConfigureAwait(false);
            }
            """,
            """
            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                public async Task<string> Ask() => (await chat.GetResponseAsync("").ConfigureAwait(false)).Text;

                async Task Warm() => await chat.GetResponseAsync("Hi").ConfigureAwait(false);
            }
            """),
        ["/0/Page.cs"] = (
            """
            class Page(Assistant assistant)
            {
                string Title() => assistant.Ask();
            }
            """,
            """
            class Page(Assistant assistant)
            {
                async Task<string> Title() => await assistant.Ask();
            }
            """),
    }.RunAsync();

    /// <summary>Two waits whose callers overlap, a caller that itself waits, in two projects and three files: one plan.</summary>
    [Fact]
    public async Task Plans_overlapping_callers_across_files_and_projects_once() => await new SolutionTest
    {
        ["/Library/Assistant.cs"] = (
            """
            [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("TestProject")]

            namespace Library;

            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                internal string Title(string text) => chat.GetResponseAsync("Title: " + text).{|ALLM2001:Result|}.Text;

                internal string Summary(string text)
                {
                    var title = Title(text);
                    return title + chat.GetResponseAsync("Summary: " + text).GetAwaiter().{|ALLM2001:GetResult|}().Text;
                }
            }
            """,
            """
            [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("TestProject")]

            namespace Library;

            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                internal async Task<string> Title(string text) => (await chat.GetResponseAsync("Title: " + text)).Text;

                internal async Task<string> Summary(string text)
                {
                    var title = await Title(text);
                    return title + (await chat.GetResponseAsync("Summary: " + text)).Text;
                }
            }
            """),
        ["/0/Page.cs"] = (
            """
            using Library;

            class Page(Assistant assistant)
            {
                public string Render(string text) => assistant.Title(text) + assistant.Summary(text);
            }
            """,
            """
            using Library;

            class Page(Assistant assistant)
            {
                public async Task<string> Render(string text) => await assistant.Title(text) + await assistant.Summary(text);
            }
            """),
        ["/0/Site.cs"] = (
            """
            using Microsoft.Extensions.AI;

            class Site(Page page, IChatClient chat)
            {
                void Publish(string text)
                {
                    chat.GetResponseAsync("Check: " + text).[|Wait|]();
                    Console.WriteLine(page.Render(text));
                }
            }
            """,
            """
            using Microsoft.Extensions.AI;

            class Site(Page page, IChatClient chat)
            {
                async Task Publish(string text)
                {
                    await chat.GetResponseAsync("Check: " + text);
                    Console.WriteLine(await page.Render(text));
                }
            }
            """),
    }.RunAsync();

    /// <summary>The plan for the first is refused, or does not compile, which spoils the union of the plans.</summary>
    [Theory]
    [InlineData("string First => ", false)]
    [InlineData("string First => ", true)]
    [InlineData("unsafe string First() => ", false)]
    [InlineData("unsafe string First() => ", true)]
    public async Task Fixes_what_it_can_when_the_first_cannot_be_fixed(string first, bool withoutKey)
    {
        var test = new RuleTest("ALLM2001", fixAllWithoutKey: withoutKey)
        {
            TestCode = Class($$"""
                {{first}}chat.GetResponseAsync("").[|Result|].Text;

                string Second() => chat.GetResponseAsync("").[|Result|].Text + Third();

                string Third() => chat.GetResponseAsync("").[|Result|].Text;
                """),
            FixedCode = Class($$"""
                {{first}}chat.GetResponseAsync("").[|Result|].Text;

                async Task<string> Second() => (await chat.GetResponseAsync("")).Text + await Third();

                async Task<string> Third() => (await chat.GetResponseAsync("")).Text;
                """),
        };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.FixedState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.FixedState.MarkupHandling = MarkupMode.Allow;
        await test.RunAsync();
    }

    [Fact]
    public async Task Gives_a_linked_file_the_same_text_in_every_project() => await new SolutionTest
    {
        ["/Shared/Assistant.cs"] = (
            """
            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                string Title(string text) => Ask(text).Trim();

                string Ask(string text) => chat.GetResponseAsync(text).{|ALLM2001:Result|}.Text;
            }
            """,
            """
            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
                async Task<string> Title(string text) => (await Ask(text)).Trim();

                async Task<string> Ask(string text) => (await chat.GetResponseAsync(text)).Text;
            }
            """),
    }.RunAsync();

    [Theory]
    [InlineData("DEBUG_ONLY")]
    [InlineData("!DEBUG_ONLY")]
    public async Task Offers_nothing_when_a_linked_file_would_differ_between_projects(string symbol)
    {
        var code = $$"""
            using Microsoft.Extensions.AI;

            class Assistant(IChatClient chat)
            {
            #if {{symbol}}
                string Title(string text) => Ask(text).Trim();
            #endif

                string Ask(string text) => chat.GetResponseAsync(text).{|ALLM2001:Result|}.Text;
            }
            """;
        await new SolutionTest { ["/Shared/Assistant.cs"] = (code, code) }.RunAsync("DEBUG_ONLY");
    }

    /// <summary>The wait in <c>Ask</c>, and what stands in the way beside it.</summary>
    [Theory]
    // what the function is
    [InlineData("public Assistant() : this(null!) => chat2.GetResponseAsync(\"\").[|Wait|](); readonly IChatClient chat2 = chat;")]
    [InlineData("~Assistant() => chat.GetResponseAsync(\"\").[|Wait|]();")]
    [InlineData("string Ask => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("string Ask { get => \"\"; set => chat.GetResponseAsync(value).[|Wait|](); }")]
    [InlineData("public static string operator +(Assistant a, string text) => a.chat2.GetResponseAsync(text).[|Result|].Text; readonly IChatClient chat2 = chat;")]
    [InlineData("public static implicit operator string(Assistant a) => a.chat2.GetResponseAsync(\"\").[|Result|].Text; readonly IChatClient chat2 = chat;")]
    [InlineData("IEnumerable<string> Ask() { yield return chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("readonly string greeting = chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("public override string ToString() => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("public virtual string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("private partial string Ask(); private partial string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("[System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.Synchronized)] void Ask() => chat.GetResponseAsync(\"\").[|Wait|]();")]
    [InlineData("[System.Runtime.InteropServices.UnmanagedCallersOnly] static void Ask() => default(IChatClient)!.GetResponseAsync(\"\").[|Wait|]();")]
    [InlineData("[System.Runtime.Serialization.OnDeserialized] void Ask(System.Runtime.Serialization.StreamingContext context) => chat.GetResponseAsync(\"\").[|Wait|]();")]
    [InlineData("[STAThread] static void Main() => default(IChatClient)!.GetResponseAsync(\"\").[|Wait|]();")]
    [InlineData("class Startup { void Configure(IChatClient chat) => chat.GetResponseAsync(\"\").[|Wait|](); }")]
    [InlineData("void OnClick(object sender, EventArgs e) => chat.GetResponseAsync(\"\").[|Wait|]();")]
    // what it takes and returns
    [InlineData("void Ask(ref string text) => text = chat.GetResponseAsync(text).[|Result|].Text;")]
    [InlineData("void Ask(out string text) => text = chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("void Ask(in string text) => chat.GetResponseAsync(text).[|Wait|]();")]
    [InlineData("unsafe void Ask(int* length) => *length = chat.GetResponseAsync(\"\").[|Result|].Text.Length;")]
    [InlineData("void Ask(ReadOnlySpan<char> text) => chat.GetResponseAsync(text.ToString()).[|Wait|]();")]
    [InlineData("ReadOnlySpan<char> Ask() => chat.GetResponseAsync(\"\").[|Result|].Text;")]
    [InlineData("string text = \"\"; ref string Ask() { text = chat.GetResponseAsync(\"\").[|Result|].Text; return ref text; }")]
    // where the wait stands
    [InlineData("void Ask() { lock (chat) { chat.GetResponseAsync(\"\").[|Wait|](); } }")]
    [InlineData("void Ask() { try { } catch (Exception) when (chat.GetResponseAsync(\"\").[|Result|].Text == \"\") { } }")]
    [InlineData("object Ask(string[] ps) => from p in ps select chat.GetResponseAsync(p).[|Result|];")]
    [InlineData("unsafe void Ask() { chat.GetResponseAsync(\"\").[|Wait|](); }")]
    [InlineData("unsafe void Ask(char[] xs) { fixed (char* x = xs) { chat.GetResponseAsync(\"\").[|Wait|](); } }")]
    [InlineData("void Ask() { Span<char> xs = stackalloc char[4]; chat.GetResponseAsync(\"\").[|Wait|](); xs[0] = 'a'; }")]
    [InlineData("void Ask(int[] xs) { ref var x = ref xs[0]; chat.GetResponseAsync(\"\").[|Wait|](); x = 1; }")]
    [InlineData("int n; ref int Count() => ref n; void Ask() => Count() += chat.GetResponseAsync(\"\").[|Result|].Text.Length;")]
    [InlineData("void Ask() { using var scope = new System.Threading.Lock().EnterScope(); chat.GetResponseAsync(\"\").[|Wait|](); }")]
    [InlineData("void Ask() { try { chat.GetResponseAsync(\"\").[|Wait|](); } catch (AggregateException) { } }")]
    [InlineData("void Ask() { Action ask = () => chat.GetResponseAsync(\"\").[|Wait|](); }")]
    [InlineData("void Ask() { Func<string> ask = delegate { return chat.GetResponseAsync(\"\").[|Result|].Text; }; }")]
    // how it is used
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; Func<string> Later() => Ask;")]
    [InlineData("void Ask() => chat.GetResponseAsync(\"\").[|Wait|](); event Action? Changed; void Attach() => Changed += Ask;")]
    [InlineData("string Ask(string p) => chat.GetResponseAsync(p).[|Result|].Text; object All(string[] ps) => ps.Select(Ask);")]
    [InlineData("string Ask(string p) => chat.GetResponseAsync(p).[|Result|].Text; object All(string[] ps) => ps.Select(p => Ask(p));")]
    [InlineData("string Ask(object p) => chat.GetResponseAsync(\"\").[|Result|].Text; object Late(dynamic p) => Ask(p);")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; object Late(dynamic assistant) => assistant.Ask();")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; object? Maybe(Assistant? other) => other?.Ask();")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; System.Linq.Expressions.Expression<Func<string>> Tree() => () => Ask();")]
    // where it is called
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; string Property => Ask();")]
    [InlineData("static string Ask(IChatClient c) => c.GetResponseAsync(\"\").[|Result|].Text; readonly string greeting = Ask(chat);")]
    [InlineData("static IChatClient Ask(IChatClient c) { c.GetResponseAsync(\"\").[|Wait|](); return c; } public Assistant(IChatClient c, int n) : this(Ask(c)) { }")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; void Locked() { lock (chat) Ask(); }")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; void Caught() { try { Ask(); } catch (AggregateException) { } }")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; IEnumerable<string> Many() { yield return Ask(); }")]
    [InlineData("string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; void Each(List<string> ps) => ps.ForEach(p => Ask());")]
    public async Task Offers_nothing_when_the_plan_cannot_be_made(string members) => await OffersNoFixAsync(Class(members));

    [Theory]
    [InlineData("interface IAsk { string Ask(); } class Assistant(IChatClient chat) : IAsk { public string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("interface IAsk { string Ask(); } class Assistant(IChatClient chat) : IAsk { string IAsk.Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("interface IAsk { string Ask(); } class Base(IChatClient chat) { public string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; } class Assistant(IChatClient chat) : Base(chat), IAsk;")]
    [InlineData("abstract class Base { public abstract string Ask(); } class Assistant(IChatClient chat) : Base { public override string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("public class Assistant(IChatClient chat) { public string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("public class Assistant(IChatClient chat) { protected string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"Elsewhere\")] class Assistant(IChatClient chat) { public string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; }")]
    [InlineData("struct Assistant(IChatClient chat) { int count; public void Ask() { chat.GetResponseAsync(\"\").[|Wait|](); count++; } }")]
    [InlineData("ref struct Assistant(IChatClient chat) { public void Ask() => chat.GetResponseAsync(\"\").[|Wait|](); }")]
    public async Task Offers_nothing_when_others_depend_on_the_signature(string code) => await OffersNoFixAsync($"using Microsoft.Extensions.AI;\n\n{code}");

    [Theory]
    [InlineData("public readonly struct Assistant(IChatClient chat) { internal ", "void", "async Task", "Ask() => ", " }")]
    [InlineData("[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"Elsewhere\")] class Assistant(IChatClient chat) { private ", "void", "async Task", "Ask() => ", " }")]
    public async Task Changes_what_nobody_else_sees(string start, string type, string asyncType, string name, string end) => await FixesAsync(
        $"using Microsoft.Extensions.AI;\n\n{start}{type} {name}chat.GetResponseAsync(\"\").[|Wait|]();{end}",
        $"using Microsoft.Extensions.AI;\n\n{start}{asyncType} {name}await chat.GetResponseAsync(\"\");{end}");

    [Fact]
    public async Task Changes_public_methods_of_a_program_which_nobody_references() => await FixesProgramAsync(
        "using Microsoft.Extensions.AI;\n\npublic class Assistant(IChatClient chat) { public string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text; static void Main() { } }",
        "using Microsoft.Extensions.AI;\n\npublic class Assistant(IChatClient chat) { public async Task<string> Ask() => (await chat.GetResponseAsync(\"\")).Text; static void Main() { } }");

    private const string Ask = "string Ask() => chat.GetResponseAsync(\"\").[|Result|].Text;";

    [Theory]
    [InlineData("/0/Page.g.cs", "partial class Assistant { string Page() => Ask(); }")]
    [InlineData("/0/Page.cs", "// <auto-generated/>\npartial class Assistant { string Page() => Ask(); }")]
    public async Task Offers_nothing_when_generated_code_calls_it(string path, string code)
    {
        var test = Test(Class(Ask), Class(Ask));
        test.TestState.Sources.Add((path, code));
        test.FixedState.Sources.Add((path, code));
        await test.RunAsync();
    }

    [Theory]
    [InlineData("Page.razor", "<p>@assistant.Ask()</p>")]
    [InlineData("Page.xaml", "<Button Click=\"Ask\" />")]
    public async Task Offers_nothing_when_markup_names_it(string path, string text)
    {
        var test = Test(Class(Ask), Class(Ask));
        test.TestState.AdditionalFiles.Add((path, text));
        await test.RunAsync();
    }

    [Fact]
    public async Task Offers_nothing_beyond_fifty_functions()
    {
        await OffersNoFixAsync(Chain(51, "[|", "|]"));
        await FixesAsync(Chain(50, "[|", "|]"), Fixed(50));

        static string Chain(int length, string open, string close) => Class(
            $"string M0() => chat.GetResponseAsync(\"\").{open}Result{close}.Text;\n" + string.Join("\n", Enumerable.Range(1, length - 1).Select(n => $"string M{n}() => M{n - 1}();")));

        static string Fixed(int length) => Class(
            "async Task<string> M0() => (await chat.GetResponseAsync(\"\")).Text;\n" + string.Join("\n", Enumerable.Range(1, length - 1).Select(n => $"async Task<string> M{n}() => await M{n - 1}();")));
    }

    private static async Task FixesProgramAsync(string code, string fixedCode)
    {
        var test = Test(code, fixedCode);
        test.TestState.OutputKind = OutputKind.ConsoleApplication;
        await test.RunAsync();
    }

    private static RuleTest Test(string code, string fixedCode)
    {
        var test = new RuleTest("ALLM2001") { TestCode = code, FixedCode = fixedCode };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.FixedState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        return test;
    }

    /// <summary>Files before and after, by path; those under <c>/Library/</c> are a project the other references, those under <c>/Shared/</c> are in both.</summary>
    private sealed class SolutionTest : Dictionary<string, (string Before, string After)>
    {
        private bool IsShared => Keys.Any(path => path.StartsWith("/Shared/", StringComparison.Ordinal));

        /// <param name="symbol">Defined in the first project only.</param>
        public async Task RunAsync(string? symbol = null)
        {
            var test = new RuleTest("ALLM2001");
            if (symbol is not null)
                test.SolutionTransforms.Add((solution, project) => solution.WithProjectParseOptions(project, ((CSharpParseOptions)solution.GetProject(project)!.ParseOptions!).WithPreprocessorSymbols(symbol)));
            if (IsShared)
                test.TestBehaviors = TestBehaviors.SkipGeneratedCodeCheck | TestBehaviors.SkipSuppressionCheck; // these change one project's copy
            Fill(test.TestState, file => file.Before);
            Fill(test.FixedState, file => file.After);
            await test.RunAsync();
        }

        private void Fill(SolutionState state, Func<(string Before, string After), string> content)
        {
            foreach (var (path, file) in this.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                if (!path.StartsWith("/Library/", StringComparison.Ordinal))
                    state.Sources.Add((path, content(file)));
                if (!path.StartsWith("/0/", StringComparison.Ordinal))
                    state.AdditionalProjects["Library"].Sources.Add((path, content(file)));
            }

            state.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
            if (state.AdditionalProjects.Count == 0)
                return;

            state.AdditionalProjects["Library"].Sources.Add(("/Library/Prelude.cs", RuleTest.Prelude));
            if (!IsShared)
                state.AdditionalProjectReferences.Add("Library");
        }
    }
}
