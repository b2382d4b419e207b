namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnboundedFanOutFixTests() : FixTests("ALLM1001")
{
    private static string Method(string body, string members = "") => $$"""
        using System.ClientModel;
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task All(List<string> prompts, CancellationToken cancellationToken)
            {
        {{Indent(body, 8)}}
            }
        {{Indent(members, 4)}}
        }
        """;

    [Fact]
    public Task Lambda_with_an_expression_body() => FixesAsync(
        Method("""
            // Ask for all of them.
            await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken))); // at once
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            // Ask for all of them.
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);
                }
                finally
                {
                    gate.Release();
                }
            })); // at once
            """));

    [Fact]
    public Task Async_lambda_with_a_block_keeps_its_comments_and_the_files_ConfigureAwait() => FixesAsync(
        Method("""
            var answers = await Task.[|WhenAll|](prompts.Select(async prompt =>
            {
                // The answer's first part is its text.
                var answer = await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken).ConfigureAwait(false);
                return answer.Value.Content[0].Text; // that is all
            })).ConfigureAwait(false);
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            var answers = await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    // The answer's first part is its text.
                    var answer = await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken).ConfigureAwait(false);
                    return answer.Value.Content[0].Text; // that is all
                }
                finally
                {
                    gate.Release();
                }
            })).ConfigureAwait(false);
            """));

    [Theory]
    [InlineData("prompt =>", "    StoreAsync(", "        prompt,", "        cancellationToken)")]
    [InlineData("prompt => StoreAsync(", "    prompt,", "    cancellationToken)")]
    public Task Lines_of_a_call_keep_their_distance_to_it(params string[] lambda) => FixesAsync(
        Method(
            "await Task.[|WhenAll|](prompts.Select(" + string.Join("\n", lambda) + "));",
            "Task StoreAsync(string prompt, CancellationToken cancellationToken) => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);"),
        Method(
            """
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    await StoreAsync(
                        prompt,
                        cancellationToken);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """,
            "Task StoreAsync(string prompt, CancellationToken cancellationToken) => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);"));

    [Fact]
    public Task Blank_lines_before_the_namespace_stay() => FixesAsync(
        Spaced("await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken)));"),
        Spaced("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """));

    private static string Spaced(string body) => Method(body).Replace("class Summaries", "\n\nnamespace Answers;\n\n\nclass Summaries", StringComparison.Ordinal);

    [Fact]
    public Task Method_group_through_a_local() => FixesAsync(
        Method(
            """
            var tasks = prompts.Select(AskAsync).ToList();
            await Task.[|WhenAll|](tasks);
            """,
            "async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;"),
        Method(
            """
            using var gate = new SemaphoreSlim(10);
            var tasks = prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await AskAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }).ToList();
            await Task.WhenAll(tasks);
            """,
            "async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;"));

    [Fact]
    public Task Query_becomes_a_call_chain() => FixesAsync(
        Method("await Task.[|WhenAll|](from prompt in prompts where prompt.Length > 0 select client.CompleteChatAsync(prompt));"),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Where(prompt => prompt.Length > 0).Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """));

    [Fact]
    public Task Loop_that_fills_a_list() => FixesAsync(
        Method("""
            var tasks = new List<Task>();
            foreach (var prompt in prompts)
                tasks.Add(client.CompleteChatAsync(prompt));

            await Task.[|WhenAll|](tasks);
            """),
        Method("""
            var tasks = new List<Task>();
            using var gate = new SemaphoreSlim(10);
            foreach (var prompt in prompts)
            {
                tasks.Add(RunAsync());

                async Task<ClientResult<ChatCompletion>> RunAsync()
                {
                    await gate.WaitAsync(cancellationToken);
                    try
                    {
                        return await client.CompleteChatAsync(prompt);
                    }
                    finally
                    {
                        gate.Release();
                    }
                }
            }

            await Task.WhenAll(tasks);
            """));

    [Fact]
    public Task Loop_that_fills_an_array_copies_its_variable() => FixesAsync(
        Method("""
            var tasks = new Task[prompts.Count];
            for (var i = 0; i < prompts.Count; i++)
            {
                tasks[i] = client.CompleteChatAsync(prompts[i]);
            }

            await Task.[|WhenAll|](tasks);
            """),
        Method("""
            var tasks = new Task[prompts.Count];
            using var gate = new SemaphoreSlim(10);
            for (var i = 0; i < prompts.Count; i++)
            {
                var index = i;
                tasks[i] = RunAsync();

                async Task<ClientResult<ChatCompletion>> RunAsync()
                {
                    await gate.WaitAsync(cancellationToken);
                    try
                    {
                        return await client.CompleteChatAsync(prompts[index]);
                    }
                    finally
                    {
                        gate.Release();
                    }
                }
            }

            await Task.WhenAll(tasks);
            """));

    [Fact]
    public Task Degree_of_a_parallel_loop() => FixesAsync(
        Method("await Parallel.[|ForEachAsync|](prompts, new ParallelOptions { MaxDegreeOfParallelism = int.MaxValue }, async (prompt, token) => await client.CompleteChatAsync([prompt], cancellationToken: token));"),
        Method("await Parallel.ForEachAsync(prompts, new ParallelOptions { MaxDegreeOfParallelism = 10 }, async (prompt, token) => await client.CompleteChatAsync([prompt], cancellationToken: token));"));

    [Fact]
    public Task Expression_body_becomes_a_block_and_the_gate_is_not_disposed_before_its_tasks_end() => FixesAsync(
        """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            // Starts them all.
            Task All(List<string> prompts) => Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));
        }
        """,
        """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            // Starts them all.
            Task All(List<string> prompts)
            {
                var gate = new SemaphoreSlim(10);
                return Task.WhenAll(prompts.Select(async prompt =>
                {
                    await gate.WaitAsync();
                    try
                    {
                        return await client.CompleteChatAsync(prompt);
                    }
                    finally
                    {
                        gate.Release();
                    }
                }));
            }
        }
        """);

    [Fact]
    public Task Lambda_that_returns_its_task_awaits_it() => FixesAsync(
        Method("""
            await Task.[|WhenAll|](prompts.Select(static prompt =>
            {
                if (prompt.Length == 0)
                    return Task.CompletedTask;
                return new ChatClient("model", "key").CompleteChatAsync(prompt);
            }));
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    if (prompt.Length == 0)
                    {
                        await Task.CompletedTask;
                        return;
                    }
                    await new ChatClient("model", "key").CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """));

    [Fact]
    public Task Top_level_statements_and_a_taken_name() => FixesAsync(
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", "key");
        var gate = "taken";

        await Task.[|WhenAll|](args.Select(prompt => client.CompleteChatAsync(prompt)));
        Console.WriteLine(gate);
        """,
        """
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", "key");
        var gate = "taken";

        using var gate1 = new SemaphoreSlim(10);
        await Task.WhenAll(args.Select(async prompt =>
        {
            await gate1.WaitAsync();
            try
            {
                return await client.CompleteChatAsync(prompt);
            }
            finally
            {
                gate1.Release();
            }
        }));
        Console.WriteLine(gate);
        """);

    [Fact]
    public Task Two_fan_outs_of_a_method_get_two_gates_with_or_without_a_key() => FixesAllWithoutKeyAsync(
        Method("""
            await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));
            await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }));
            using var gate1 = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate1.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate1.Release();
                }
            }));
            """));

    [Theory]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => AsyncLlm.LlmThrottle.For(client).ExecuteAsync(_ => client.CompleteChatAsync(prompt))));")]
    [InlineData("var throttle = new AsyncLlm.LlmThrottle();\nawait Task.WhenAll(prompts.Select(async prompt => await throttle.ExecuteAsync(token => client.CompleteChatAsync([prompt], cancellationToken: token), cancellationToken)));")]
    public Task Silent_when_a_throttle_runs_each_call(string body) => OffersNoFixAsync(Method(body), withRuntime: true);

    [Fact]
    public Task Helper_takes_over_the_token() => FixesAsync(
        Method("var answers = await Task.[|WhenAll|](prompts.Where(prompt => prompt.Length > 0).Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken))); // all"),
        Method("var answers = await LlmTask.WhenAll(prompts.Where(prompt => prompt.Length > 0), (prompt, ct) => client.CompleteChatAsync([prompt], cancellationToken: ct), maxConcurrency: 10, cancellationToken); // all")
            .Replace("using System.ClientModel;", "using System.ClientModel;\nusing AsyncLlm;"),
        withRuntime: true);

    [Fact]
    public Task Helper_calls_a_method_group_and_an_async_lambda() => FixesAsync(
        Method(
            """
            await Task.[|WhenAll|](prompts.Select(AskAsync).ToList());
            await Task.[|WhenAll|]([.. prompts.Select(async (prompt) => await AskAsync(prompt))]);
            """,
            "async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;"),
        Method(
            """
            await LlmTask.WhenAll(prompts, (prompt, _) => AskAsync(prompt), maxConcurrency: 10, cancellationToken);
            await LlmTask.WhenAll(prompts, async (prompt, _) => await AskAsync(prompt), maxConcurrency: 10, cancellationToken);
            """,
            "async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;")
            .Replace("using System.ClientModel;", "using System.ClientModel;\nusing AsyncLlm;"),
        withRuntime: true);

    [Fact]
    public Task Helper_passes_its_token_to_a_call_that_had_none() => FixesAsync(
        Method(
            """
            await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));
            await Task.[|WhenAll|](prompts.Select(async prompt => (await AskAsync(prompt)).Length));
            """,
            "async Task<string> AskAsync(string prompt, CancellationToken token = default) => (await client.CompleteChatAsync([prompt], cancellationToken: token)).Value.Content[0].Text;"),
        Method(
            """
            await LlmTask.WhenAll(prompts, (prompt, ct) => client.CompleteChatAsync([prompt], cancellationToken: ct), maxConcurrency: 10, cancellationToken);
            await LlmTask.WhenAll(prompts, async (prompt, ct) => (await AskAsync(prompt, ct)).Length, maxConcurrency: 10, cancellationToken);
            """,
            "async Task<string> AskAsync(string prompt, CancellationToken token = default) => (await client.CompleteChatAsync([prompt], cancellationToken: token)).Value.Content[0].Text;")
            .Replace("using System.ClientModel;", "using System.ClientModel;\nusing AsyncLlm;"),
        withRuntime: true);

    [Fact]
    public Task Where_the_lambda_does_more_than_the_call_the_semaphore_comes_first() => FixesAsync(
        Method("""
            await Task.[|WhenAll|](prompts.Select(async prompt =>
            {
                await client.CompleteChatAsync(prompt);
                Console.WriteLine(prompt);
            }));
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    await client.CompleteChatAsync(prompt);
                    Console.WriteLine(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """),
        withRuntime: true);

    [Fact]
    public Task The_semaphore_is_the_second_choice_beside_the_helper() => FixesAsync(
        Method("await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));"),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """),
        withRuntime: true,
        kind: "Semaphore");

    [Fact]
    public Task Tasks_used_again_keep_their_list() => FixesAsync(
        Method("""
            var tasks = prompts.Select(prompt => client.CompleteChatAsync(prompt)).ToList();
            await Task.[|WhenAll|](tasks);
            Console.WriteLine(tasks.Count);
            """),
        Method("""
            using var gate = new SemaphoreSlim(10);
            var tasks = prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }).ToList();
            await Task.WhenAll(tasks);
            Console.WriteLine(tasks.Count);
            """),
        withRuntime: true);

    [Fact]
    public Task The_limit_is_the_configured_one() => FixesAsync(
        Method("await Parallel.[|ForEachAsync|](prompts, new ParallelOptions { MaxDegreeOfParallelism = int.MaxValue }, async (prompt, token) => await client.CompleteChatAsync(prompt));"),
        Method("await Parallel.ForEachAsync(prompts, new ParallelOptions { MaxDegreeOfParallelism = 3 }, async (prompt, token) => await client.CompleteChatAsync(prompt));"),
        options: ("async_llm.max_concurrency", "3"));

    [Fact]
    public Task An_embedded_statement_gets_a_block_and_tabs_stay_tabs() => FixesAsync(
        Method("if (prompts.Count > 0)\n    await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));").Replace("    ", "\t"),
        Method("""
            if (prompts.Count > 0)
            {
                using var gate = new SemaphoreSlim(10);
                await Task.WhenAll(prompts.Select(async prompt =>
                {
                    await gate.WaitAsync(cancellationToken);
                    try
                    {
                        return await client.CompleteChatAsync(prompt);
                    }
                    finally
                    {
                        gate.Release();
                    }
                }));
            }
            """).Replace("    ", "\t"));

    [Fact]
    public Task A_field_initialiser_has_no_place_for_a_gate() => OffersNoFixAsync(
        """
        using OpenAI.Chat;

        class Summaries
        {
            private static readonly ChatClient Client = new("model", "key");
            private static readonly string[] Prompts = File.ReadAllLines("prompts.txt");
            private readonly Task _all = Task.[|WhenAll|](Prompts.Select(prompt => Client.CompleteChatAsync(prompt)));
        }
        """);

    [Fact]
    public Task ConvertAll_is_a_Select_by_another_name() => FixesAsync(
        Method("await Task.[|WhenAll|](prompts.ConvertAll(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken)));"),
        Method("""
            using var gate = new SemaphoreSlim(10);
            await Task.WhenAll(prompts.ConvertAll(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync([prompt], cancellationToken: cancellationToken);
                }
                finally
                {
                    gate.Release();
                }
            }));
            """));

    [Fact]
    public Task Calls_that_a_parallel_loop_only_awaits_are_limited_where_they_start() => FixesAsync(
        Method("""
            var tasks = prompts.Select(prompt => client.CompleteChatAsync(prompt)).ToList();
            await Parallel.[|ForEachAsync|](tasks, cancellationToken, async (task, token) => Console.WriteLine(await task));
            """),
        Method("""
            var gate = new SemaphoreSlim(10);
            var tasks = prompts.Select(async prompt =>
            {
                await gate.WaitAsync(cancellationToken);
                try
                {
                    return await client.CompleteChatAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }).ToList();
            await Parallel.ForEachAsync(tasks, cancellationToken, async (task, token) => Console.WriteLine(await task));
            """));

    /// <summary>What stores the task beside something else has no place to wait in.</summary>
    [Theory]
    [InlineData("var pairs = prompts.Select(prompt => (prompt, Answer: client.CompleteChatAsync(prompt))).ToList();\nawait Task.[|WhenAll|](pairs.Select(pair => pair.Answer));")]
    [InlineData("var tasks = new List<Task>();\nprompts.ForEach(prompt => tasks.Add(client.CompleteChatAsync(prompt)));\nawait Task.[|WhenAll|](tasks);")]
    public Task A_lambda_that_only_leaves_the_task_somewhere_is_not_changed(string body) => OffersNoFixAsync(Method(body));
}
