using Microsoft.CodeAnalysis.Testing;

namespace AsyncLlmAnalyzers.Tests.Rules;

public class TimeoutDoesNotCancelTests() : RuleTests("ALLM3005")
{
    protected override string Example => WithBody("""
        var answer = client.CompleteChatAsync(messages);
        var winner = await Task.[|WhenAny|](answer, Task.Delay(1000));
        if (winner != answer)
            throw new TimeoutException();
        return (await answer).Value;
        """);

    [Fact]
    public async Task Says_what_happens_to_the_request()
    {
        var test = new RuleTest(Id) { TestCode = WithBody("return (await client.CompleteChatAsync(messages).{|#0:WaitAsync|}(Limit)).Value;"), CodeActionEquivalenceKey = "none" };
        test.TestState.Sources.Add(("/0/Prelude.cs", RuleTest.Prelude));
        test.ExpectedDiagnostics.Add(new DiagnosticResult(RuleTest.Host(Id).SupportedDiagnostics[0]).WithLocation(0).WithMessage(
            "'WaitAsync' stops waiting for 'CompleteChatAsync' when the time has passed, but nothing stops the call: the request runs on and is billed"));
        await test.RunAsync();
    }

    [Theory]
    [InlineData("await client.CompleteChatAsync(messages).[|WaitAsync|](Limit);")]
    [InlineData("await client.CompleteChatAsync(messages, null, ct).[|WaitAsync|](Limit, ct);")]
    [InlineData("await client.CompleteChatAsync(messages, null, CancellationToken.None).[|WaitAsync|](Limit, TimeProvider.System);")]
    [InlineData("await client.CompleteChatAsync(messages).[|WaitAsync|](TimeSpan.FromSeconds(5)).ConfigureAwait(false);")]
    [InlineData("await Ask(\"x\").[|WaitAsync|](Limit);")]
    [InlineData("await AskValue(\"x\").AsTask().[|WaitAsync|](Limit);")]
    [InlineData("await Local().[|WaitAsync|](Limit); async Task Local() => await Ask(\"x\");")]
    [InlineData("await Task.Run(() => client.CompleteChatAsync(messages)).[|WaitAsync|](Limit);")]
    [InlineData("await Task.WhenAll(prompts.Select(p => Ask(p))).[|WaitAsync|](Limit);")]
    [InlineData("await Task.WhenAll(prompts.Select(Ask)).[|WaitAsync|](Limit);")]
    [InlineData("await (client?.CompleteChatAsync(messages).[|WaitAsync|](Limit))!;")]
    [InlineData("var answer = client.CompleteChatAsync(messages); await answer.[|WaitAsync|](Limit); Console.WriteLine((await answer).Value);")]
    [InlineData("using var cts = new CancellationTokenSource(); await client.CompleteChatAsync(messages, null, cts.Token).[|WaitAsync|](Limit);")]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); await client.CompleteChatAsync(messages, null, cts.Token).[|WaitAsync|](Limit);")]
    [InlineData("await Task.WhenAll(prompts.Select(async p => await client.CompleteChatAsync([p]).[|WaitAsync|](Limit)));")]
    [InlineData("await Parallel.ForEachAsync(prompts, ct, async (p, token) => await client.CompleteChatAsync([p], null, token).[|WaitAsync|](Limit, token));")]
    public Task Reports_a_wait_with_a_timeout(string statements) => ReportsAsync(WithBody(statements + " return null!;"));

    [Theory]
    [InlineData("var winner = await Task.[|WhenAny|](client.CompleteChatAsync(messages), Task.Delay(1000)); Console.WriteLine(winner.Status);")]
    [InlineData("var answer = Ask(\"x\"); if (await Task.[|WhenAny|](answer, Task.Delay(Limit, ct)) == answer) Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); var delay = Task.Delay(1000); if (await Task.[|WhenAny|](answer, delay) == delay) throw new TimeoutException(); Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); if (await Task.[|WhenAny|](new Task[] { answer, Task.Delay(1000) }) != answer) throw new TimeoutException(); Console.WriteLine(answer.Result);")]
    [InlineData("await Task.[|WhenAny|]([Ask(\"x\"), Task.Delay(1000)]);")]
    [InlineData("await Task.[|WhenAny|](new List<Task> { Ask(\"x\"), Task.Delay(1000) });")]
    [InlineData("await Task.[|WhenAny|](Task.WhenAll(prompts.Select(Ask)), Task.Delay(1000)).ConfigureAwait(false);")]
    [InlineData("var answer = Ask(\"x\"); await Task.[|WhenAny|](answer, Task.Delay(1000)); if (!answer.IsCompleted) return null!; Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); await Task.[|WhenAny|](answer, Task.Delay(1000)); if (answer.IsCompletedSuccessfully) Console.WriteLine(answer.Result);")]
    [InlineData("var answer = Ask(\"x\"); var winner = await Task.[|WhenAny|](answer, Task.Delay(1000)); if (winner != answer) { _ = answer.ContinueWith(t => t.Exception); throw new TimeoutException(); } Console.WriteLine(await answer);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.[|WhenAny|](Ask(\"x\"), Task.Delay(-1, cts.Token));")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.[|WhenAny|](Ask(\"x\"), Task.Delay(Timeout.Infinite, cts.Token));")]
    [InlineData("var tasks = prompts.Select(Ask).ToList(); await Task.[|WhenAny|](Task.WhenAll(tasks), Task.Delay(1000)); Console.WriteLine(tasks.Count);")]
    [InlineData("var tasks = new List<Task>(); foreach (var p in prompts) tasks.Add(Ask(p)); await Task.WhenAll(tasks).[|WaitAsync|](Limit);")]
    public Task Reports_a_race_with_a_delay(string statements) => ReportsAsync(WithBody(statements + " return null!;"));

    [Theory]
    [InlineData("if (!client.CompleteChatAsync(messages).[|Wait|](1000)) throw new TimeoutException();")]
    [InlineData("var answer = Ask(\"x\"); if (!answer.[|Wait|](Limit)) throw new TimeoutException(); Console.WriteLine(answer.Result);")]
    [InlineData("var answer = Ask(\"x\"); if (!answer.[|Wait|](1000, ct)) throw new TimeoutException(); Console.WriteLine(answer.Result);")]
    [InlineData("Task.[|WaitAll|]([Ask(\"x\"), Ask(\"y\")], 1000);")]
    [InlineData("var tasks = prompts.Select(Ask).ToArray(); if (!Task.[|WaitAll|](tasks, Limit)) throw new TimeoutException();")]
    [InlineData("Task.[|WaitAny|]([Ask(\"x\")], 1000, ct);")]
    public Task Reports_a_blocking_wait_and_leaves_the_fix_to_the_one_that_awaits(string statements) => OffersNoFixAsync(WithBody(statements + " await Task.Yield(); return null!;"));

    [Fact]
    public Task Passes_the_token_the_wait_was_given() => FixesAsync(
        WithBody("using var cts = new CancellationTokenSource(Limit);\nreturn (await client.CompleteChatAsync(messages, options, ct).[|WaitAsync|](cts.Token)).Value;"),
        WithBody("using var cts = new CancellationTokenSource(Limit);\nreturn (await client.CompleteChatAsync(messages, options, cts.Token)).Value;"));

    [Fact]
    public Task Passes_the_token_where_the_time_never_passes() => FixesAsync(
        WithBody("using var cts = new CancellationTokenSource(Limit);\nreturn (await client.CompleteChatAsync(messages, options).[|WaitAsync|](Timeout.InfiniteTimeSpan, cts.Token)).Value;"),
        WithBody("using var cts = new CancellationTokenSource(Limit);\nreturn (await client.CompleteChatAsync(messages, options, cts.Token)).Value;"));

    [Theory]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); var answer = client.CompleteChatAsync(messages, null, cts.Token); if (await Task.WhenAny(answer, Task.Delay(1000)) != answer) { cts.Cancel(); throw new TimeoutException(); } Console.WriteLine(await answer);")]
    [InlineData("using var cts = new CancellationTokenSource(); var answer = Ask(\"x\", cts.Token); if (await Task.WhenAny(answer, Task.Delay(1000)) != answer) { await cts.CancelAsync(); throw new TimeoutException(); } Console.WriteLine(await answer);")]
    [InlineData("using var cts = new CancellationTokenSource(); try { await Ask(\"x\", cts.Token).WaitAsync(Limit); } catch (TimeoutException) { cts.Cancel(); throw; }")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Ask(\"x\", cts.Token).WaitAsync(Limit);")]
    [InlineData("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct); cts.CancelAfter(Limit); await client.CompleteChatAsync(messages, null, cts.Token).WaitAsync(Limit);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.WhenAll(prompts.Select(p => Ask(p, cts.Token))).WaitAsync(Limit);")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, cts.Token); await Ask(\"x\", both.Token).WaitAsync(Limit, ct);")]
    [InlineData("using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, stopping.Token); await Ask(\"x\", both.Token).WaitAsync(Limit, ct);")]
    [InlineData("using var cts = new CancellationTokenSource(); var answer = Local(); if (await Task.WhenAny(answer, Task.Delay(1000)) != answer) cts.Cancel(); Task<string> Local() => Ask(\"x\", cts.Token);")]
    public Task Is_silent_when_the_call_is_cancelled(string statements) => SilentAsync(WithBody(statements + " return null!;"));

    [Theory]
    [InlineData("var answer = Ask(\"x\"); await Task.WhenAny(answer, Task.Delay(1000)); Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); if (await Task.WhenAny(answer, Task.Delay(1000)) != answer) Console.WriteLine(\"Still thinking..\"); Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); while (await Task.WhenAny(answer, Task.Delay(1000)) != answer) Console.Write('.'); Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); while (!answer.IsCompleted) { await Task.WhenAny(answer, Task.Delay(1000)); Console.Write('.'); } Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); try { await answer.WaitAsync(Limit); } catch (TimeoutException) { Console.WriteLine(\"Still thinking..\"); } Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); try { await answer.WaitAsync(Limit); } catch (TimeoutException) { await answer; }")]
    [InlineData("var answer = Ask(\"x\"); if (!answer.Wait(1000)) Console.WriteLine(\"Still thinking..\"); Console.WriteLine(await answer);")]
    [InlineData("var answer = Ask(\"x\"); if (await Task.WhenAny(answer, Task.Delay(1000)) != answer) { running = answer; return null!; }")]
    [InlineData("var answer = Ask(\"x\"); pending.Add(answer); await Task.WhenAny(answer, Task.Delay(1000));")]
    [InlineData("running = Ask(\"x\"); await Task.WhenAny(running, Task.Delay(1000));")]
    [InlineData("var tasks = prompts.Select(Ask).ToList(); await Task.WhenAny(Task.WhenAll(tasks), Task.Delay(1000)); Console.WriteLine(await Task.WhenAll(tasks));")]
    [InlineData("var tasks = prompts.Select(Ask).ToList(); try { await Task.WhenAll(tasks).WaitAsync(Limit); } catch (TimeoutException) { Console.WriteLine(\"Still thinking..\"); } foreach (var task in tasks) Console.WriteLine(await task);")]
    [InlineData("var tasks = prompts.Select(Ask).ToArray(); if (!Task.WaitAll(tasks, Limit)) Console.WriteLine(\"Still thinking..\"); await Task.WhenAll(tasks);")]
    public Task Is_silent_when_the_call_is_awaited_after_all(string statements) => SilentAsync(WithBody(statements + " return null!;"));

    [Theory]
    [InlineData("await client.CompleteChatAsync(messages, null, ct).WaitAsync(ct);")]
    [InlineData("await client.CompleteChatAsync(messages).WaitAsync(Timeout.InfiniteTimeSpan);")]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Task.Delay(Timeout.Infinite, ct));")]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Ask(\"y\"));")]
    [InlineData("client.CompleteChatAsync(messages).Wait(ct);")]
    [InlineData("client.CompleteChatAsync(messages).Wait(-1);")]
    [InlineData("Task.WaitAll([Ask(\"x\")], -1);")]
    [InlineData("await Task.WhenAny(Ask(\"x\"), Task.Delay(-1, ct));")]
    [InlineData("using var cts = new CancellationTokenSource(Limit); await Task.WhenAny(Ask(\"x\", cts.Token), Task.Delay(-1, cts.Token));")]
    [InlineData("await Task.Delay(1000, ct).WaitAsync(Limit);")]
    [InlineData("await client.CompleteChatAsync(messages, null, stopping.Token).WaitAsync(Limit);")]
    [InlineData("await client.CompleteChatAsync(body, request).WaitAsync(Limit);")]
    [InlineData("await Owned(\"x\").WaitAsync(Limit);")]
    [InlineData("Func<string, Task<string>> ask = Ask; await ask(\"x\").WaitAsync(Limit);")]
    [InlineData("var updates = client.CompleteChatStreamingAsync(messages).GetAsyncEnumerator(ct); while (await updates.MoveNextAsync().AsTask().WaitAsync(Limit)) Console.Write(updates.Current.Role);")]
    public Task Is_silent_without_a_timeout_or_where_a_token_may_reach_the_call(string statements) => SilentAsync(WithBody(statements + " return null!;"));

    [Theory]
    [InlineData(
        "return (await client.CompleteChatAsync(messages, options).[|WaitAsync|](Limit)).Value;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(Limit);\nreturn (await client.CompleteChatAsync(messages, options, cts.Token)).Value;")]
    [InlineData(
        "return (await client.CompleteChatAsync(messages, options, ct).[|WaitAsync|](Limit, ct).ConfigureAwait(false)).Value;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(Limit);\nreturn (await client.CompleteChatAsync(messages, options, cts.Token).ConfigureAwait(false)).Value;")]
    [InlineData(
        "var text = await Ask(\"x\").[|WaitAsync|](Limit, TimeProvider.System, ct);\nreturn null!;",
        "using var timeout = new CancellationTokenSource(Limit, TimeProvider.System);\nusing var cts = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);\nvar text = await Ask(\"x\", ct: cts.Token);\nreturn null!;")]
    [InlineData(
        "foreach (var prompt in prompts)\n    await client.CompleteChatAsync(prompt).[|WaitAsync|](timeout: Limit); // each\nreturn null!;",
        "foreach (var prompt in prompts)\n{\n    using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n    cts.CancelAfter(Limit);\n    await client.CompleteChatAsync([prompt], cancellationToken: cts.Token); // each\n}\nreturn null!;")]
    [InlineData(
        "await Task.WhenAll(prompts.Select(async p => await client.CompleteChatAsync(p).[|WaitAsync|](Limit)));\nreturn null!;",
        "await Task.WhenAll(prompts.Select(async p =>\n{\n    using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n    cts.CancelAfter(Limit);\n    return await client.CompleteChatAsync([p], cancellationToken: cts.Token);\n}));\nreturn null!;")]
    [InlineData(
        "Console.WriteLine(await Task.Run(() => Ask(\"x\")).[|WaitAsync|](Limit));\nreturn null!;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\ncts.CancelAfter(Limit);\nConsole.WriteLine(await Task.Run(() => Ask(\"x\", ct: cts.Token)));\nreturn null!;")]
    public Task Replaces_the_wait_by_a_source(string statements, string fixedStatements) => FixesAsync(WithBody(statements), WithBody(fixedStatements));

    [Theory]
    [InlineData(
        "return (await client.CompleteChatAsync(messages, options).[|WaitAsync|](Limit)).Value;",
        "return (await LlmTimeout.RunAsync(token => client.CompleteChatAsync(messages, options, token), Limit, ct)).Value;")]
    [InlineData(
        "return (await client.CompleteChatAsync(messages, options, ct).[|WaitAsync|](TimeSpan.FromSeconds(5), TimeProvider.System, ct).ConfigureAwait(false)).Value;",
        "return (await LlmTimeout.RunAsync(token => client.CompleteChatAsync(messages, options, token), TimeSpan.FromSeconds(5), TimeProvider.System, ct).ConfigureAwait(false)).Value;")]
    [InlineData(
        "Console.WriteLine(await AskValue(\"x\").AsTask().[|WaitAsync|](Limit));\nreturn null!;",
        "Console.WriteLine(await LlmTimeout.RunAsync(token => AskValue(\"x\", token).AsTask(), Limit, ct));\nreturn null!;")]
    [InlineData(
        "try { return (await client.CompleteChatAsync(messages, options).[|WaitAsync|](Limit)).Value; } catch (TimeoutException) { return null!; }",
        "try { return (await LlmTimeout.RunAsync(token => client.CompleteChatAsync(messages, options, token), Limit, ct)).Value; } catch (TimeoutException) { return null!; }")]
    [InlineData(
        "Console.WriteLine(await Task.Run(async () => await Ask(\"x\")).[|WaitAsync|](Limit));\nreturn null!;",
        "Console.WriteLine(await LlmTimeout.RunAsync(token => Task.Run(async () => await Ask(\"x\", ct: token)), Limit, ct));\nreturn null!;")]
    public Task Replaces_the_wait_by_the_helper(string statements, string fixedStatements) =>
        FixesAsync(WithBody(statements), WithBody(fixedStatements).Replace("using OpenAI.Chat;", "using AsyncLlm;\nusing OpenAI.Chat;", StringComparison.Ordinal), withRuntime: true);

    [Theory]
    [InlineData(
        "var answer = client.CompleteChatAsync(messages);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n    throw new TimeoutException();\nreturn (await answer).Value;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\nvar answer = client.CompleteChatAsync(messages, cancellationToken: cts.Token);\nvar winner = await Task.WhenAny(answer, Task.Delay(Limit));\nif (winner != answer)\n{\n    cts.Cancel();\n    throw new TimeoutException();\n}\nreturn (await answer).Value;")]
    [InlineData(
        "var answer = client.CompleteChatAsync(messages);\nvar delay = Task.Delay(Limit);\nif (await Task.[|WhenAny|](answer, delay) == delay)\n{\n    // too late\n    throw new TimeoutException();\n}\n\nreturn (await answer).Value;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\nvar answer = client.CompleteChatAsync(messages, cancellationToken: cts.Token);\nvar delay = Task.Delay(Limit);\nif (await Task.WhenAny(answer, delay) == delay)\n{\n    cts.Cancel();\n    // too late\n    throw new TimeoutException();\n}\n\nreturn (await answer).Value;")]
    [InlineData(
        "var answer = Ask(\"x\");\nif (await Task.[|WhenAny|](answer, Task.Delay(Limit)) == answer)\n    Console.WriteLine(await answer);\nreturn null!;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\nvar answer = Ask(\"x\", ct: cts.Token);\nif (await Task.WhenAny(answer, Task.Delay(Limit)) == answer)\n    Console.WriteLine(await answer);\ncts.Cancel();\nreturn null!;")]
    [InlineData(
        "await Task.[|WhenAny|](Ask(\"x\"), Task.Delay(Limit));\nreturn null!;",
        "using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\nawait Task.WhenAny(Ask(\"x\", ct: cts.Token), Task.Delay(Limit));\ncts.Cancel();\nreturn null!;")]
    public Task Cancels_the_call_that_has_lost_the_race(string statements, string fixedStatements) => FixesAsync(WithBody(statements), WithBody(fixedStatements));

    [Theory]
    [InlineData(
        "var answer = client.CompleteChatAsync(messages);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n    throw new TimeoutException();\nreturn (await answer).Value;",
        "var answer = LlmTimeout.RunAsync(token => client.CompleteChatAsync(messages, cancellationToken: token), Limit, ct);\nreturn (await answer).Value;")]
    [InlineData(
        "// ask\nvar answer = Ask(\"x\"); // once\n// half a minute\nif (answer != await Task.[|WhenAny|](answer, Task.Delay(30_000, ct)).ConfigureAwait(false))\n{\n    throw new TimeoutException(); // too late\n}\nConsole.WriteLine(await answer.ConfigureAwait(false));\nreturn null!;",
        "// ask\n// half a minute\n// too late\nvar answer = LlmTimeout.RunAsync(token => Ask(\"x\", ct: token), TimeSpan.FromSeconds(30), ct); // once\nConsole.WriteLine(await answer.ConfigureAwait(false));\nreturn null!;")]
    [InlineData(
        "var answer = AskValue(\"x\").AsTask();\nif (await Task.[|WhenAny|](answer, Task.Delay(Limit, TimeProvider.System)) != answer) throw new TimeoutException();\nvar text = await answer;\nConsole.WriteLine(text + await answer);\nreturn null!;",
        "var answer = LlmTimeout.RunAsync(token => AskValue(\"x\", token).AsTask(), Limit, TimeProvider.System, ct);\nvar text = await answer;\nConsole.WriteLine(text + await answer);\nreturn null!;")]
    public Task Replaces_the_race_by_the_helper(string statements, string fixedStatements) =>
        FixesAsync(WithBody(statements), WithBody(fixedStatements).Replace("using OpenAI.Chat;", "using AsyncLlm;\nusing OpenAI.Chat;", StringComparison.Ordinal), withRuntime: true);

    /// <summary>Something else happens when the time has passed, or before that: then the code goes on as it did, and the call is cancelled.</summary>
    [Theory]
    [InlineData("var answer = Ask(\"x\"ADD);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    throw new TimeoutException(\"late\");\n}\nConsole.WriteLine(await answer);\nreturn null!;")]
    [InlineData("var answer = Ask(\"x\"ADD);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    return null!;\n}\nConsole.WriteLine(await answer);\nreturn null!;")]
    [InlineData("var answer = Ask(\"x\"ADD);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    throw new TimeoutException();\n}\nConsole.WriteLine(\"done\");\nConsole.WriteLine(await answer);\nreturn null!;")]
    [InlineData("var answer = Ask(\"x\"ADD);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    throw new TimeoutException();\n}\nConsole.WriteLine(answer.Result);\nreturn null!;")]
    [InlineData("var answer = Ask(\"x\"ADD);\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    throw new TimeoutException();\n}\nConsole.WriteLine(await answer + winner.Status);\nreturn null!;")]
    [InlineData("var answer = Ask(\"x\"ADD);\nConsole.WriteLine(\"asked\");\nvar winner = await Task.[|WhenAny|](answer, Task.Delay(Limit));\nif (winner != answer)\n{CANCEL\n    throw new TimeoutException();\n}\nConsole.WriteLine(await answer);\nreturn null!;")]
    public Task Only_cancels_the_call_where_the_helper_would_change_what_happens(string statements) => FixesAsync(
        WithBody(statements.Replace("ADD", "", StringComparison.Ordinal).Replace("CANCEL", "", StringComparison.Ordinal)),
        WithBody("using var cts = CancellationTokenSource.CreateLinkedTokenSource(ct);\n" + statements.Replace("ADD", ", ct: cts.Token", StringComparison.Ordinal).Replace("CANCEL", "\n    cts.Cancel();", StringComparison.Ordinal).Replace("[|", "", StringComparison.Ordinal).Replace("|]", "", StringComparison.Ordinal)),
        withRuntime: true);

    [Theory]
    [InlineData("try { return (await client.CompleteChatAsync(messages).[|WaitAsync|](Limit)).Value; } catch (TimeoutException) { return null!; }")]
    [InlineData("while ((await client.CompleteChatAsync(messages).[|WaitAsync|](Limit)).Value.Role != 0) { }\nreturn null!;")]
    [InlineData("Console.WriteLine(\"{0} {1}\", await Ask(\"x\", ct), await Ask(\"y\").[|WaitAsync|](Limit));\nreturn null!;")]
    [InlineData("await Task.WhenAll(prompts.Select(Ask)).[|WaitAsync|](Limit);\nreturn null!;")]
    [InlineData("await Task.Run(async () => { Console.WriteLine(\"asked\"); await Ask(\"x\"); }).[|WaitAsync|](Limit);\nreturn null!;")]
    [InlineData("var answer = Task.Run(() => Ask(\"x\"));\nif (await Task.[|WhenAny|](answer, Task.Delay(Limit)) != answer)\n    throw new TimeoutException();\nreturn null!;")]
    [InlineData("var answer = Tokenless(\"x\");\nif (await Task.[|WhenAny|](answer, Task.Delay(Limit)) != answer)\n    throw new TimeoutException();\nreturn null!;")]
    public Task Offers_no_fix_where_it_would_change_what_happens(string statements) => OffersNoFixAsync(WithBody(statements));

    private static string WithBody(string statements) => $$"""
        using System.ClientModel;
        using System.ClientModel.Primitives;
        using OpenAI.Chat;

        class Answers(ChatClient client, CancellationTokenSource stopping, RequestOptions request, BinaryContent body)
        {
            static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
            Task<string>? running;
            readonly List<Task> pending = [];

            async Task<ChatCompletion> Run(List<ChatMessage> messages, ChatCompletionOptions options, List<string> prompts, CancellationToken ct)
            {
        {{Indent(statements, 8)}}
            }

            Task<string> Ask(string prompt) => Ask(prompt, default);

            async Task<string> Ask(string prompt, CancellationToken ct) => (await client.CompleteChatAsync([prompt], null, ct)).Value.Content[0].Text;

            async ValueTask<string> AskValue(string prompt, CancellationToken ct = default) => await Ask(prompt, ct);

            async Task<string> Tokenless(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;

            Task<string> Owned(string prompt) => Ask(prompt, stopping.Token);

            bool IsBusy => running is { IsCompleted: false } || pending.Count > 0 || request.BufferResponse || body is null;
        }
        """;
}
