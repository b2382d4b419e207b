using AsyncLlm.Tests.Support;
using Polly;
using Polly.Retry;
using static AsyncLlm.LlmFailureKind;

namespace AsyncLlm.Tests;

public sealed class PollyThrottleTests
{
    private readonly TestClock _clock = new();
    private readonly List<int> _retries = [];

    [Fact]
    public Task A_refusal_is_sent_again_without_a_retry() => Scenario.Run(async () =>
    {
        var attempts = 0;

        var call = Pipeline(new(Options(RateLimited))).ExecuteAsync(_ => ++attempts <= 3 ? throw new ModelException("429") : ValueTask.FromResult(attempts)).AsTask();
        while (!call.IsCompleted)
            _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(4, await call);
        Assert.Empty(_retries);
    });

    [Theory]
    [InlineData(Transient)]
    [InlineData(Overloaded)]
    [InlineData(TimedOut)]
    [InlineData(Permanent)]
    public Task Everything_else_is_the_pipelines_to_retry_and_each_retry_is_admitted(LlmFailureKind kind) => Scenario.Run(async () =>
    {
        var throttle = new LlmThrottle(Options(kind));
        var attempts = 0;

        var call = Pipeline(throttle).ExecuteAsync(_ => throw new ModelException($"{++attempts}")).AsTask();
        while (!call.IsCompleted)
            _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("3", (await Assert.ThrowsAsync<ModelException>(() => call)).Message);
        Assert.Equal([0, 1], _retries);
        Assert.Equal((3, 0, 3), (throttle.GetStatistics().Admitted, throttle.GetStatistics().Retries, throttle.GetStatistics().Failed));
    });

    [Fact]
    public Task The_wait_for_admission_is_no_time_of_the_attempt() => Scenario.Run(async () =>
    {
        var pipeline = Pipeline(new(new() { MaxConcurrency = 1, TimeProvider = _clock }), attemptTimeout: TimeSpan.FromSeconds(10));
        var release = new TaskCompletionSource();
        var first = pipeline.ExecuteAsync(async _ => await release.Task).AsTask();
        var second = pipeline.ExecuteAsync(_ => ValueTask.FromResult(2)).AsTask();

        _clock.Advance(TimeSpan.FromSeconds(9));
        release.SetResult();
        await first;

        Assert.Equal(2, await second);
        Assert.Empty(_retries);
    });

    [Fact]
    public Task The_throttles_own_timeouts_are_off() => Scenario.Run(async () =>
    {
        var throttle = new LlmThrottle(new() { AttemptTimeout = TimeSpan.FromSeconds(1), TotalTimeout = TimeSpan.FromSeconds(1), TimeProvider = _clock });
        var answer = new TaskCompletionSource<int>();

        var call = Pipeline(throttle).ExecuteAsync(async _ => await answer.Task).AsTask();
        _clock.Advance(TimeSpan.FromHours(1));
        answer.SetResult(7);

        Assert.Equal(7, await call);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task The_token_of_the_context_ends_a_call(bool whileItWaits) => Scenario.Run(async () =>
    {
        var throttle = new LlmThrottle(new() { MaxConcurrency = 1, TimeProvider = _clock });
        var pipeline = new ResiliencePipelineBuilder().AddLlmThrottle(throttle).Build();
        using var cancellation = new CancellationTokenSource();
        var other = new TaskCompletionSource();
        var others = whileItWaits ? throttle.ExecuteAsync(_ => other.Task) : Task.CompletedTask;

        var call = pipeline.ExecuteAsync(async token => await Task.Delay(Timeout.InfiniteTimeSpan, _clock, token), cancellation.Token).AsTask();
        Assert.Equal((1, whileItWaits ? 1 : 0), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
        await cancellation.CancelAsync();

        await Scenario.AssertCancelledBy(cancellation.Token, call);
        other.SetResult();
        await others;
        Assert.Equal((0, 0), (throttle.GetStatistics().InFlight, throttle.GetStatistics().Queued));
    });

    [Fact]
    public async Task A_synchronous_call_does_not_wait_for_the_context_it_blocks()
    {
        var pipeline = new ResiliencePipelineBuilder<int>().AddLlmThrottle(new(new() { Classify = _ => new(RateLimited, TimeSpan.FromMilliseconds(20)) })).Build();
        var (context, attempts, result) = (new Pump(), 0, new TaskCompletionSource<int>());

        new Thread(() => context.Invoke<object?>(() =>
        {
            result.SetResult(pipeline.Execute(() => ++attempts == 1 ? throw new ModelException("429") : attempts));
            return null;
        })).Start();

        Assert.Equal(2, await result.Task.WaitAsync(Scenario.Hung));
        Assert.Equal(0, context.Posts);
    }

    [Fact]
    public Task The_callback_runs_in_the_callers_context_where_the_pipeline_was_told_to() => Scenario.Run(async () =>
    {
        var pipeline = new ResiliencePipelineBuilder().AddLlmThrottle(new(new() { MaxConcurrency = 1 })).Build();
        var (context, seen) = (new Pump(), new List<SynchronizationContext?>());
        var resilience = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true);

        await context.Invoke(() => pipeline.ExecuteAsync(_ =>
        {
            seen.Add(SynchronizationContext.Current);
            return default;
        }, resilience).AsTask());

        Assert.Equal([context], seen);
    });

    [Fact]
    public void The_builder_is_returned_as_what_it_is()
    {
        var builder = new ResiliencePipelineBuilder<string>();

        ResiliencePipelineBuilder<string> returned = builder.AddLlmThrottle(new());

        Assert.Same(builder, returned);
        Scenario.ThrowsAtOnce<ArgumentNullException>("builder", () => ((ResiliencePipelineBuilder)null!).AddLlmThrottle(new()));
        Scenario.ThrowsAtOnce<ArgumentNullException>("throttle", () => builder.AddLlmThrottle(null!));
    }

    private LlmThrottleOptions Options(LlmFailureKind kind) => new() { Classify = _ => new(kind), TimeProvider = _clock };

    /// <summary>In the recommended order.</summary>
    private ResiliencePipeline Pipeline(LlmThrottle throttle, TimeSpan? attemptTimeout = null)
    {
        var builder = new ResiliencePipelineBuilder { TimeProvider = _clock }
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 2,
                Delay = TimeSpan.Zero,
                OnRetry = retry =>
                {
                    _retries.Add(retry.AttemptNumber);
                    return default;
                },
            })
            .AddLlmThrottle(throttle);
        return (attemptTimeout is { } timeout ? builder.AddTimeout(timeout) : builder).Build();
    }
}
