namespace AsyncLlmAnalyzers.Tests.Rules;

public class UnboundedFanOutTests() : RuleTests("ALLM1001")
{
    /// <summary>What the cases below may use: a client, a wrapper behind an interface, limiters of several kinds.</summary>
    private const string Members = """
            private static readonly string[] Fixed = ["a", "b"];
            private readonly SemaphoreSlim _gate = new(4);
            private readonly RateLimiter _limiter = new ConcurrencyLimiter(new() { PermitLimit = 4 });
            private readonly Polly.ResiliencePipeline _pipeline = new Polly.ResiliencePipelineBuilder().Build();

            private async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;

            private async Task<string> LimitedAsync(string prompt)
            {
                await _gate.WaitAsync();
                try
                {
                    return await AskAsync(prompt);
                }
                finally
                {
                    _gate.Release();
                }
            }

            private async Task<string> WithGateAsync(string prompt, SemaphoreSlim gate)
            {
                await gate.WaitAsync();
                try
                {
                    return await AskAsync(prompt);
                }
                finally
                {
                    gate.Release();
                }
            }

            private async Task<T> ThrottledAsync<T>(Func<Task<T>> call)
            {
                await _gate.WaitAsync();
                try
                {
                    return await call();
                }
                finally
                {
                    _gate.Release();
                }
            }

            private Task<T> TwoHopsAsync<T>(Func<Task<T>> call) => ThrottledAsync(() => call());

            private readonly Outer _outer = new(new Throttle());

            private sealed class Outer(Throttle throttle)
            {
                public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) => await throttle.RunAsync(async () => await call(cancellationToken));
            }

            private sealed class Throttle
            {
                private readonly SemaphoreSlim _gate = new(4);

                public async Task<T> RunAsync<T>(Func<Task<T>> call)
                {
                    await _gate.WaitAsync();
                    try { return await call(); } finally { _gate.Release(); }
                }
            }

            private async ValueTask<string> AskValueAsync(string prompt) => await AskAsync(prompt);

            private async Task<T> ParsedAsync<T>(string prompt, Func<string, T> parse) => parse(await AskAsync(prompt));

            private async Task<IDisposable> EnterAsync()
            {
                await _gate.WaitAsync();
                return new Lease(_gate);
            }

            private async Task WorkAsync(ChannelReader<string> reader)
            {
                await foreach (var prompt in reader.ReadAllAsync())
                    await AskAsync(prompt);
            }

            private async Task DrainAsync(ConcurrentQueue<string> queue)
            {
                while (queue.TryDequeue(out var prompt))
                    await AskAsync(prompt);
            }

            private sealed class Lease(SemaphoreSlim gate) : IDisposable
            {
                public void Dispose() => gate.Release();
            }
        """;

    protected override string Example => """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task All(IEnumerable<string> prompts, CancellationToken cancellationToken)
            {
                await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync([prompt], cancellationToken: cancellationToken)));
            }
        }
        """;

    private static string Method(string body) => $$"""
        using System.Collections.Concurrent;
        using System.Threading.Channels;
        using System.Threading.RateLimiting;
        using OpenAI.Chat;

        class Summaries(ChatClient client, Summaries.ISummarizer summarizer)
        {
            public interface ISummarizer
            {
                Task<string> SummarizeAsync(string text, CancellationToken cancellationToken = default);
            }

            public class Summarizer(ChatClient client) : ISummarizer
            {
                public async Task<string> SummarizeAsync(string text, CancellationToken cancellationToken = default) =>
                    (await client.CompleteChatAsync([text], cancellationToken: cancellationToken)).Value.Content[0].Text;
            }

            async Task All(IReadOnlyList<string> prompts, int workers, CancellationToken cancellationToken)
            {
        {{Indent(body, 8)}}
            }

        {{Members}}
        }

        static class Extensions
        {
            public static IEnumerable<IReadOnlyList<T>> Batch<T>(this IEnumerable<T> items, int size) => items.Chunk(size);
        }
        """;

    [Theory]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(async prompt => (await client.CompleteChatAsync(prompt)).Value));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select((prompt, i) => client.CompleteChatAsync(prompt + i)).ToArray());")]
    [InlineData("await Task.[|WhenAll|](prompts.Where(prompt => prompt != \"\").OrderBy(prompt => prompt).Select(AskAsync).ToList()).ConfigureAwait(false);")]
    [InlineData("await Task.[|WhenAll|](from prompt in prompts where prompt != \"\" select client.CompleteChatAsync(prompt));")]
    [InlineData("await Task.[|WhenAll|]([.. prompts.Select(AskAsync)]);")]
    [InlineData("var tasks = prompts.Select(summarizer.SummarizeOne).ToList(); await Task.[|WhenAll|](tasks);", "Extension")]
    [InlineData("var tasks = new List<Task>();\nforeach (var prompt in prompts)\n    tasks.Add(summarizer.SummarizeAsync(prompt, cancellationToken));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("List<Task> tasks = [];\nforeach (var prompt in prompts)\n{\n    var task = AskAsync(prompt);\n    tasks.Add(task);\n}\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new Task<string>[prompts.Count];\nfor (var i = 0; i < prompts.Count; i++)\n    tasks[i] = AskAsync(prompts[i]);\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("await foreach (var task in Task.[|WhenEach|](prompts.Select(prompt => summarizer.SummarizeAsync(prompt))))\n    Console.WriteLine(await task);")]
    [InlineData("var first = await Task.[|WhenAny|](prompts.Select(AskAsync));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => Task.Run(() => client.CompleteChat(prompt))));")]
    [InlineData("await Task.[|WhenAll|](Enumerable.Range(0, prompts.Count).Select(i => AskAsync(prompts[i])));")]
    [InlineData("await Task.[|WhenAll|](prompts.Take(500).Select(AskAsync));")]
    [InlineData("await Task.[|WhenAll|](Enumerable.Range(0, 1000).Select(i => AskAsync($\"{i}\")));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(Local));\nasync Task<string> Local(string prompt) => await summarizer.SummarizeAsync(prompt);")]
    [InlineData("Func<string, Task<string>> ask = async prompt => await AskAsync(prompt);\nawait Task.[|WhenAll|](prompts.Select(ask));")]
    [InlineData("Func<string, Task<string>> ask = async prompt => await AskAsync(prompt);\nawait Task.[|WhenAll|](prompts.Select(prompt => ask(prompt)));")]
    [InlineData("await Parallel.[|ForEachAsync|](prompts, new ParallelOptions { MaxDegreeOfParallelism = int.MaxValue }, async (prompt, token) => await AskAsync(prompt));")]
    [InlineData("var options = new ParallelOptions();\noptions.MaxDegreeOfParallelism = 500;\nawait Parallel.[|ForAsync|](0, prompts.Count, options, async (i, token) => await AskAsync(prompts[i]));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(async prompt => { await foreach (var update in client.CompleteChatStreamingAsync(prompt)) { } }));")]
    [InlineData("var all = Task.Run(async () => await Task.[|WhenAll|](prompts.Select(AskAsync)));\nawait all;")]
    [InlineData("var tasks = new List<Task>();\ntasks.AddRange(prompts.Select(AskAsync));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new ConcurrentBag<Task>();\nforeach (var prompt in prompts)\n    tasks.Add(AskAsync(prompt));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new Queue<Task>();\nforeach (var prompt in prompts)\n    tasks.Enqueue(AskAsync(prompt));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new Dictionary<string, Task<string>>();\nforeach (var prompt in prompts)\n    tasks[prompt] = AskAsync(prompt);\nawait Task.[|WhenAll|](tasks.Values);")]
    [InlineData("var tasks = new ConcurrentDictionary<string, Task<string>>();\nforeach (var prompt in prompts)\n    tasks.TryAdd(prompt, AskAsync(prompt));\nawait Task.[|WhenAll|](tasks.Values);")]
    [InlineData("var tasks = prompts.ToDictionary(prompt => prompt, prompt => AskAsync(prompt));\nawait Task.[|WhenAll|](tasks.Values);")]
    [InlineData("await Task.[|WhenAll|](prompts.Zip(prompts, (a, b) => AskAsync(a + b)));")]
    [InlineData("await Task.[|WhenAll|](from a in prompts from b in prompts let both = a + b select AskAsync(both));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => AskValueAsync(prompt).AsTask()));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => ParsedAsync(prompt, int.Parse)));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => summarizer?.SummarizeAsync(prompt) ?? Task.FromResult(\"\")));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => prompt switch { \"\" => Task.FromResult(\"\"), _ => AskAsync(prompt) }));")]
    [InlineData("if (prompts.Count == 0)\n    return;\nawait Task.[|WhenAll|](prompts.Select(AskAsync));")]
    [InlineData("if (prompts.Count > 1000)\n    return;\nawait Task.[|WhenAll|](prompts.Select(AskAsync));")]
    public Task Reports(string body, string? extra = null) =>
        ReportsAsync(Method(body) + (extra is null ? "" : "\nstatic class More\n{\n    public static Task<string> SummarizeOne(this Summaries.ISummarizer summarizer, string text) => summarizer.SummarizeAsync(text);\n}\n"));

    [Theory]
    [InlineData("var pairs = prompts.Select(prompt => (prompt, Answer: AskAsync(prompt))).ToList();\nawait Task.[|WhenAll|](pairs.Select(pair => pair.Answer));")]
    [InlineData("var pairs = prompts.Select(prompt => (prompt, AskAsync(prompt)));\nawait Task.[|WhenAll|](pairs.Where(pair => pair.prompt != \"\").Select(pair => pair.Item2).ToArray());")]
    [InlineData("var pairs = prompts.Select(prompt => new { prompt, Answer = client.CompleteChatAsync(prompt) }).ToArray();\nawait Task.[|WhenAll|](pairs.Select(pair => pair.Answer));")]
    [InlineData("var pairs = prompts.Select(prompt => { var answer = AskAsync(prompt); return new { prompt, answer }; }).ToArray();\nawait Task.[|WhenAll|](from pair in pairs select pair.answer);")]
    [InlineData("var jobs = prompts.Select(prompt => new Job(prompt, AskAsync(prompt))).ToList();\nawait Task.[|WhenAll|](jobs.Select(job => job.Answer));")]
    [InlineData("var jobs = new List<Job>();\nforeach (var prompt in prompts)\n    jobs.Add(new Job(prompt, AskAsync(prompt)));\nawait Task.[|WhenAll|](jobs.Select(job => job.Answer));")]
    [InlineData("var jobs = prompts.Select(prompt => new Mutable { Answer = AskAsync(prompt) }).ToList();\nawait Task.[|WhenAll|](jobs.Select(job => job.Answer));")]
    [InlineData("var pairs = new List<(string, Task<string> Answer)>();\nforeach (var prompt in prompts)\n{\n    var pair = (prompt, AskAsync(prompt));\n    pairs.Add(pair);\n}\nawait Task.[|WhenAll|](pairs.Select(pair => pair.Answer));")]
    [InlineData("var tasks = prompts.ToDictionary(prompt => prompt, prompt => AskAsync(prompt));\nawait Task.[|WhenAll|](tasks.Select(pair => pair.Value));")]
    [InlineData("await Task.[|WhenAll|](from prompt in prompts let answer = AskAsync(prompt) select answer);")]
    public Task Reports_tasks_that_something_carries(string body) =>
        ReportsAsync(Method(body) + "\nrecord Job(string Prompt, Task<string> Answer);\n\nclass Mutable\n{\n    public Task<string>? Answer { get; set; }\n}\n");

    [Theory]
    [InlineData("var pairs = prompts.Select(prompt => (prompt, Text: AskAsync(prompt).Result, Saved: File.WriteAllTextAsync(prompt, \"\"))).ToList();\nawait Task.WhenAll(pairs.Select(pair => pair.Saved));")]
    [InlineData("var pairs = prompts.Take(5).Select(prompt => (prompt, Answer: AskAsync(prompt))).ToList();\nawait Task.WhenAll(pairs.Select(pair => pair.Answer));")]
    [InlineData("var pairs = prompts.Select(prompt => (prompt, Answer: LimitedAsync(prompt))).ToList();\nawait Task.WhenAll(pairs.Select(pair => pair.Answer));")]
    [InlineData("var pairs = new[] { (\"a\", Answer: AskAsync(\"a\")), (\"b\", AskAsync(\"b\")) };\nawait Task.WhenAll(pairs.Select(pair => pair.Item2));")]
    public Task Silent_when_what_is_carried_is_no_call_for_every_item(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("await Task.[|WhenAll|](prompts.ToList().ConvertAll(prompt => AskAsync(prompt)));")]
    [InlineData("await Task.[|WhenAll|](Array.ConvertAll(prompts.ToArray(), AskAsync));")]
    [InlineData("var tasks = new List<Task>();\nprompts.ToList().ForEach(prompt => tasks.Add(AskAsync(prompt)));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new List<Task>();\nArray.ForEach(prompts.ToArray(), prompt => { var task = AskAsync(prompt); tasks.Add(task); });\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new Task<string>[prompts.Count];\nParallel.For(0, prompts.Count, i => tasks[i] = AskAsync(prompts[i]));\nawait Task.[|WhenAll|](tasks);")]
    [InlineData("var tasks = new ConcurrentBag<Task>();\nParallel.ForEach(prompts, prompt => tasks.Add(AskAsync(prompt)));\nawait Task.[|WhenAll|](tasks);")]
    public Task Reports_loops_by_another_name(string body) => ReportsAsync(Method(body));

    [Theory]
    [InlineData("var tasks = new Task<string>[4];\nParallel.For(0, 4, i => tasks[i] = AskAsync(prompts[i]));\nawait Task.WhenAll(tasks);")]
    [InlineData("prompts.ToList().ForEach(prompt => { var tasks = new List<Task>(); tasks.Add(AskAsync(prompt)); Task.WhenAll(tasks).Wait(); });")]
    [InlineData("var tasks = new List<Task>();\nprompts.ToList().ForEach(prompt => { if (tasks.Count > 4) Task.WaitAny([.. tasks]); tasks.Add(AskAsync(prompt)); });\nawait Task.WhenAll(tasks);")]
    [InlineData("var tasks = new List<Task>();\nAction<string> start = prompt => tasks.Add(AskAsync(prompt));\nawait Task.WhenAll(tasks);")]
    [InlineData("var answers = new string[prompts.Count];\nParallel.For(0, prompts.Count, i => answers[i] = AskAsync(prompts[i]).Result);")]
    public Task Silent_when_such_a_loop_is_short_or_waits(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("var tasks = prompts.Select(AskAsync).ToList();\nawait Parallel.[|ForEachAsync|](tasks, async (task, token) => Console.WriteLine(await task));")]
    [InlineData("var tasks = prompts.Select(AskAsync);\nawait Parallel.ForEachAsync(tasks, async (task, token) => Console.WriteLine(await task));")]
    [InlineData("var tasks = prompts.Take(4).Select(AskAsync).ToList();\nawait Parallel.ForEachAsync(tasks, async (task, token) => Console.WriteLine(await task));")]
    public Task Tells_calls_already_started_from_those_that_a_parallel_loop_starts(string body) => ReportsAsync(Method(body));

    [Theory]
    [InlineData("await Task.[|WhenAll|](prompts.Select(async prompt => { var gate = new SemaphoreSlim(1); await gate.WaitAsync(); await AskAsync(prompt); gate.Release(); }));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => WithGateAsync(prompt, new SemaphoreSlim(1))));")]
    [InlineData("await Task.[|WhenAll|](prompts.Select(prompt => { var gate = new SemaphoreSlim(1); return WithGateAsync(prompt, gate); }));")]
    [InlineData("await _gate.WaitAsync();\nawait Task.[|WhenAll|](prompts.Select(AskAsync));\n_gate.Release();")]
    public Task Reports_a_limiter_that_limits_nothing(string body) => ReportsAsync(Method(body));

    [Theory]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { await _gate.WaitAsync(); try { return await AskAsync(prompt); } finally { _gate.Release(); } }));")]
    [InlineData("var gate = new SemaphoreSlim(4);\nawait Task.WhenAll(prompts.Select(async prompt => { await gate.WaitAsync(cancellationToken).ConfigureAwait(false); try { return await AskAsync(prompt); } finally { gate.Release(); } }));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { using var lease = await _limiter.AcquireAsync(1); if (lease.IsAcquired) await AskAsync(prompt); }));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => await _pipeline.ExecuteAsync(async token => await AskAsync(prompt))));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { if (workers > 1) await _gate.WaitAsync(); try { await AskAsync(prompt); } finally { if (workers > 1) _gate.Release(); } }));")]
    public Task Silent_when_a_limiter_is_acquired_in_the_lambda(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("await Task.WhenAll(prompts.Select(LimitedAsync));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => WithGateAsync(prompt, _gate)));")]
    [InlineData("var gate = new SemaphoreSlim(4);\nawait Task.WhenAll(prompts.Select(prompt => WithGateAsync(prompt, gate)));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => ThrottledAsync(() => AskAsync(prompt))));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => TwoHopsAsync(() => AskAsync(prompt))));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => _outer.RunAsync(token => AskAsync(prompt), cancellationToken)));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { using var lease = await EnterAsync(); await AskAsync(prompt); }));")]
    [InlineData("var gate = new SemaphoreSlim(4);\nawait Task.WhenAll(prompts.Select(Local));\nasync Task Local(string prompt)\n{\n    await gate.WaitAsync();\n    try { await AskAsync(prompt); } finally { gate.Release(); }\n}")]
    public Task Silent_when_a_wrapper_on_the_way_is_limited(string body) => SilentAsync(Method(body));

    [Fact]
    public Task Silent_when_the_loop_acquires_before_it_adds() => SilentAsync(Method("""
        var gate = new SemaphoreSlim(4);
        var tasks = new List<Task>();
        foreach (var prompt in prompts)
        {
            await gate.WaitAsync();
            tasks.Add(AskAndReleaseAsync(prompt));
        }

        await Task.WhenAll(tasks);

        async Task AskAndReleaseAsync(string prompt)
        {
            try { await AskAsync(prompt); } finally { gate.Release(); }
        }
        """));

    [Theory]
    [InlineData("var tasks = new List<Task>();\nforeach (var prompt in prompts)\n{\n    tasks.Add(AskAsync(prompt));\n    if (tasks.Count == 5)\n    {\n        await Task.WhenAll(tasks);\n        tasks.Clear();\n    }\n}\nawait Task.WhenAll(tasks);")]
    [InlineData("var tasks = new List<Task>();\nforeach (var prompt in prompts)\n{\n    if (tasks.Count >= 5)\n        tasks.Remove(await Task.WhenAny(tasks));\n    tasks.Add(AskAsync(prompt));\n}\nawait Task.WhenAll(tasks);")]
    public Task Silent_when_the_loop_waits_for_its_batch(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("foreach (var batch in prompts.Chunk(8))\n    await Task.WhenAll(batch.Select(AskAsync));")]
    [InlineData("await Task.WhenAll(prompts.Skip(20).Take(10).Select(AskAsync));")]
    [InlineData("await Task.WhenAll(prompts.Take(workers).ToList().Select(AskAsync));")]
    [InlineData("var page = prompts.Take(10).ToList();\nawait Task.WhenAll(page.Select(AskAsync));")]
    [InlineData("await Task.WhenAll(Enumerable.Range(0, 4).Select(i => AskAsync($\"{i}\")));")]
    [InlineData("await Task.WhenAll(Enumerable.Range(0, Math.Min(workers, prompts.Count)).Select(i => AskAsync($\"{i}\")));")]
    [InlineData("await Task.WhenAll(Enumerable.Range(0, workers).Select(i => AskAsync($\"{i}\")));")]
    [InlineData("await Task.WhenAll(Fixed.Select(AskAsync));")]
    [InlineData("await Task.WhenAll(new[] { \"a\", \"b\" }.Select(AskAsync));")]
    [InlineData("string[] few = [\"a\", \"b\"];\nawait Task.WhenAll(few.Select(AskAsync));")]
    [InlineData("await Parallel.ForEachAsync(prompts.Chunk(5), async (batch, token) => await Task.WhenAll(batch.Select(AskAsync)));")]
    [InlineData("for (var i = 0; i < prompts.Count; i += 10)\n    await Batch(prompts.Skip(i).Take(10));\nasync Task Batch(IEnumerable<string> batch) => await Task.WhenAll(batch.Select(AskAsync));")]
    [InlineData("await Task.WhenAll(prompts.ToArray()[..8].Select(AskAsync));")]
    [InlineData("foreach (var batch in prompts.Batch(8))\n    await Task.WhenAll(batch.Select(AskAsync));")]
    [InlineData("var tasks = new Dictionary<string, Task<string>>();\nforeach (var prompt in prompts.Take(8))\n    tasks.Add(prompt, AskAsync(prompt));\nawait Task.WhenAll(tasks.Values);")]
    [InlineData("if (prompts.Count > 10)\n    throw new ArgumentException(\"Too many.\");\nawait Task.WhenAll(prompts.Select(AskAsync));")]
    [InlineData("var some = prompts.ToList();\nif (workers < some.Count)\n{\n    Console.WriteLine(\"Too many.\");\n    return;\n}\nawait Task.WhenAll(some.Select(AskAsync));")]
    [InlineData("ArgumentOutOfRangeException.ThrowIfGreaterThan(prompts.Count, 20);\nawait Task.WhenAll(prompts.Select(AskAsync));")]
    [InlineData("var tasks = new List<Task>();\nforeach (var prompt in prompts)\n{\n    if (tasks.Count >= workers)\n        break;\n    tasks.Add(AskAsync(prompt));\n}\nawait Task.WhenAll(tasks);")]
    public Task Silent_when_the_number_is_small_or_chosen(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("await Task.WhenAll(AskAsync(\"a\"), AskAsync(\"b\"), AskAsync(\"c\"));")]
    [InlineData("await Task.WhenAll(new[] { AskAsync(\"a\"), AskAsync(\"b\") });")]
    [InlineData("await Task.WhenAll([AskAsync(\"a\"), AskAsync(\"b\")]);")]
    [InlineData("var tasks = new List<Task>();\ntasks.Add(AskAsync(\"a\"));\ntasks.Add(AskAsync(\"b\"));\nawait Task.WhenAll(tasks);")]
    [InlineData("var (a, b) = (AskAsync(\"a\"), AskAsync(\"b\"));\nvar first = await Task.WhenAny(a, b);")]
    public Task Silent_on_fixed_tasks(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("var channel = Channel.CreateBounded<string>(10);\nawait Task.WhenAll(Enumerable.Range(0, prompts.Count).Select(_ => WorkAsync(channel.Reader)));")]
    [InlineData("var queue = new ConcurrentQueue<string>(prompts);\nawait Task.WhenAll(Enumerable.Range(0, prompts.Count).Select(_ => DrainAsync(queue)));")]
    [InlineData("var items = new BlockingCollection<string>();\nawait Task.WhenAll(Enumerable.Range(0, prompts.Count).Select(async _ => { foreach (var prompt in items.GetConsumingEnumerable()) await AskAsync(prompt); }));")]
    [InlineData("var items = prompts.GetEnumerator();\nawait Task.WhenAll(Enumerable.Range(0, prompts.Count).Select(async _ => { while (items.MoveNext()) await AskAsync(items.Current); }));")]
    [InlineData("var next = -1;\nawait Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => { int i; while ((i = Interlocked.Increment(ref next)) < prompts.Count) await AskAsync(prompts[i]); }));")]
    public Task Silent_on_workers_over_a_shared_queue(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("var tasks = prompts.Select(AskAsync);\nforeach (var task in tasks)\n    Console.WriteLine(await task);")]
    [InlineData("Func<string, Task<string>> ask = prompt => AskAsync(prompt);\nawait Task.WhenAll(prompts.Select(prompt => Task.CompletedTask));")]
    [InlineData("await Task.WhenAll(prompts.Select(prompt => File.WriteAllTextAsync(prompt, \"\")));")]
    [InlineData("await Task.WhenAll(prompts.Select(async prompt => { Func<Task> later = () => AskAsync(prompt); await Task.Yield(); }));")]
    public Task Silent_when_no_call_is_joined(string body) => SilentAsync(Method(body));

    [Theory]
    [InlineData("await Parallel.ForEachAsync(prompts, async (prompt, token) => await AskAsync(prompt));")]
    [InlineData("await Parallel.ForEachAsync(prompts, new ParallelOptions { MaxDegreeOfParallelism = 5 }, async (prompt, token) => await AskAsync(prompt));")]
    [InlineData("var options = new ParallelOptions { MaxDegreeOfParallelism = workers };\nawait Parallel.ForEachAsync(prompts, options, async (prompt, token) => await AskAsync(prompt));")]
    [InlineData("await Parallel.ForAsync(0, 4, async (i, token) => await AskAsync(prompts[i]));")]
    [InlineData("await Parallel.ForEachAsync(prompts, new ParallelOptions { MaxDegreeOfParallelism = -1 }, async (prompt, token) => await AskAsync(prompt));")]
    public Task Silent_on_parallel_loops_that_are_bounded(string body) => SilentAsync(Method(body));

    [Fact]
    public Task Silent_when_the_batch_is_a_parameter_of_a_private_method_whose_callers_pass_chunks() => SilentAsync("""
        using OpenAI.Chat;

        partial class Summaries(ChatClient client)
        {
            async Task All(List<string> prompts)
            {
                foreach (var batch in prompts.Chunk(10))
                    await BatchAsync(batch);
                await BatchAsync(prompts.Take(5));
            }
        }

        partial class Summaries
        {
            private Task BatchAsync(IEnumerable<string> batch) => Task.WhenAll(batch.Select(prompt => client.CompleteChatAsync(prompt)));
        }
        """);

    [Fact]
    public Task Reports_a_helper_that_takes_any_number_although_its_one_caller_passes_a_literal() => ReportsAsync("""
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            async Task All()
            {
                string[] prompts = ["a", "b"];
                await ManyAsync(prompts);
            }

            private Task ManyAsync(string[] prompts) => Task.[|WhenAll|](prompts.Select(prompt => client.CompleteChatAsync(prompt)));
        }
        """);

    [Fact]
    public Task Follows_an_interface_to_its_implementation_in_another_file() => ReportsAcrossFilesAsync(
        """
        class Summaries(ISummarizer summarizer)
        {
            Task All(List<string> texts) => Task.[|WhenAll|](texts.Select(text => summarizer.SummarizeAsync(text)));
        }
        """,
        "public interface ISummarizer { Task<string> SummarizeAsync(string text); }",
        """
        class Summarizer(IModel model) : ISummarizer
        {
            public async Task<string> SummarizeAsync(string text) => await model.AskAsync(text);
        }
        """,
        """
        using OpenAI.Chat;

        public interface IModel { Task<string> AskAsync(string prompt); }

        abstract class ModelBase : IModel { public abstract Task<string> AskAsync(string prompt); }

        class OpenAIModel(ChatClient client) : ModelBase
        {
            public override async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;
        }
        """);

    [Fact]
    public Task Silent_when_only_some_implementations_make_a_call_or_one_is_limited() => SilentAsync("""
        using OpenAI.Chat;

        interface IModel { Task<string> AskAsync(string prompt); }

        class OpenAIModel(ChatClient client) : IModel
        {
            public async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;
        }

        class Echo : IModel
        {
            public Task<string> AskAsync(string prompt) => Task.FromResult(prompt);
        }

        class Summaries(IModel model)
        {
            Task All(List<string> texts) => Task.WhenAll(texts.Select(model.AskAsync));
        }
        """);

    /// <summary>What only hands a call on is what it hands it to; one that limits it may be the one that is called.</summary>
    [Theory]
    [InlineData("[|WhenAll|]", "inner.AskAsync(prompt)")]
    [InlineData("WhenAll", "LimitedAsync(() => inner.AskAsync(prompt))")]
    [InlineData("WhenAll", "Task.FromResult(prompt)")]
    public Task Looks_past_a_decorator(string combinator, string decorated) => ReportsAsync($$"""
        using OpenAI.Chat;

        interface IModel { Task<string> AskAsync(string prompt); }

        class OpenAIModel(ChatClient client) : IModel
        {
            public async Task<string> AskAsync(string prompt) => (await client.CompleteChatAsync(prompt)).Value.Content[0].Text;
        }

        class Decorated(IModel inner, SemaphoreSlim gate) : IModel
        {
            public async Task<string> AskAsync(string prompt)
            {
                Console.WriteLine($"{prompt} {inner}");
                return await {{decorated}};
            }

            private async Task<T> LimitedAsync<T>(Func<Task<T>> call)
            {
                await gate.WaitAsync();
                try { return await call(); } finally { gate.Release(); }
            }
        }

        class Summaries(IModel model)
        {
            Task All(List<string> texts) => Task.{{combinator}}(texts.Select(model.AskAsync));
        }
        """);

    [Fact]
    public Task Survives_cycles_and_reports_behind_them() => ReportsAsync("""
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            Task All(List<string> texts) => Task.[|WhenAll|](texts.Select(PingAsync));

            async Task<string> PingAsync(string text) => text.Length > 9 ? await PongAsync(text[1..]) : text;

            async Task<string> PongAsync(string text)
            {
                await client.CompleteChatAsync(text);
                return await PingAsync(text);
            }
        }
        """);

    [Fact]
    public Task Silent_on_look_alikes_by_name() => SilentAsync("""
        using OpenAI.Chat;

        interface IChatClient { Task<string> GetResponseAsync(string text); }

        class Response { public Task CreateResponseAsync(string text) => Task.CompletedTask; }

        class Summaries(IChatClient client, Response response, ChatClient unused)
        {
            Task All(List<string> texts) => Task.WhenAll(texts.Select(client.GetResponseAsync));
            Task Other(List<string> texts) => Task.WhenAll(texts.Select(response.CreateResponseAsync));
        }
        """);

    [Fact]
    public Task Silent_inside_middleware_and_on_bounded_members_by_attribute() => SilentAsync("""
        using Microsoft.Extensions.AI;

        class Caching(IChatClient inner) : DelegatingChatClient(inner)
        {
            public Task<ChatResponse[]> ManyAsync(List<ChatMessage> messages) =>
                Task.WhenAll(messages.Select(message => InnerClient.GetResponseAsync([message])));
        }

        class LlmBoundedAttribute : Attribute;

        class Summaries(IChatClient client)
        {
            Task All(List<string> texts) => Task.WhenAll(texts.Select(text => RunAsync(() => client.GetResponseAsync(text))));

            Task Groups(List<string> texts) => Task.WhenAll(texts.Select(AskAsync));

            Task Calls(List<string> texts) => Task.WhenAll(texts.Select(async text => await AskAsync(text)));

            [LlmBounded]
            Task<T> RunAsync<T>(Func<Task<T>> call) => call();

            [LlmBounded]
            Task<ChatResponse> AskAsync(string text) => client.GetResponseAsync(text);
        }
        """);

    [Theory]
    [InlineData("Microsoft.Extensions.AI", "IChatClient", "client.GetResponseAsync(text)")]
    [InlineData("Microsoft.Extensions.AI", "IEmbeddingGenerator<string, Embedding<float>>", "client.GenerateAsync([text])")]
    [InlineData("Microsoft.SemanticKernel", "Kernel", "client.InvokePromptAsync(text)")]
    [InlineData("Microsoft.SemanticKernel.ChatCompletion", "IChatCompletionService", "client.GetChatMessageContentAsync(text)")]
    [InlineData("Microsoft.Agents.AI", "AIAgent", "client.RunAsync(text)")]
    public Task Knows_the_libraries(string @namespace, string type, string call) => ReportsAsync($$"""
        using {{@namespace}};

        class Summaries({{type}} client)
        {
            Task All(List<string> texts) => Task.[|WhenAll|](texts.Select(text => {{call}}));
        }
        """);

    [Fact]
    public Task Knows_what_the_user_declares_to_be_a_call() => ReportsAsync(
        """
        class Gateway { public Task<string> AskAsync(string text) => Task.FromResult(text); }

        class Summaries(Gateway gateway)
        {
            Task All(List<string> texts) => Task.[|WhenAll|](texts.Select(gateway.AskAsync));
        }
        """,
        ("async_llm.call_methods", "M:Gateway.AskAsync(System.String)"));

    [Fact]
    public Task Silent_on_what_the_user_declares_to_be_bounded() => SilentAsync(
        """
        using OpenAI.Chat;

        class Summaries(ChatClient client)
        {
            Task All(List<string> texts) => Task.WhenAll(texts.Select(text => AskAsync(text)));
            Task<string> AskAsync(string text) => Task.Run(() => client.CompleteChat(text).Value.Content[0].Text);
        }
        """,
        ("async_llm.bounded_methods", "M:Summaries.AskAsync(System.String)"));

    [Theory]
    [InlineData("async_llm.small_fan_out", "2000")]
    [InlineData("async_llm.excluded_symbols", "T:Summaries")]
    [InlineData("dotnet_diagnostic.ALLM1001.severity", "none")]
    [InlineData("dotnet_analyzer_diagnostic.category-Concurrency.severity", "none")]
    public Task Silent_when_configured(string key, string value) =>
        SilentAsync(Method("await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => AskAsync($\"{i}\")));"), (key, value));

    [Theory]
    [InlineData("new(\"model\", new ApiKeyCredential(\"key\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(new Limiting())) })", false)]
    [InlineData("Make()", false)]
    [InlineData("new(\"model\", new ApiKeyCredential(\"key\"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(new HttpClient(new Logging())) })", true)]
    [InlineData("new(\"model\", new ApiKeyCredential(\"key\"), new OpenAIClientOptions { RetryPolicy = new ClientRetryPolicy(3) })", true)]
    [InlineData("new(\"model\", new ApiKeyCredential(\"key\"), Options(new LimitingPolicy()))", false)]
    [InlineData("new(\"model\", new ApiKeyCredential(\"key\"), Options(new LoggingPolicy()))", true)]
    public Task Silent_when_the_client_is_visibly_made_with_a_handler_that_limits(string construction, bool reports)
    {
        var code = $$"""
            using System.ClientModel;
            using System.ClientModel.Primitives;
            using System.Net.Http;
            using OpenAI;
            using OpenAI.Chat;

            class Limiting : DelegatingHandler
            {
                private readonly SemaphoreSlim _gate = new(4);

                protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
                {
                    await _gate.WaitAsync(cancellationToken);
                    try { return await base.SendAsync(request, cancellationToken); } finally { _gate.Release(); }
                }
            }

            class Logging : DelegatingHandler
            {
                protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => base.SendAsync(request, cancellationToken);
            }

            class LimitingPolicy : PipelinePolicy
            {
                private readonly SemaphoreSlim _gate = new(4);

                public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => ProcessNext(message, pipeline, currentIndex);

                public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex)
                {
                    await _gate.WaitAsync(message.CancellationToken);
                    try { await ProcessNextAsync(message, pipeline, currentIndex); } finally { _gate.Release(); }
                }
            }

            class LoggingPolicy : PipelinePolicy
            {
                public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => ProcessNext(message, pipeline, currentIndex);
                public override ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) => ProcessNextAsync(message, pipeline, currentIndex);
            }

            class Summaries
            {
                private static readonly HttpClient Http = new(new Limiting());
                private readonly ChatClient _client = {{construction}};

                private static ChatClient Make() => new("model", new ApiKeyCredential("key"), new OpenAIClientOptions { Transport = new HttpClientPipelineTransport(Http) });

                private static OpenAIClientOptions Options(PipelinePolicy policy)
                {
                    var options = new OpenAIClientOptions();
                    options.AddPolicy(policy, PipelinePosition.PerCall);
                    return options;
                }

                Task All(List<string> prompts) => Task.{{(reports ? "[|WhenAll|]" : "WhenAll")}}(prompts.Select(prompt => _client.CompleteChatAsync(prompt)));
            }
            """;
        return reports ? ReportsAsync(code) : SilentAsync(code);
    }

    [Fact]
    public Task Silent_on_a_literal_of_any_length() => SilentAsync(Method(
        $"string[] many = [{string.Join(", ", Enumerable.Range(0, 100).Select(i => $"\"{i}\""))}];\nawait Task.WhenAll(many.Select(AskAsync));"));

    [Fact]
    public Task Silent_when_the_client_is_a_class_of_this_code() => SilentAsync(
        ClientCode.Own.Replace("Task Add() => local.GenerateAsync([text]);", "Task Add() => Task.WhenAll(text.Split(' ').Select(word => local.GenerateAsync([word])));", StringComparison.Ordinal));

    /// <summary>No provider counts its calls.</summary>
    [Theory]
    [InlineData("var service = await BertOnnxTextEmbeddingGenerationService.CreateAsync(); await Task.WhenAll(texts.Select(text => service.GenerateEmbeddingsAsync([text])));")]
    [InlineData("using IChatClient chat = new OnnxRuntimeGenAIChatClient(\"phi\"); await Task.WhenAll(texts.Select(text => chat.GetResponseAsync(text)));")]
    public Task Silent_when_the_model_runs_in_the_process(string statements) => SilentAsync(LocalModelCode.In(statements));

    [Fact]
    public Task Reports_in_top_level_statements() => ReportsAsync("""
        /* top-level */
        using OpenAI.Chat;

        var client = new ChatClient("model", "key");
        await Task.[|WhenAll|](args.Select(prompt => client.CompleteChatAsync(prompt)));
        """);
}
