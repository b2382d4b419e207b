using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

/// <summary>What the answers report of the quota, and when calls are admitted after that.</summary>
public sealed class HeaderPacingTests : ThrottleTests
{
    [Theory]
    [InlineData(10, 10, 1)]
    [InlineData(300, 60, 0.2)]
    [InlineData(6, 60, 10)]
    public Task A_quota_that_is_used_up_admits_the_next_call_when_it_has_refilled_by_one(int limit, int reset, double seconds) => Run(async () =>
    {
        Use(new());
        await ReportingAsync(Requests(limit, remaining: 0, TimeSpan.FromSeconds(reset)));

        var waited = await AdmittedAfterAsync(Ask(1));

        // Reports count whole requests: up to one was left. What finds out which kind it is comes later by as much as networks differ.
        Assert.InRange(waited.TotalSeconds, 0.5 * seconds - 0.011, 1.2 * seconds + 0.161);
    });

    [Fact]
    public Task What_is_left_is_not_held_back() => Run(async () =>
    {
        Use(new());
        await ReportingAsync(Requests(1000, remaining: 999, TimeSpan.FromMilliseconds(60)));

        var calls = Enumerable.Range(0, 20).Select(prompt => Ask(prompt)).ToList();
        var waited = await AdmittedAfterAsync(calls[^1]);

        Assert.InRange(waited.TotalSeconds, 0, 5);
        Assert.Equal(20, Now.InFlight);
    });

    [Fact]
    public Task A_refusal_that_a_report_explains_is_not_followed_by_another() => Run(async () =>
    {
        Use(new());
        var used = Requests(60, remaining: 0, TimeSpan.FromSeconds(60));
        var attempts = 0;
        var call = Throttle.ExecuteAsync(async _ =>
        {
            await Task.Yield();
            Throttle.Report(used);
            return ++attempts == 1 ? throw Failures.RateLimited(TimeSpan.FromSeconds(1)) : attempts;
        });

        await UntilAdmittedAsync(2);

        Assert.Equal(2, await call);
        Assert.Equal(1, Now.RateLimited);
    });

    [Fact]
    public Task Refusals_that_come_at_once_are_explained_by_their_own_reports() => Run(async () =>
    {
        const int Calls = 12;
        Use(new());
        await ReportingAsync(Requests(100, remaining: 99, TimeSpan.FromMilliseconds(200)));
        var (begun, answer, failed) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var (begunCalls, reports) = (0, 0);
        var calls = Enumerable.Range(0, Calls).Select(number => Throttle.ExecuteAsync(async token =>
        {
            if (answer.Task.IsCompleted)
                return await Model.AskAsync(number, token);
            if (Interlocked.Increment(ref begunCalls) == Calls)
                begun.SetResult();
            await answer.Task;
            Throttle.Report(Requests(100, remaining: number == 0 ? 3 : 0, TimeSpan.FromSeconds(number == 0 ? 19.4 : 20)));
            if (Interlocked.Increment(ref reports) == Calls)
                failed.SetResult();
            await failed.Task;
            // One of them was the last that was accepted.
            return number == 0 ? "" : throw Failures.RateLimited(TimeSpan.FromMilliseconds(200));
        })).ToList();
        await UntilAdmittedAsync(1 + Calls, () => Volatile.Read(ref begunCalls));
        await begun.Task;
        answer.SetResult();
        await calls[0];
        while (Now.Queued < Calls - 1)
            await Task.Yield();

        var waited = await AdmittedAfterAsync(calls[^1]);

        // 5 a second, as the reports say, and a third is kept back: others have taken 96 in the meantime.
        Assert.InRange(waited.TotalSeconds, 1.8, 12);
    });

    [Fact]
    public Task An_estimate_waits_for_its_tokens_and_a_call_without_one_does_not() => Run(async () =>
    {
        Use(new());
        // 100 a second.
        await ReportingAsync(new() { TokenLimit = 6000, TokensRemaining = 0, TokensReset = TimeSpan.FromSeconds(60) });

        var without = await AdmittedAfterAsync(Ask(1));
        var with = await AdmittedAfterAsync(Throttle.ExecuteAsync(token => Model.AskAsync(2, token), new LlmCost(500, 500)));

        Assert.InRange(without.TotalSeconds, 0, 1);
        Assert.InRange(with.TotalSeconds, 8, 12);
    });

    [Fact]
    public Task A_report_of_another_callers_answer_counts_too() => Run(async () =>
    {
        Use(new());
        Throttle.Report(Requests(10, remaining: 0, TimeSpan.FromSeconds(10)));

        var waited = await AdmittedAfterAsync(Ask(1));

        Assert.InRange(waited.TotalSeconds, 0.5, 1.22);
    });

    [Fact]
    public Task A_report_that_comes_after_thousands_of_calls_without_one_still_counts() => Run(async () =>
    {
        Use(new());
        for (var number = 0; number < 3000; number++)
        {
            var call = Throttle.ExecuteAsync(_ => Task.FromResult(1));
            await UntilAdmittedAsync(number + 1);
            await call;
        }
        await ReportingAsync(Requests(10, remaining: 0, TimeSpan.FromSeconds(10)));

        var waited = await AdmittedAfterAsync(Ask(1));

        Assert.InRange(waited.TotalSeconds, 0.5, 1.2);
    });

    private static LlmRateInfo Requests(long limit, long remaining, TimeSpan reset) => new() { RequestLimit = limit, RequestsRemaining = remaining, RequestsReset = reset };

    /// <summary>A call whose answer reports the quota.</summary>
    private async Task ReportingAsync(LlmRateInfo info)
    {
        var admitted = (int)Now.Admitted;
        var call = Throttle.ExecuteAsync(_ =>
        {
            Throttle.Report(info);
            return Task.FromResult(0);
        });
        await UntilAdmittedAsync(admitted + 1);
        await call;
    }

    /// <summary>Lets time pass until what is queued has been admitted, and says how much.</summary>
    private async Task<TimeSpan> AdmittedAfterAsync(Task last)
    {
        var start = Clock.GetUtcNow();
        await UntilAdmittedAsync((int)Now.Admitted + Now.Queued);
        Assert.False(last.IsCompleted);
        return Clock.GetUtcNow() - start;
    }
}
