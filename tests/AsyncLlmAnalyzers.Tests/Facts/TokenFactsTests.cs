using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case asks about the call of <c>Ask(..)</c>.</summary>
public class TokenFactsTests
{
    [Theory]
    [InlineData("Ask();", "ct")]
    [InlineData("var a = source.Token; Ask();", "ct a")]
    [InlineData("Ask(); var a = source.Token;", "ct")]
    [InlineData("var a = CancellationToken.None; Ask();", "ct")]
    [InlineData("Run(() => Ask());", "ct")]
    [InlineData("Run(() => { var a = source.Token; Ask(); });", "a")]
    [InlineData("RunWith(a => Ask());", "a")]
    [InlineData("RunWith(_ => Ask());", "ct")]
    [InlineData("RunWith(static a => new Subject().Ask());", "a")]
    [InlineData("Run(static () => new Subject().Ask());", "")]
    [InlineData("Local(); void Local() => Ask();", "ct")]
    [InlineData("Local(default); void Local(CancellationToken a) => Run(() => Ask());", "a")]
    [InlineData("Local(default); void Local(in CancellationToken a) => Ask();", "ct")]
    [InlineData("Local(); static void Local() => new Subject().Ask();", "")]
    [InlineData("foreach (var a in tokens) Ask();", "a ct")]
    [InlineData("foreach (var a in new[] { Ask() }) { }", "ct")]
    [InlineData("if (tokens is [var a]) Ask();", "a ct")]
    [InlineData("if (tokens is not [var a]) Ask();", "ct")]
    [InlineData("_ = tokens switch { [var a] => Ask(), _ => 0 };", "a ct")]
    [InlineData("for (var a = source.Token; ;) Ask();", "a ct")]
    public void Scope_is_the_nearest_function_with_a_token(string statements, string names) =>
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(), TokenScope.At(CallIn(statements)).Tokens.Select(token => token.Name).Order());

    [Theory]
    [InlineData("Ask();", "No", null)]
    [InlineData("Ask(default);", "No", "default")]
    [InlineData("Ask(token: CancellationToken.None);", "No", "CancellationToken.None")]
    [InlineData("var none = new CancellationToken(false); Ask(none);", "No", "none")]
    [InlineData("Ask(new CancellationToken(true));", "Yes", "new CancellationToken(true)")]
    [InlineData("Ask(ct);", "Yes", "ct")]
    [InlineData("Ask(source.Token);", "Yes", "source.Token")]
    [InlineData("var a = CancellationToken.None; a = ct; Ask(a);", "Yes", "a")]
    [InlineData("Ask(options: null);", "No", null)]
    [InlineData("Ask(options: new());", "No", null)]
    [InlineData("Ask(options: new Options { Token = default });", "No", null)]
    [InlineData("Ask(options: new Options { Token = ct });", "Yes", "Token = ct")]
    [InlineData("var options = new Options(); options.Token = ct; Ask(options: options);", "Yes", "options.Token = ct")]
    [InlineData("var options = new Options(); options.Size = 3; Ask(options: options);", "No", null)]
    [InlineData("var options = new Options(); Fill(options); Ask(options: options);", "Unknown", null)]
    [InlineData("Ask(options: given);", "Unknown", null)]
    [InlineData("Ask(ct, given);", "Yes", "ct")]
    public void Passed_is_a_token_that_can_fire(string statements, string verdict, string? proof)
    {
        var fact = TokenPassed.To(CallIn(statements));
        Assert.Equal(verdict, fact.Verdict.ToString());
        Assert.Equal(proof, fact.Proof?.SourceTree!.GetText().ToString(fact.Proof.SourceSpan));
    }

    [Theory]
    [InlineData("AskAsync().WithToken(ct);", true)]
    [InlineData("AskAsync().WithToken(default);", false)]
    [InlineData("var made = AskAsync(); made.WithToken(ct);", true)]
    [InlineData("var made = AskAsync(); made.ConfigureAwait(false);", false)]
    [InlineData("(await AskAsync()).CompareTo(3);", false)]
    [InlineData("AskAsync()?.WithToken(ct);", true)]
    public void Downstream_members_may_take_the_token(string statements, bool passed) => Assert.Equal(passed, TokenPassed.Downstream(CallIn(statements)) is not null);

    [Theory]
    [InlineData("try { } catch { Ask(); }", "catch { Ask(); }")]
    [InlineData("try { Ask(); } catch { }", null)]
    [InlineData("try { } catch { Run(() => Ask()); }", "catch { Run(() => Ask()); }")]
    [InlineData("try { } catch { RunWith(a => Ask()); }", null)]
    [InlineData("if (ct.IsCancellationRequested) Ask();", "if (ct.IsCancellationRequested) Ask();")]
    [InlineData("if (source.IsCancellationRequested == false) Ask();", null)]
    [InlineData("if (!(ct.IsCancellationRequested)) { } else Ask();", "if (!(ct.IsCancellationRequested)) { } else Ask();")]
    [InlineData("if (ct.IsCancellationRequested || tokens.Length > 3) Ask();", null)]
    [InlineData("if (!ct.IsCancellationRequested) throw new Exception(); Ask();", "")]
    [InlineData("if (ct.IsCancellationRequested) throw new Exception(); Ask();", null)]
    [InlineData("ct.Register(() => Ask());", "() => Ask()")]
    public void After_cancellation_is_proven_by_what_stands_around(string statements, string? proof)
    {
        var call = CallIn(statements);
        var fact = AfterCancellation.Of(call, TokenScope.At(call).Function);
        Assert.Equal(proof is null ? Verdict.No : Verdict.Yes, fact.Verdict);
        if (proof is { Length: > 0 })
            Assert.Equal(proof, fact.Proof!.SourceTree!.GetText().ToString(fact.Proof.SourceSpan));
    }

    [Theory]
    [InlineData("await AskAsync();", true)]
    [InlineData("AskAsync();", false)]
    [InlineData("Ask();", true)]
    [InlineData("var t = AskAsync(); await t;", true)]
    [InlineData("var t = AskAsync();", false)]
    [InlineData("await Task.Run(() => AskAsync());", true)]
    [InlineData("Task.Run(() => AskAsync());", false)]
    [InlineData("Task.Run(() => AskAsync()).ConfigureAwait(false);", true)]
    [InlineData("_ = Task.Run(() => Ask());", false)]
    [InlineData("await Task.WhenAll(tokens.Select(a => AskAsync()));", true)]
    [InlineData("_ = tokens.Select(a => Ask()).ToList();", true)]
    [InlineData("tokens.ToList().ForEach(a => Ask());", true)]
    [InlineData("tokens.ToList().ForEach(async a => await AskAsync());", false)]
    [InlineData("new Timer(_ => Ask());", false)]
    [InlineData("Later(() => Ask());", false)]
    [InlineData("Later(() => AskAsync());", false)]
    [InlineData("_ = Later(() => AskAsync());", false)]
    [InlineData("_ = Later(() => Ask()) + 1;", true)]
    [InlineData("await ScheduleAsync(() => AskAsync());", false)]
    [InlineData("Func<int> f = () => Ask();", true)]
    [InlineData("kept = () => Ask();", false)]
    public void Joined_is_what_is_waited_for(string statements, bool joined)
    {
        var call = CallIn(statements);
        Assert.Equal(joined, Joined.Within(call, call.Root()));
    }

    [Theory]
    [InlineData("Ask();", "ct")]
    [InlineData("try { } finally { Ask(); }", "")]
    [InlineData("Task.Run(() => Ask());", "")]
    [InlineData("System.Linq.Expressions.Expression<Func<int>> e = () => Ask(default, null);", "")]
    public void Wanted_is_a_token_the_call_should_get(string statements, string names) =>
        Assert.Equal(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), TokenWanted.At(CallIn(statements)).Select(token => token.Name));

    private static IInvocationOperation CallIn(string statements)
    {
        var compilation = CSharpCompilation.Create(
            "Test",
            [
                CSharpSyntaxTree.ParseText(RuleTest.Prelude),
                CSharpSyntaxTree.ParseText($$"""
                    class Subject
                    {
                        Func<int>? kept;

                        async Task Work(CancellationToken ct, CancellationTokenSource source, CancellationToken[] tokens, Options given)
                        {
                            await Task.Yield();
                            {{statements}}
                        }

                        int Ask(CancellationToken token = default, Options? options = null) => 0;

                        Task<int> AskAsync(CancellationToken token = default) => Task.FromResult(0);

                        void Run(Func<int> call) => kept = call;

                        void Run(Action call) => call();

                        void RunWith(Action<CancellationToken> call) => call(default);

                        int Later(Func<Task> call) => 0;

                        int Later(Func<int> call) => 0;

                        Task ScheduleAsync(Func<Task> call) => call();

                        void Fill(Options options) => options.Size = 1;
                    }

                    class Options
                    {
                        public CancellationToken Token { get; set; }

                        public int Size { get; set; }
                    }

                    static class Extensions
                    {
                        public static Task<int> WithToken(this Task<int> task, CancellationToken token) => task;
                    }
                    """),
            ],
            HostReferences.Framework,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));

        var tree = compilation.SyntaxTrees.Last();
        var call = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().Single(invocation => Site.NameOf(invocation)?.Identifier.ValueText is "Ask" or "AskAsync");
        return (IInvocationOperation)compilation.GetSemanticModel(tree).GetOperation(call)!;
    }
}
