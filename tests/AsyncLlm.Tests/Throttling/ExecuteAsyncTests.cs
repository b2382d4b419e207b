using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class ExecuteAsyncTests : ThrottleTests
{
    private static readonly AsyncLocal<string?> Local = new();

    [Fact]
    public Task Delegates_run_on_the_pool_where_there_is_no_context() => Run(async () =>
    {
        Use(new());
        var (onPool, context) = (false, new SynchronizationContext());
        var thread = new Thread(() => Throttle.ExecuteAsync(_ =>
        {
            (onPool, context) = (Thread.CurrentThread.IsThreadPoolThread, SynchronizationContext.Current);
            return Task.CompletedTask;
        }).GetAwaiter().GetResult());
        thread.Start();
        await Task.Run(thread.Join);

        Assert.True(onPool);
        Assert.Null(context);
    });

    [Fact]
    public Task Every_attempt_runs_on_the_callers_context() => Run(async () =>
    {
        Use(new());
        var pump = new Pump();
        var contexts = new List<SynchronizationContext?>();
        var call = pump.Invoke(() => Throttle.ExecuteAsync(token =>
        {
            contexts.Add(SynchronizationContext.Current);
            return Model.AskAsync(0, token);
        }));
        Model[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(1)));
        await UntilAdmittedAsync(2);
        while (Model.Calls.Count < 2)
            pump.RunAll();
        Model.Calls[1].Answer();
        await call;

        Assert.Equal([pump, pump], contexts);
    });

    [Fact]
    public Task A_context_that_is_gone_ends_the_call_and_frees_its_slot() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 1 });
        var first = Ask(0);
        var call = new Gone().Invoke(() => Ask(1));
        (await RequestAsync(1)).Answer();
        await first;
        await UntilAdmittedAsync(2);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => call);
        Assert.Equal(0, Now.InFlight);
    });

    [Fact]
    public Task Every_attempt_sees_the_callers_async_locals_and_leaves_none_behind() => Run(async () =>
    {
        Use(new());
        Local.Value = "caller";
        var seen = new List<string?>();
        var call = Throttle.ExecuteAsync(token =>
        {
            seen.Add(Local.Value);
            Local.Value = "attempt";
            return Model.AskAsync(0, token);
        });
        Assert.Equal("caller", Local.Value);
        await Task.Run(() => Model[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(1))));
        (await RequestAsync(2)).Answer();
        await call;

        Assert.Equal(["caller", "caller"], seen);
    });

    [Fact]
    public Task Each_attempt_has_a_token_of_its_own() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(10) });
        var call = Ask(0);
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(10));
        var second = await RequestAsync(2);
        second.Answer();
        await call;

        Assert.True(Model.Calls[0].Token.IsCancellationRequested);
        Assert.False(second.Token.IsCancellationRequested);
    });

    [Fact]
    public Task A_call_without_result_works_like_one_with() => Run(async () =>
    {
        Use(new());
        var call = Throttle.ExecuteAsync((Func<CancellationToken, Task>)(token => Model.AskAsync(0, token)));
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(1)));
        (await RequestAsync(2)).Answer();

        await call;
        Assert.Equal(1, Now.Succeeded);
    });

    [Fact]
    public Task No_more_than_MaxConcurrency_run_at_once() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 3 });
        var calls = Enumerable.Range(0, 20).Select(i => Ask(i)).ToArray();
        await RequestAsync(3);
        Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((3, 17), (Now.InFlight, Now.Queued));
        for (var number = 1; number <= 20; number++)
            (await RequestAsync(number)).Answer();
        await Task.WhenAll(calls);

        Assert.Equal(3, Model.Peak);
        Assert.Equal(Enumerable.Range(0, 20), Model.Started.Order());
    });

    [Fact]
    public Task Statistics_count_what_happened() => Run(async () =>
    {
        Use(new() { MaxConcurrency = 2, RequestsPerMinute = 6000 });
        using var caller = new CancellationTokenSource();
        var calls = new[] { Ask(0), Ask(1), Ask(2), Ask(3, caller.Token) };
        await RequestAsync(2);
        Assert.Equal((2, 2, 2L), (Now.InFlight, Now.Queued, Now.Admitted));
        caller.Cancel();
        Model[0].Answer();
        Model[1].Fail(Failures.Permanent());
        (await RequestAsync(3)).Fail(Failures.Transient());
        (await RequestAsync(4)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(2)));
        Assert.Equal(TimeSpan.FromSeconds(2), Now.PausedFor);
        (await RequestAsync(5)).Answer();
        await Task.WhenAll(calls).ContinueWith(_ => { });

        Assert.Equal((0, 0, 5L, 2L, 2L, 1L, 1L), (Now.InFlight, Now.Queued, Now.Admitted, Now.Succeeded, Now.Failed, Now.RateLimited, Now.Retries));
        Assert.Equal(TimeSpan.Zero, Now.PausedFor);
        Assert.InRange(Now.RequestsPerMinute!.Value, 0, 6000);
    });

    [Fact]
    public void A_throttle_that_knows_no_limit_says_so()
    {
        Use(new());

        Assert.Equal(new LlmThrottleStatistics(), Now);
    }

    [Fact]
    public Task Tokens_are_reserved_by_the_estimate_and_settled_by_what_was_used() => Run(async () =>
    {
        // A minute's worth to start with, ten more a second.
        Use(new() { TokensPerMinute = 600 });
        var first = Throttle.ExecuteAsync(token => Model.AskAsync(0, token), new LlmCost(500, 100), _ => 100);
        await RequestAsync(1);
        var second = Throttle.ExecuteAsync(token => Model.AskAsync(1, token), new LlmCost(400));
        Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, Now.Admitted);
        Model[0].Answer();
        Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Now.Admitted);

        (await RequestAsync(2)).Answer();
        await Task.WhenAll(first, second);
        Assert.Equal(600, Now.TokensPerMinute!.Value, 1e-6);
    });

    [Fact]
    public Task A_failed_call_gives_its_tokens_back() => Run(async () =>
    {
        Use(new() { TokensPerMinute = 600 });
        using var caller = new CancellationTokenSource();
        var failing = Throttle.ExecuteAsync(token => Model.AskAsync(0, token), new LlmCost(600));
        (await RequestAsync(1)).Fail(Failures.Permanent());
        await FailureOf(failing);
        var failed = Clock.GetUtcNow();
        var cancelled = Throttle.ExecuteAsync(token => Model.AskAsync(1, token), new LlmCost(600), cancellationToken: caller.Token);
        await RequestAsync(2);
        Assert.InRange((Clock.GetUtcNow() - failed).TotalSeconds, 0, 5);
        caller.Cancel();
        await AssertCancelledBy(caller.Token, cancelled);
        var call = Throttle.ExecuteAsync(token => Model.AskAsync(2, token), new LlmCost(600));
        Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(3, Now.Admitted);
        (await RequestAsync(3)).Answer();
        await call;
    });

    [Fact]
    public Task What_actualTokens_throws_ends_the_call() => Run(async () =>
    {
        Use(new());
        var thrown = new ModelException("no usage");
        var call = Throttle.ExecuteAsync(token => Model.AskAsync(0, token), new LlmCost(1), _ => throw thrown);
        (await RequestAsync(1)).Answer();

        Assert.Same(thrown, await FailureOf(call));
        Assert.Equal((0, 1, 0), (Now.InFlight, Now.Failed, Now.Succeeded));
    });

    [Fact]
    public Task A_report_from_outside_a_call_sets_the_pace() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        (await RequestAsync(1)).Answer();
        await call;
        Throttle.Report(new() { RequestLimit = 100, RequestsRemaining = 50, RequestsReset = TimeSpan.FromSeconds(30) });

        Assert.InRange(Now.RequestsPerMinute ?? double.NaN, 50, 200);
    });

    [Fact]
    public Task A_report_inside_a_call_says_how_long_its_refusal_lasts() => Run(async () =>
    {
        Use(new());
        var call = Throttle.ExecuteAsync(async token =>
        {
            await Task.Yield();
            Throttle.Report(new() { RetryAfter = TimeSpan.FromSeconds(9) });
            return await Model.AskAsync(0, token);
        });
        (await RequestAsync(1)).Fail(Failures.RateLimited());

        Assert.Equal(TimeSpan.FromSeconds(9), Now.PausedFor);
        (await RequestAsync(2)).Answer();
        await call;
    });

    private sealed class Gone : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) => throw new ObjectDisposedException("form");

        public T Invoke<T>(Func<T> function)
        {
            SetSynchronizationContext(this);
            try
            {
                return function();
            }
            finally
            {
                SetSynchronizationContext(null);
            }
        }
    }
}
