using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class NestedCallTests : ThrottleTests
{
    [Fact]
    public Task A_call_inside_a_call_takes_over_its_slot() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var call = Throttle.ExecuteAsync(token => Ask(0, token));
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
        Assert.Equal((1, 0), (Now.Admitted, Now.InFlight));
    });

    [Fact]
    public Task A_call_inside_a_probe_is_the_probe() => Run(async () =>
    {
        Use(new());
        using var caller = new CancellationTokenSource();
        var first = Ask(0, caller.Token);
        (await RequestAsync(1)).Fail(Failures.Overloaded());
        caller.Cancel();
        await AssertCancelledBy(caller.Token, first);
        var probe = Throttle.ExecuteAsync(token => Ask(1, token));
        (await RequestAsync(2)).Answer();
        await probe;
        var next = Ask(2);
        (await RequestAsync(3)).Answer();

        Assert.Equal("answer 2", await next);
        Assert.Equal(TimeSpan.Zero, Now.PausedFor);
    });

    [Fact]
    public Task A_call_inside_a_call_takes_over_its_lease() => Run(async () =>
    {
        var leases = new List<FakeLease>();
        Use(new() { RateLimiter = FakeLimiter.Giving(leases) });
        var inside = new TaskCompletionSource();
        var call = Throttle.ExecuteAsync(async token =>
        {
            var answer = await Ask(0, token);
            await inside.Task;
            return answer;
        });
        var request = await RequestAsync(1);
        Assert.Equal(0, leases.Single().Disposals);
        request.Answer();
        Assert.Equal(1, leases.Single().Disposals);
        inside.SetResult();

        Assert.Equal("answer 0", await call);
        Assert.Equal(1, leases.Single().Disposals);
    });

    [Fact]
    public Task A_call_inside_a_call_reserves_its_own_estimate_and_gives_the_rest_back() => Run(async () =>
    {
        Use(new() { TokensPerMinute = 600 });
        var outer = Throttle.ExecuteAsync(token => Throttle.ExecuteAsync(inner => Model.AskAsync(0, inner), new LlmCost(10), cancellationToken: token), new LlmCost(600));
        await RequestAsync(1);
        var takenOver = Clock.GetUtcNow();
        var next = Throttle.ExecuteAsync(token => Model.AskAsync(1, token), new LlmCost(590));
        (await RequestAsync(2)).Answer();
        Assert.InRange((Clock.GetUtcNow() - takenOver).TotalSeconds, 0, 10);
        Model[0].Answer();

        Assert.Equal(["answer 0", "answer 1"], await Task.WhenAll(outer, next));
    });

    [Fact]
    public Task Deep_nesting_does_not_deadlock() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var call = DeepAsync(100, default);
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
        Assert.Equal((1, 0), (Now.Admitted, Now.InFlight));

        Task<string> DeepAsync(int depth, CancellationToken cancellationToken) =>
            depth == 0 ? Ask(0, cancellationToken) : Throttle.ExecuteAsync(token => DeepAsync(depth - 1, token), cancellationToken);
    });

    [Fact]
    public Task Nesting_through_another_throttle_does_not_deadlock() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var other = new LlmThrottle(new() { TimeProvider = Clock });
        var call = Throttle.ExecuteAsync(outer => other.ExecuteAsync(inner => Ask(0, inner), outer));
        (await RequestAsync(1)).Answer();

        Assert.Equal("answer 0", await call);
        Assert.Equal((1, 1), (Now.Admitted, other.GetStatistics().Admitted));
    });

    [Fact]
    public Task Later_calls_inside_a_call_queue_like_any_other() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var call = Throttle.ExecuteAsync(async token => await Ask(0, token) + ", " + await Ask(1, token));
        var other = Ask(2);
        (await RequestAsync(1)).Answer();
        (await RequestAsync(2)).Answer();
        (await RequestAsync(3)).Answer();

        Assert.Equal("answer 0, answer 1", await call);
        Assert.Equal("answer 2", await other);
        Assert.Equal([0, 2, 1], Model.Started);
    });

    [Fact]
    public Task Of_several_calls_at_once_inside_a_call_one_takes_over() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 2 });
        var call = Throttle.ExecuteAsync(async token => await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Ask(i, token))));
        for (var number = 1; number <= 10; number++)
        {
            Assert.True(Now.InFlight <= 2);
            (await RequestAsync(number)).Answer();
        }

        Assert.Equal(10, (await call).Length);
        Assert.True(Model.Peak <= 2);
    });

    [Fact]
    public Task The_inner_call_repeats_and_the_outer_does_not() => Run(async () =>
    {
        Use(new() { MaxRetries = 1, RetryBudget = 1 });
        var outerRuns = 0;
        var call = Throttle.ExecuteAsync(token =>
        {
            outerRuns++;
            return Ask(0, token);
        });
        (await RequestAsync(1)).Fail(Failures.Transient());
        var last = Failures.Transient();
        (await RequestAsync(2)).Fail(last);

        Assert.Same(last, await FailureOf(call));
        Assert.Equal((1, 2), (outerRuns, Model.Calls.Count));
    });

    [Fact]
    public Task Work_that_lives_on_after_its_call_is_throttled() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 4 });
        var started = new TaskCompletionSource();
        Task<string[]>? left = null;
        await Throttle.ExecuteAsync(_ =>
        {
            left = LaterAsync();
            return Task.CompletedTask;
        });
        started.SetResult();
        await UntilAdmittedAsync(5);
        Assert.Equal((4, 96), (Now.InFlight, Now.Queued));
        await Model.StartedAsync(4);
        for (var number = 1; number <= 100; number++)
        {
            await UntilAdmittedAsync(1 + number);
            await Model.StartedAsync(number);
            Model.Calls[number - 1].Answer();
        }
        await left!;
        Assert.Equal(4, Model.Peak);

        async Task<string[]> LaterAsync()
        {
            await started.Task;
            return await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Ask(i)));
        }
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Work_that_starts_the_next_and_does_not_wait_for_it_leaves_nothing_behind(bool fromInsideItsCall) => Run(async () =>
    {
        Use(new());
        var starts = Enumerable.Range(0, 20).Select(_ => new TaskCompletionSource()).ToArray();
        var attempts = new List<WeakReference>();
        var calls = new List<Task>();
        calls.Add(CallAsync(0));
        for (var i = 0; i < starts.Length; i++)
        {
            await UntilAdmittedAsync(fromInsideItsCall ? 1 : 1 + i);
            if (!fromInsideItsCall)
                await calls[i];
            if (i == starts.Length - 1)
                break;
            starts[i].SetResult();
            if (fromInsideItsCall)
                await calls[i];
        }

        // The last one, whose work still waits, and the one it was started in.
        Assert.InRange(await AliveAsync(attempts, atMost: 2), 1, 2);
        starts[^1].SetResult();
        await calls[^1];

        Task CallAsync(int number) => Throttle.ExecuteAsync(token =>
        {
            var attempt = new object();
            token.UnsafeRegister(static _ => { }, attempt);
            attempts.Add(new(attempt));
            var work = WorkAsync(number);
            return fromInsideItsCall ? work : Task.CompletedTask;
        });

        async Task WorkAsync(int number)
        {
            await starts[number].Task;
            if (number < starts.Length - 1)
                calls.Add(CallAsync(number + 1));
        }
    });

    [Fact]
    public Task A_different_throttle_inside_is_independent() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var other = new LlmThrottle(new() { TimeProvider = Clock });
        var call = other.ExecuteAsync(token => Ask(0, token));
        await RequestAsync(1);
        Assert.Equal((1, 1), (Now.InFlight, other.GetStatistics().InFlight));
        Model[0].Answer();
        await call;

        Assert.Equal((0, 0), (Now.InFlight, other.GetStatistics().InFlight));
    });

    [Fact]
    public Task The_outer_calls_total_timeout_still_ends_both() => Run(async () =>
    {
        Use(new() { TotalTimeout = TimeSpan.FromMinutes(5), AttemptTimeout = Timeout.InfiniteTimeSpan });
        var call = Throttle.ExecuteAsync(async token =>
        {
            await Ask(0, token);
            return await Ask(1, token);
        });
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromMinutes(4));
        Model[0].Answer();
        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromMinutes(1));

        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal((0, 0), (Now.InFlight, Now.Queued));
    });

    [Fact]
    public Task A_stream_inside_a_call_takes_over_its_slot() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var stream = new FakeStream();
        var call = Throttle.ExecuteAsync(async token =>
        {
            await foreach (var _ in Throttle.StreamAsync(_ => stream, token))
                break;
            return Now.InFlight;
        });
        await UntilAdmittedAsync(1);
        stream.Give();

        Assert.Equal(0, await call);
    });

    [Fact]
    public Task A_call_inside_a_stream_takes_over_its_slot_whenever_it_is_made() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var read = ReadAsync();
        (await RequestAsync(1)).Answer();

        Assert.Equal(["first", "answer 0"], await read);
        Assert.Equal((0, 1), (Now.InFlight, Now.Admitted));

        async Task<List<string>> ReadAsync()
        {
            var parts = new List<string>();
            await foreach (var part in Throttle.StreamAsync(PartsAsync))
                parts.Add(part);
            return parts;
        }

        async IAsyncEnumerable<string> PartsAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token = default)
        {
            yield return "first";
            yield return await Ask(0, token);
        }
    });
}
