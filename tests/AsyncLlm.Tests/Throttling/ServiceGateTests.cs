using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class ServiceGateTests : ThrottleTests
{
    [Fact]
    public Task An_overloaded_service_is_asked_by_one_probe_at_a_time_and_the_first_that_comes_through_opens_it() => Run(async () =>
    {
        Use(new());
        var calls = Enumerable.Range(0, 5).Select(i => Ask(i)).ToArray();
        (await RequestAsync(1)).Fail(Failures.Overloaded());
        Assert.InRange(Now.PausedFor, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.2));

        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal((1, 2), (Now.InFlight, Now.Admitted));

        Model.Calls[1].Answer();
        for (var number = 3; number <= 6; number++)
            (await RequestAsync(number)).Answer();
        await Task.WhenAll(calls);
        Assert.Equal(TimeSpan.Zero, Now.PausedFor);
    });

    [Fact]
    public Task The_pause_between_probes_grows_from_1_to_30_seconds() => Run(async () =>
    {
        Use(new());
        var call = Ask(0);
        var pauses = new List<int>();
        for (var number = 1; number <= 8; number++)
        {
            (await RequestAsync(number)).Fail(Failures.Overloaded());
            pauses.Add((int)Now.PausedFor.TotalSeconds);
        }
        (await RequestAsync(9)).Answer();

        await call;
        Assert.All(pauses.Zip([1, 2, 4, 8, 16, 30, 30, 30]), pause => Assert.InRange(pause.First, pause.Second, pause.Second * 1.2));
    });

    [Fact]
    public Task Failures_behind_a_closed_gate_cost_no_retry() => Run(async () =>
    {
        Use(new() { MaxRetries = 1, RetryBudget = 1 });
        var calls = Enumerable.Range(0, 3).Select(i => Ask(i)).ToArray();
        await RequestAsync(3);
        foreach (var request in Model.Calls)
            request.Fail(Failures.Overloaded());
        await FailAsync(4, 10, Failures.Overloaded);
        for (var number = 14; number <= 16; number++)
            (await RequestAsync(number)).Answer();

        await Task.WhenAll(calls);
        // The one that closed the gate.
        Assert.Equal(1, Now.Retries);
    });

    [Fact]
    public Task The_next_probe_is_another_call() => Run(async () =>
    {
        Use(new());
        var calls = new[] { Ask(0), Ask(1) };
        await FailAsync(1, 3, Failures.Overloaded);
        for (var number = 4; number <= 5; number++)
            (await RequestAsync(number)).Answer();

        await Task.WhenAll(calls);
        Assert.Equal([0, 0, 1, 0, 1], Model.Started);
    });

    [Fact]
    public Task Two_failed_connections_close_nothing_and_the_third_in_a_row_closes_the_gate() => Run(async () =>
    {
        Use(new());
        var calls = Enumerable.Range(0, 4).Select(i => Ask(i)).ToArray();
        await RequestAsync(4);
        Model[0].Fail(Failures.NoConnection());
        Model[1].Fail(Failures.NoConnection());
        Assert.Equal(TimeSpan.Zero, Now.PausedFor);
        Model[2].Fail(Failures.NoConnection());
        Assert.True(Now.PausedFor >= TimeSpan.FromSeconds(1));

        foreach (var number in Enumerable.Range(5, 3))
            (await RequestAsync(number)).Answer();
        Model[3].Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public Task An_answer_between_failed_connections_starts_the_count_anew() => Run(async () =>
    {
        Use(new());
        var first = Ask(0);
        await FailAsync(1, 2, Failures.NoConnection);
        (await RequestAsync(3)).Answer();
        await first;
        var second = Ask(1);
        await FailAsync(4, 2, Failures.NoConnection);

        Assert.Equal(TimeSpan.Zero, Now.PausedFor);
        (await RequestAsync(6)).Answer();
        await second;
    });

    [Fact]
    public Task An_answer_that_was_on_its_way_does_not_open_the_gate() => Run(async () =>
    {
        Use(new());
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(2);
        Model[0].Fail(Failures.Overloaded());
        Model[1].Answer();

        Assert.True(Now.PausedFor > TimeSpan.Zero);
        (await RequestAsync(3)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public Task A_probe_that_hangs_or_is_cancelled_makes_room_for_the_next() => Run(async () =>
    {
        Use(new() { AttemptTimeout = TimeSpan.FromSeconds(30) });
        using var caller = new CancellationTokenSource();
        var (first, second, third) = (Ask(0), Ask(1, caller.Token), Ask(2));
        (await RequestAsync(1)).Fail(Failures.Overloaded());
        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromSeconds(30));
        await RequestAsync(3);
        Assert.Equal([0, 0, 0], Model.Started);
        Model.Calls[2].Fail(Failures.Overloaded());
        await RequestAsync(4);
        Assert.Equal(1, Model.Calls[3].Prompt);
        caller.Cancel();
        await AssertCancelledBy(caller.Token, second);

        (await RequestAsync(5)).Answer();
        (await RequestAsync(6)).Answer();
        await Task.WhenAll(first, third);
    });
}
