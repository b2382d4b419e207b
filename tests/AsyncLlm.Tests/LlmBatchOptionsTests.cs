using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests;

public sealed class LlmBatchOptionsTests
{
    private static readonly TimeSpan LongestTimer = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    public static TheoryData<string, LlmBatchOptions> Bad => new()
    {
        { nameof(LlmBatchOptions.MaxConcurrency), new() { MaxConcurrency = 0 } },
        { nameof(LlmBatchOptions.MaxConcurrency), new() { MaxConcurrency = -1 } },
        { nameof(LlmBatchOptions.CallTimeout), new() { CallTimeout = TimeSpan.Zero } },
        { nameof(LlmBatchOptions.CallTimeout), new() { CallTimeout = TimeSpan.FromTicks(-1) } },
        { nameof(LlmBatchOptions.CallTimeout), new() { CallTimeout = LongestTimer + TimeSpan.FromTicks(1) } },
        { nameof(LlmBatchOptions.Deadline), new() { Deadline = TimeSpan.Zero } },
        { nameof(LlmBatchOptions.Deadline), new() { Deadline = TimeSpan.FromSeconds(-1) } },
        { nameof(LlmBatchOptions.Deadline), new() { Deadline = TimeSpan.MaxValue } },
        { nameof(LlmBatchOptions.StopWhen), new() { StopWhen = (LlmStopWhen)3 } },
        { nameof(LlmBatchOptions.StopWhen), new() { StopWhen = (LlmStopWhen)(-1) } },
        { nameof(LlmBatchOptions.TimeProvider), new() { TimeProvider = null! } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_value_is_named_at_the_call(string property, LlmBatchOptions options)
    {
        Func<object>[] calls =
        [
            () => LlmTask.WhenAll([0], NeverAsync, options),
            () => LlmTask.WhenAllSettled([0], NeverAsync, options),
            () => LlmTask.WhenEach([0], NeverAsync, options),
        ];

        Assert.All(calls, call =>
        {
            var exception = ThrowsAtOnce<ArgumentOutOfRangeException>(call);
            Assert.Equal("options", exception.ParamName);
            Assert.Contains(property, exception.Message);
        });
    }

    [Fact]
    public Task The_longest_timer_and_no_timer_at_all_are_good_values() => Run(async () =>
    {
        LlmBatchOptions[] good =
        [
            new() { CallTimeout = LongestTimer, Deadline = LongestTimer },
            new() { CallTimeout = Timeout.InfiniteTimeSpan, Deadline = Timeout.InfiniteTimeSpan },
            new() { CallTimeout = TimeSpan.FromTicks(1), MaxConcurrency = int.MaxValue, TimeProvider = new TestClock() },
        ];
        foreach (var options in good)
        {
            var results = await LlmTask.WhenAll([7], (item, _) => Task.FromResult(item), options);
            Assert.Equal([7], results);
            await foreach (var outcome in LlmTask.WhenEach([7], (item, _) => Task.FromResult(item), options))
                Assert.Equal(7, outcome.GetResult());
        }
    });

    private static Task<int> NeverAsync(int item, CancellationToken cancellationToken) => throw new ModelException("The call was started.");
}
