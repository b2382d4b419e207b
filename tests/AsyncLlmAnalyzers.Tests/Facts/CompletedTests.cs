using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Testing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;
using AsyncLlmAnalyzers.Tests.Rules;

namespace AsyncLlmAnalyzers.Tests.Facts;

/// <summary>Each case asks about the task given to <c>Read(..)</c>.</summary>
public class CompletedTests
{
    [Theory]
    // awaited
    [InlineData("var t = Start(); await t; Read(t);")]
    [InlineData("var t = Start(); await t.ConfigureAwait(false); Read(t);")]
    [InlineData("var t = Start(); var u = t; await t; Read(u);")]
    [InlineData("var t = Start(); _ = (await t) + 1; Read(t);")]
    [InlineData("Task<int> t; await (t = Start()); Read(t);")]
    [InlineData("await given; Read(given);")]
    [InlineData("await field; Read(field);")]
    [InlineData("await this.field; Read(field);")]
    [InlineData("var t = Start(); try { await t; } catch { } Read(t);")]
    [InlineData("var t = Start(); try { await t; } finally { Read(t); }")]
    [InlineData("var t = Start(); try { await t; } catch { Read(t); }")]
    [InlineData("var t = Start(); if (flag) { await t; } else { await t; } Read(t);")]
    [InlineData("var t = Start(); if (flag) return; await t; Read(t);")]
    [InlineData("var t = Start(); if (flag) { await t; } else throw new Exception(); Read(t);")]
    [InlineData("var t = Start(); await t; Func<int> f = () => { Read(t); return 0; };")]
    [InlineData("var t = Start(); await t; Local(); void Local() => Read(t);")]
    [InlineData("var t = Start(); while (flag) { await t; Read(t); }")]
    [InlineData("var t = Start(); do { await t; } while (flag); Read(t);")]
    [InlineData("var t = Start(); using (new MemoryStream()) { await t; } Read(t);")]
    [InlineData("var t = Start(); t = Start(); await t; Read(t);")]
    // waited for
    [InlineData("var t = Start(); t.Wait(); Read(t);")]
    [InlineData("var t = Start(); _ = t.Result; Read(t);")]
    [InlineData("var t = Start(); t.GetAwaiter().GetResult(); Read(t);")]
    [InlineData("var t = Start(); Task.WaitAll(t, Start()); Read(t);")]
    [InlineData("var t = Start(); Task.WaitAll(new Task[] { t }); Read(t);")]
    // joined
    [InlineData("var t = Start(); await Task.WhenAll(t, Start()); Read(t);")]
    [InlineData("var t = Start(); await Task.WhenAll([t, Start()]); Read(t);")]
    [InlineData("var t = Start(); Task[] all = [t, Start()]; await Task.WhenAll(all); Read(t);")]
    [InlineData("var t = Start(); var all = Task.WhenAll(t, Start()); await all; Read(t);")]
    [InlineData("var t = Start(); await Task.WhenAll(t, Start()).WaitAsync(TimeSpan.FromSeconds(1)); Read(t);")]
    [InlineData("var t = Start(); var list = new List<Task>(); list.Add(t); await Task.WhenAll(list); Read(t);")]
    [InlineData("var ts = Many().ToArray(); await Task.WhenAll(ts); Read(ts[0]);")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts); Read(ts.First());")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts.Cast<Task>()); foreach (var t in ts) Read(t);")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts); ts.Where(t => t.Id > 0).Select(t => Read(t)).ToList();")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts); _ = from t in ts select Read(t);")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts); _ = numbers.Zip(ts, (n, t) => Read(t));")]
    [InlineData("IEnumerable<Task<int>> ts = Many().ToList(); await Task.WhenAll(ts); foreach (var t in ts) Read(t);")]
    [InlineData("var ts = new List<Task<int>>(); foreach (var n in numbers) ts.Add(Start()); await Task.WhenAll(ts); foreach (var t in ts) Read(t);")]
    [InlineData("var ts = new Task<int>[3]; for (var i = 0; i < 3; i++) ts[i] = Start(); await Task.WhenAll(ts); Read(ts[1]);")]
    [InlineData("var ts = Many().ToArray(); var first = ts[0]; await Task.WhenAll(ts); Read(first);")]
    [InlineData("var ts = numbers.ToDictionary(n => n, n => Start()); await Task.WhenAll(ts.Values); Read(ts[1]);")]
    [InlineData("var ts = numbers.Select(n => (n, Task: Start())).ToList(); await Task.WhenAll(ts.Select(p => p.Task)); foreach (var (n, t) in ts) Read(t);")]
    [InlineData("var ts = numbers.Select(n => new { n, Task = Start() }).ToList(); await Task.WhenAll(ts.Select(p => p.Task)); foreach (var p in ts) Read(p.Task);")]
    [InlineData("var ts = Many().ToList(); foreach (var t in ts) await t; Read(ts[0]);")]
    [InlineData("var ts = Many().ToArray(); for (var i = 0; i < ts.Length; i++) await ts[i]; Read(ts[0]);")]
    [InlineData("var ts = Many().ToArray(); for (var i = 0; i < ts.Length; i++) { await ts[i]; Read(ts[i]); }")]
    [InlineData("var ts = Many().ToArray(); await foreach (var t in Task.WhenEach(ts)) { } Read(ts[0]);")]
    [InlineData("var t = Start(); await Helper.WithTimeout(t, 5); Read(t);")]
    [InlineData("var ts = Many().ToList(); await ts.WhenAll(); foreach (var t in ts) Read(t);")]
    // tested
    [InlineData("var t = Start(); if (t.IsCompleted) Read(t);")]
    [InlineData("var t = Start(); if (t.IsCompletedSuccessfully && flag) Read(t);")]
    [InlineData("var t = Start(); _ = t.IsCompletedSuccessfully ? Read(t) : 0;")]
    [InlineData("var t = Start(); _ = t.IsFaulted && Read(t) > 0;")]
    [InlineData("var t = Start(); _ = !t.IsCompleted || Read(t) > 0;")]
    [InlineData("var t = Start(); if (!t.IsCompleted) { } else { Read(t); }")]
    [InlineData("var t = Start(); if (!t.IsCompleted) return; Read(t);")]
    [InlineData("var t = Start(); if (!t.IsCompleted) await t; Read(t);")]
    [InlineData("var t = Start(); if (!t.Wait(100)) throw new TimeoutException(); Read(t);")]
    [InlineData("var t = Start(); if (t.Wait(100)) Read(t);")]
    [InlineData("var t = Start(); if (Task.WaitAll([t], 100)) Read(t);")]
    [InlineData("var t = Start(); if (t.Status == TaskStatus.RanToCompletion) Read(t);")]
    [InlineData("var t = Start(); if (t.Status is TaskStatus.RanToCompletion) Read(t);")]
    [InlineData("var t = Start(); if (t is { IsCompletedSuccessfully: true }) Read(t);")]
    [InlineData("var t = Start(); switch (t.Status) { case TaskStatus.RanToCompletion: Read(t); break; }")]
    [InlineData("var t = Start(); _ = t.Status switch { TaskStatus.Faulted => Read(t), _ => 0 };")]
    [InlineData("var t = Start(); while (!t.IsCompleted) Console.Write('.'); Read(t);")]
    [InlineData("var ts = Many().ToList(); foreach (var t in ts.Where(t => t.IsCompleted)) Read(t);")]
    [InlineData("var ts = Many().ToList(); _ = from t in ts where t.IsCompletedSuccessfully select Read(t);")]
    [InlineData("var ts = Many().ToList(); if (ts.All(t => t.IsCompleted)) Read(ts[0]);")]
    [InlineData("var t = Start(); if (await Task.WhenAny(t, Task.Delay(1)) == t) Read(t);")]
    [InlineData("var t = Start(); var winner = await Task.WhenAny(t, Task.Delay(1)); if (winner != t) return; Read(t);")]
    [InlineData("var t = Start(); var delay = Task.Delay(1); var winner = await Task.WhenAny(t, delay); if (winner == delay) return; Read(t);")]
    // handed out
    [InlineData("var t = await Task.WhenAny(Start(), Start()); Read(t);")]
    [InlineData("Read(await Task.WhenAny(Start(), Start()).ConfigureAwait(false));")]
    [InlineData("_ = Start().ContinueWith(t => Read(t));")]
    [InlineData("var t = Start(); _ = t.ContinueWith(_ => Read(t));")]
    [InlineData("_ = Task.Factory.ContinueWhenAll(Many().ToArray(), ts => Read(ts[0]));")]
    [InlineData("await foreach (var t in Task.WhenEach(Many())) Read(t);")]
    [InlineData("var ts = Many().ToArray(); var i = Task.WaitAny(ts); Read(ts[i]);")]
    [InlineData("Read(Task.FromResult(1));")]
    public void Knows_that_it_is_complete(string statements) => Assert.Equal(Verdict.Yes, VerdictOn(statements));

    [Theory]
    [InlineData("Read(Start());")]
    [InlineData("var t = Start(); Read(t);")]
    [InlineData("var t = Start(); Read(t); await t;")]
    [InlineData("var t = Start(); var u = Start(); await u; Read(t);")]
    [InlineData("var t = Start(); await t; t = Start(); Read(t);")]
    [InlineData("var t = Start(); await t; while (flag) { Read(t); t = Start(); }")]
    [InlineData("var t = Start(); if (flag) await t; Read(t);")]
    [InlineData("var t = Start(); if (flag) { await t; } else { } Read(t);")]
    [InlineData("var t = Start(); if (flag) { await t; } else { Read(t); }")]
    [InlineData("var t = Start(); while (flag) await t; Read(t);")]
    [InlineData("var t = Start(); foreach (var n in numbers) await t; Read(t);")]
    [InlineData("var t = Start(); if (flag && await t > 0) { } Read(t);")]
    [InlineData("var t = Start(); Func<Task> f = async () => await t; Read(t);")]
    [InlineData("var t = Start(); async Task F() => await t; Read(t);")]
    [InlineData("var t = Start(); switch (1) { case 1: await t; break; } Read(t);")]
    [InlineData("var t = Start(); try { } catch { await t; } Read(t);")]
    [InlineData("var t = Start(); t.Wait(100); Read(t);")]
    [InlineData("var t = Start(); Task.WaitAny(t, Start()); Read(t);")]
    [InlineData("var t = Start(); await Task.WhenAny(t, Start()); Read(t);")]
    [InlineData("var t = Start(); if (!t.IsCompleted) Read(t);")]
    [InlineData("var t = Start(); if (t.IsCompleted || flag) Read(t);")]
    [InlineData("var t = Start(); if (t.IsCompletedSuccessfully) return; Read(t);")]
    [InlineData("var t = Start(); while (!t.IsCompleted) { if (flag) break; } Read(t);")]
    [InlineData("var t = Start(); if (t.Status == TaskStatus.Running) Read(t);")]
    [InlineData("var t = Start(); var winner = await Task.WhenAny(t, Start()); if (winner != t) Read(t);")]
    [InlineData("var t = Start(); var delay = Task.Delay(1); var winner = await Task.WhenAny(t, Start(), delay); if (winner == delay) return; Read(t);")]
    [InlineData("var ts = Many(); await Task.WhenAll(ts); foreach (var t in ts) Read(t);")]
    [InlineData("IEnumerable<Task<int>> ts = Many().OrderBy(t => t.Id); await Task.WhenAll(ts); foreach (var t in ts) Read(t);")]
    [InlineData("var ts = Many().ToArray(); await ts[0]; Read(ts[1]);")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts); ts.Add(Start()); Read(ts[0]);")]
    [InlineData("var ts = Many().ToList(); await Task.WhenAll(ts.Where(t => t.Id > 0)); Read(ts[0]);")]
    [InlineData("var ts = Many().ToList(); foreach (var t in ts) { if (flag) break; await t; } Read(ts[0]);")]
    [InlineData("var ts = Many().ToList(); foreach (var t in ts) if (flag) await t; Read(ts[0]);")]
    [InlineData("var ts = Many().ToArray(); var i = 0; await ts[i]; i++; Read(ts[i]);")]
    [InlineData("var t = Task.FromResult(Start()); Read(await t);")]
    [InlineData("var t = Task.FromResult(Start()); await t; Read(t.Result);")]
    [InlineData("Task.WhenAll(Start()).ContinueWith(t => Read(Start()));")]
    [InlineData("Read(flag ? Task.FromResult(1) : Start());")]
    public void Does_not_believe_that_it_is_complete(string statements) => Assert.Equal(Verdict.No, VerdictOn(statements));

    [Fact]
    public void Points_to_what_proves_it()
    {
        var fact = FactOf("var t = Start(); await Task.WhenAll(t, Start()); Read(t);");
        Assert.Equal("await Task.WhenAll(t, Start())", fact.Proof!.SourceTree!.GetText().ToString(fact.Proof.SourceSpan));
    }

    private static Verdict VerdictOn(string statements) => FactOf(statements).Verdict;

    private static Fact FactOf(string statements)
    {
        var compilation = CSharpCompilation.Create(
            "Test",
            [
                CSharpSyntaxTree.ParseText(RuleTest.Prelude),
                CSharpSyntaxTree.ParseText($$"""
                    class Subject
                    {
                        private Task<int> field = Task.FromResult(1);

                        async Task Run(bool flag, int[] numbers, Task<int> given)
                        {
                            await Task.Yield();
                            {{statements}}
                        }

                        Task<int> Start() => Task.Run(() => 1);

                        IEnumerable<Task<int>> Many() => [];

                        int Read(Task task) => 0;
                    }

                    static class Helper
                    {
                        public static Task WithTimeout(Task task, int seconds) => task.WaitAsync(TimeSpan.FromSeconds(seconds));

                        public static Task WhenAll<T>(this IEnumerable<Task<T>> tasks) => Task.WhenAll(tasks);
                    }
                    """),
            ],
            HostReferences.Framework,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));

        var tree = compilation.SyntaxTrees.Last();
        var read = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>().Single(invocation => invocation.Expression is IdentifierNameSyntax { Identifier.ValueText: "Read" });
        var operation = (IInvocationOperation)compilation.GetSemanticModel(tree).GetOperation(read)!;
        return Completed.Of(operation.Arguments[0].Value, new KnownTypes(compilation));
    }
}
