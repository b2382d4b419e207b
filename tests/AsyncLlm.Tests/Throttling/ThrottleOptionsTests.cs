using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class ThrottleOptionsTests : ThrottleTests
{
    public static TheoryData<string, LlmThrottleOptions> Bad => new()
    {
        { nameof(LlmThrottleOptions.MaxConcurrency), new() { MaxConcurrency = 0 } },
        { nameof(LlmThrottleOptions.RequestsPerMinute), new() { RequestsPerMinute = 0 } },
        { nameof(LlmThrottleOptions.RequestsPerMinute), new() { RequestsPerMinute = -1 } },
        { nameof(LlmThrottleOptions.RequestsPerMinute), new() { RequestsPerMinute = double.NaN } },
        { nameof(LlmThrottleOptions.RequestsPerMinute), new() { RequestsPerMinute = double.PositiveInfinity } },
        { nameof(LlmThrottleOptions.TokensPerMinute), new() { TokensPerMinute = 0 } },
        { nameof(LlmThrottleOptions.TokensPerMinute), new() { TokensPerMinute = double.NaN } },
        { nameof(LlmThrottleOptions.MaxRetries), new() { MaxRetries = -1 } },
        { nameof(LlmThrottleOptions.MaxTimeoutRetries), new() { MaxTimeoutRetries = -1 } },
        { nameof(LlmThrottleOptions.RetryBudget), new() { RetryBudget = -0.1 } },
        { nameof(LlmThrottleOptions.RetryBudget), new() { RetryBudget = double.NaN } },
        { nameof(LlmThrottleOptions.RetryBudget), new() { RetryBudget = double.PositiveInfinity } },
        { nameof(LlmThrottleOptions.AttemptTimeout), new() { AttemptTimeout = TimeSpan.Zero } },
        { nameof(LlmThrottleOptions.TotalTimeout), new() { TotalTimeout = TimeSpan.FromSeconds(-1) } },
        { nameof(LlmThrottleOptions.QueueTimeout), new() { QueueTimeout = TimeSpan.Zero } },
        { nameof(LlmThrottleOptions.MaxRetryAfter), new() { MaxRetryAfter = TimeSpan.FromDays(50) } },
        { nameof(LlmThrottleOptions.TimeProvider), new() { TimeProvider = null! } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_value_is_named(string property, LlmThrottleOptions options)
    {
        var exception = ThrowsAtOnce<ArgumentOutOfRangeException>(() => new LlmThrottle(options));

        Assert.Equal("options", exception.ParamName);
        Assert.StartsWith(property, exception.Message);
    }

    [Fact]
    public Task Options_are_copied() => Run(async () =>
    {
        var options = new LlmThrottleOptions { MaxConcurrency = 1 };
        Use(options);
        (options.MaxConcurrency, options.AttemptTimeout) = (10, TimeSpan.FromSeconds(1));
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(1);
        Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal((1, 1), (Now.InFlight, Now.Queued));
        Model[0].Answer();
        (await RequestAsync(2)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public void Arguments_are_checked_at_the_call()
    {
        var throttle = new LlmThrottle();

        ThrowsAtOnce<ArgumentNullException>("call", () => throttle.ExecuteAsync<int>(null!));
        ThrowsAtOnce<ArgumentNullException>("call", () => throttle.ExecuteAsync((Func<CancellationToken, Task>)null!));
        ThrowsAtOnce<ArgumentNullException>("call", () => throttle.ExecuteAsync<int>(null!, default(LlmCost)));
        ThrowsAtOnce<ArgumentNullException>("open", () => throttle.StreamAsync((Func<CancellationToken, IAsyncEnumerable<int>>)null!));
        ThrowsAtOnce<ArgumentNullException>("open", () => throttle.StreamAsync<IAsyncEnumerable<int>, int>(null!));
        ThrowsAtOnce<ArgumentOutOfRangeException>("estimate", () => throttle.ExecuteAsync(_ => Task.FromResult(0), new LlmCost(-1)));
        ThrowsAtOnce<ArgumentOutOfRangeException>("estimate", () => throttle.ExecuteAsync(_ => Task.FromResult(0), new LlmCost(1, -1)));
        ThrowsAtOnce<ArgumentOutOfRangeException>("estimate", () => throttle.ExecuteAsync(_ => Task.FromResult(0), new LlmCost(int.MaxValue, 1)));
    }
}
