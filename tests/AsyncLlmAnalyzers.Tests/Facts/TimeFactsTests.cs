using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>The facts about what ends a call. Each case asks about the call of the named member in its statements.</summary>
public class TimeFactsTests
{
    [Theory]
    [InlineData("Use(new CancellationTokenSource(9).Token);", "new CancellationTokenSource(9)", 1)]
    [InlineData("var s = new CancellationTokenSource(9); Use(s.Token);", "new CancellationTokenSource(9)", 1)]
    [InlineData("var s = new CancellationTokenSource(); s.CancelAfter(9); s.CancelAfter(-1); var t = s.Token; Use(t);", "new CancellationTokenSource()", 1)]
    [InlineData("var s = new CancellationTokenSource(Timeout.InfiniteTimeSpan); Use(s.Token);", "new CancellationTokenSource(Timeout.InfiniteTimeSpan)", 0)]
    [InlineData("using (var s = CancellationTokenSource.CreateLinkedTokenSource(ct)) Use(s.Token);", "CancellationTokenSource.CreateLinkedTokenSource(ct)", 0)]
    [InlineData("Use(source.Token);", null, 0)]
    [InlineData("Use(ct);", null, 0)]
    public void Source_is_found_behind_its_token(string statements, string? creation, int timers)
    {
        var source = TokenSource.Of(Call("Use", statements).Call.Arguments[0].Value);
        Assert.Equal(creation, source?.Creation.Syntax.ToString());
        Assert.Equal(timers, source?.Timers.Count() ?? 0);
    }

    [Theory]
    [InlineData("var s = new CancellationTokenSource(); Use(s.Token); s.Cancel();", true, false)]
    [InlineData("var s = new CancellationTokenSource(); Use(s.Token); ct.Register(s.Cancel);", false, true)]
    [InlineData("var s = new CancellationTokenSource(); Use(s.Token); using (s) { }", false, false)]
    [InlineData("CancellationTokenSource s; s = new CancellationTokenSource(); Use(s.Token);", false, false)]
    [InlineData("var s = new CancellationTokenSource(); Use(s.Token); given = s;", false, true)]
    public void Source_may_be_cancelled_here_or_elsewhere(string statements, bool byHand, bool givenAway)
    {
        var source = TokenSource.Of(Call("Use", statements).Call.Arguments[0].Value)!;
        Assert.Equal((byHand, givenAway), (source.IsCancelledByHand, source.IsGivenAway));
    }

    [Theory]
    [InlineData("await Ask(\"x\").WaitAsync(Limit);", "No")]
    [InlineData("await Ask(\"x\", ct).WaitAsync(Limit);", "No")]
    [InlineData("var s = new CancellationTokenSource(); await Ask(\"x\", s.Token).WaitAsync(Limit);", "No")]
    [InlineData("var s = new CancellationTokenSource(9); await Ask(\"x\", s.Token).WaitAsync(Limit);", "Yes")]
    [InlineData("var s = new CancellationTokenSource(9); var t = Task.WhenAll(xs.Select(x => Ask(x, s.Token))); await t.WaitAsync(Limit);", "Yes")]
    [InlineData("var s = new CancellationTokenSource(); await Ask(\"x\", s.Token).WaitAsync(Limit); s.Cancel();", "Yes")]
    [InlineData("var s = new CancellationTokenSource(9); var l = CancellationTokenSource.CreateLinkedTokenSource(ct, s.Token); await Ask(\"x\", l.Token).WaitAsync(Limit);", "Yes")]
    [InlineData("await Ask(\"x\", source.Token).WaitAsync(Limit);", "Unknown")]
    [InlineData("await Owned().WaitAsync(Limit);", "Unknown")]
    [InlineData("await Run(t => Ask(\"x\", t)).WaitAsync(Limit);", "Unknown")]
    public void Call_can_be_ended_where_it_was_started(string statements, string verdict)
    {
        var (wait, context) = Call("WaitAsync", statements);
        Assert.Equal(verdict, EndedHere.Of(wait.Receiver()!, context, default).Verdict.ToString());
    }

    [Theory]
    [InlineData("var t = Ask(\"x\"); if (await Task.WhenAny(t, Task.Delay(9)) != t) throw new TimeoutException(); await t;", "Yes")]
    [InlineData("var t = Ask(\"x\"); if (await Task.WhenAny(t, Task.Delay(9)) == t) await t;", "Yes")]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Task.Delay(9));", "Yes")]
    [InlineData("var t = Ask(\"x\"); await Task.WhenAny(t, Task.Delay(9)); await t;", "Unknown")]
    [InlineData("var t = Ask(\"x\"); while (await Task.WhenAny(t, Task.Delay(9)) != t) { } await t;", "Unknown")]
    [InlineData("var t = Ask(\"x\"); await Task.WhenAny(t, Task.Delay(9)); kept = t;", "Unknown")]
    [InlineData("await Task.WhenAny(kept!, Task.Delay(9));", "Unknown")]
    public void Task_is_abandoned_when_nobody_waits_for_it_again(string statements, string verdict)
    {
        var (race, context) = Call("WhenAny", statements);
        Assert.Equal(verdict, Abandoned.At(race, Assert.Single(TimedWait.From(race, context.Types)!.Value.Tasks), context.Types).Verdict.ToString());
    }

    [Theory]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Task.Delay(9));", 1)]
    [InlineData("await Task.WhenAny([Ask(\"x\"), Ask(\"y\"), Task.Delay(9)]);", 2)]
    [InlineData("var d = Task.Delay(9); var all = new List<Task> { Ask(\"x\"), d }; await Task.WhenAny(all);", 1)]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Task.Delay(-1, ct));", null)]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Ask(\"y\"));", null)]
    public void Race_with_a_delay_is_a_wait_with_a_timeout(string statements, int? tasks)
    {
        var (race, context) = Call("WhenAny", statements);
        Assert.Equal(tasks, TimedWait.From(race, context.Types)?.Tasks.Length);
    }

    [Theory]
    [InlineData("using var s = new CancellationTokenSource(9); return Ask(\"x\", s.Token);", "s:TokenDies")]
    [InlineData("using var s = new CancellationTokenSource(9); using (Make()) return Ask(\"x\", s.Token);", "s:TokenDies")]
    [InlineData("using var c = Make(); var t = c.GetResponseAsync(\"x\"); return Ask(t);", "c:ClientCloses")]
    [InlineData("using var l = gate.AttemptAcquire(); return Ask(\"x\");", "l:PermitReturns")]
    [InlineData("using var f = File.OpenRead(\"x\"); return Ask(f);", "f:StreamCloses")]
    [InlineData("using var f = File.OpenRead(\"x\"); return Ask(f.Name);", "")]
    [InlineData("using var c = Make(); return Ask(c.ToString()!);", "")]
    [InlineData("using var s = new CancellationTokenSource(9); return Ask(\"x\");", "")]
    public void Held_is_what_the_task_needs(string statements, string held)
    {
        var (ask, context) = Call("Ask", statements, isAsync: false);
        Assert.Equal(held, string.Join(' ', HeldDuring.Of(ask, context, default).Select(resource => $"{resource.Resource.Name}:{resource.Effect}")));
    }

    [Theory]
    [InlineData("var s = new CancellationTokenSource(9); await semaphore.WaitAsync(); await chat.GetResponseAsync(\"x\", null, s.Token);", "semaphore.WaitAsync()")]
    [InlineData("var s = new CancellationTokenSource(9); await chat.GetResponseAsync(\"x\", null, s.Token); await semaphore.WaitAsync();", null)]
    [InlineData("var s = new CancellationTokenSource(9); await semaphore.WaitAsync(0); await chat.GetResponseAsync(\"x\", null, s.Token);", null)]
    [InlineData("var s = new CancellationTokenSource(9); foreach (var x in xs) { await semaphore.WaitAsync(); await chat.GetResponseAsync(x, null, s.Token); }", null)]
    public void Queue_stands_between_the_clock_and_the_call(string statements, string? acquire)
    {
        var (call, context) = Call("GetResponseAsync", statements);
        var source = TokenSource.Of(TokenPassed.Of(LlmCall.From(call, context)!)!)!;
        Assert.Equal(acquire, QueueBetween.Of(source, context)?.Acquire.Syntax.ToString());
    }

    [Theory]
    [InlineData("await Task.WhenAll(xs.Select(x => Ask(x)));", "No")]
    [InlineData("await Task.WhenAll(xs.Select(x => Ask(x, ct)));", "Yes")]
    [InlineData("await Task.WhenAll(xs.Select(x => Owned()));", "Yes")]
    [InlineData("await Task.WhenAll(xs.Select(x => Ask(x))).WaitAsync(Limit);", "Yes")]
    [InlineData("await Task.WhenAll(xs.Select(x => ask(x)));", "Unknown")]
    public void Group_is_ended_by_a_token_or_a_deadline(string statements, string verdict)
    {
        var (join, context) = Call("WhenAll", statements);
        var options = new AnalyzerOptions([]).AnalyzerConfigOptionsProvider.GetOptions(join.Syntax.SyntaxTree);
        var fanOut = FanOut.From(join, context, options, default)!;
        Assert.Equal(verdict, GroupEnd.Of(Assert.Single(fanOut.Producers), fanOut, context, default).Verdict.ToString());
    }

    [Theory]
    [InlineData("await chat.GetResponseAsync(\"x\");", true)]
    [InlineData("await chat.GetResponseAsync(\"x\", null, default);", true)]
    [InlineData("await chat.GetResponseAsync(\"x\", null, ct);", false)]
    public void Token_is_missing_from_a_call_that_could_have_one(string statements, bool isMissing)
    {
        var (call, context) = Call("GetResponseAsync", statements);
        Assert.Equal(isMissing, TokenMissing.In(LlmCall.From(call, context)!));
    }

    [Theory]
    [InlineData("await Ask(\"x\");", "stopping")]
    [InlineData("await Inner(null!); Task Inner(Microsoft.AspNetCore.Http.HttpContext context) => Ask(\"x\");", "context.RequestAborted")]
    [InlineData("await Inner(this); static Task Inner(Subject subject) => subject.Ask(\"x\");", null)]
    [InlineData("try { } finally { await Ask(\"x\"); }", null)]
    [InlineData("await Task.Yield(); _ = Ask(\"x\");", null)]
    public void Reachable_is_a_token_that_can_be_named(string statements, string? token)
    {
        var (call, context) = Call("Ask", statements);
        Assert.Equal(token, TokenReachable.At(call, context, default) is { } found ? string.Join(' ', found.Expressions) : null);
    }

    private static (IInvocationOperation Call, LlmContext Context) Call(string name, string statements, bool isAsync = true)
    {
        var compilation = RuleTests.Compile($$"""
            using System.Threading.RateLimiting;
            using Microsoft.Extensions.AI;

            class Subject(IChatClient chat, CancellationTokenSource source, RateLimiter gate, SemaphoreSlim semaphore)
            {
                static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
                readonly CancellationToken stopping;
                CancellationTokenSource? given;
                Task? kept;

                {{(isAsync ? "async " : "")}}Task Work(CancellationToken ct, string[] xs, Func<string, Task> ask)
                {
                    {{statements}}
                }

                Task Ask(string text, CancellationToken token = default) => chat.GetResponseAsync(text, null, token);
                Task Ask(Task first) => first;
                Task Ask(Stream input) => Task.CompletedTask;
                Task Owned() => Ask("x", source.Token);
                Task Run(Func<CancellationToken, Task> call) => call(default);
                void Use(CancellationToken token) => given!.Cancel();
                static IChatClient Make() => null!;
                public override string ToString() => $"{stopping} {given} {kept} {gate} {semaphore} {Limit}";
            }
            """);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));

        var tree = compilation.SyntaxTrees.First();
        var work = tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>().Single(method => method.Identifier.ValueText == "Work");
        var call = work.DescendantNodes().OfType<InvocationExpressionSyntax>().First(invocation => Site.NameOf(invocation)?.Identifier.ValueText == name);
        return ((IInvocationOperation)compilation.GetSemanticModel(tree).GetOperation(call)!, LlmContext.Create(compilation, new AnalyzerOptions([]), default)!);
    }
}
