using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using AsyncLlm.Tests.Support;
using static AsyncLlm.Tests.Support.Scenario;

namespace AsyncLlm.Tests.Throttling;

public sealed class TelemetryTests : ThrottleTests
{
    [Fact]
    public Task Every_attempt_is_measured_with_its_outcome_and_the_throttles_name() => Run(async () =>
    {
        Use(new() { Name = nameof(Every_attempt_is_measured_with_its_outcome_and_the_throttles_name) });
        using var meter = new Meters(nameof(Every_attempt_is_measured_with_its_outcome_and_the_throttles_name));
        using var caller = new CancellationTokenSource();
        var (first, second) = (Ask(0), Ask(1, caller.Token));
        await RequestAsync(2);
        Clock.Advance(TimeSpan.FromSeconds(4));
        Model[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(30)));
        caller.Cancel();
        await AssertCancelledBy(caller.Token, second);
        (await RequestAsync(3)).Fail(Failures.Transient());
        await RequestAsync(4);
        Clock.Advance(TimeSpan.FromSeconds(2));
        Model.Calls[3].Answer();
        await first;

        Assert.Equal(["canceled", "rate_limited", "succeeded", "transient"], meter.Of("attempts").Select(one => one.Outcome).Order());
        Assert.Equal(4, meter.Of("attempt.duration").Single(one => one.Outcome == "rate_limited").Value, 0.2);
        Assert.Equal(2, meter.Of("attempt.duration").Single(one => one.Outcome == "succeeded").Value, 0.2);
        Assert.Equal(2, meter.Of("queue.duration").Count);
        Assert.Equal((1, 1), (meter.Of("rate_limited").Count, meter.Of("retries").Count));
    });

    [Fact]
    public Task Gauges_show_where_a_throttle_stands() => Run(async () =>
    {
        const string name = nameof(Gauges_show_where_a_throttle_stands);
        Use(new() { Name = name, RequestsPerMinute = 600, MaxConcurrency = 1 });
        using var meter = new Meters(name);
        var calls = new[] { Ask(0), Ask(1) };
        await RequestAsync(1);
        meter.Read();
        Assert.Equal((1, 1, 0), (meter.Of("concurrency")[^1].Value, meter.Of("queued")[^1].Value, meter.Of("pause")[^1].Value));
        Assert.Equal(Now.RequestsPerMinute!.Value, meter.Of("rate")[^1].Value);
        Model[0].Fail(Failures.RateLimited(TimeSpan.FromSeconds(5)));
        meter.Read();

        Assert.Equal((0, 2, 5), (meter.Of("concurrency")[^1].Value, meter.Of("queued")[^1].Value, meter.Of("pause")[^1].Value));
        (await RequestAsync(2)).Answer();
        (await RequestAsync(3)).Answer();
        await Task.WhenAll(calls);
    });

    [Fact]
    public void Throttles_of_one_name_are_one_measurement_and_leave_it_when_they_are_gone()
    {
        const string name = nameof(Throttles_of_one_name_are_one_measurement_and_leave_it_when_they_are_gone);
        using var meter = new Meters(name);
        ReadTwo(name, meter);
        Assert.Single(meter.Of("concurrency"));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        meter.Read();

        Assert.Single(meter.Of("concurrency"));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void ReadTwo(string name, Meters meter)
        {
            var throttles = new[] { new LlmThrottle(new() { Name = name }), new LlmThrottle(new() { Name = name }) };
            meter.Read();
            GC.KeepAlive(throttles);
        }
    }

    [Fact]
    public Task A_call_is_an_activity_and_what_happens_to_it_its_events() => Run(async () =>
    {
        const string name = nameof(A_call_is_an_activity_and_what_happens_to_it_its_events);
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AsyncLlm",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        Use(new() { Name = name });
        using var outer = new Activity("outer").Start();
        Activity? inside = null;
        var call = Throttle.ExecuteAsync(token =>
        {
            inside = Activity.Current;
            return Model.AskAsync(0, token);
        });
        Assert.Same(outer, Activity.Current);
        (await RequestAsync(1)).Fail(Failures.RateLimited(TimeSpan.FromSeconds(5)));
        (await RequestAsync(2)).Fail(Failures.Overloaded());
        (await RequestAsync(3)).Answer();
        await call;
        Assert.Same(outer, Activity.Current);

        var activity = ended.Single(one => name.Equals(one.GetTagItem("asyncllm.throttle.name")));
        Assert.Same(activity, inside);
        Assert.Equal(outer.SpanId, activity.ParentSpanId);
        Assert.Equal(3, activity.GetTagItem("asyncllm.attempts"));
        Assert.Equal(["gate closed", "retry", "gate closed", "retry", "gate opened"], activity.Events.Select(one => one.Name));
        Assert.Equal(["rate_limited", "rate_limited", "overloaded", "overloaded"], activity.Events.Take(4).Select(one => one.Tags.First(tag => tag.Key == "asyncllm.reason").Value));
        Assert.Equal(5.0, activity.Events.First().Tags.Single(tag => tag.Key == "asyncllm.pause").Value);
        Assert.Equal(ActivityStatusCode.Unset, activity.Status);
    });

    [Fact]
    public Task A_call_that_fails_is_an_activity_that_failed() => Run(async () =>
    {
        const string name = nameof(A_call_that_fails_is_an_activity_that_failed);
        var ended = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AsyncLlm",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        Use(new() { Name = name });
        var call = Ask(0);
        (await RequestAsync(1)).Fail(Failures.Permanent());
        await FailureOf(call);

        var activity = ended.Single(one => name.Equals(one.GetTagItem("asyncllm.throttle.name")));
        Assert.Equal((ActivityStatusCode.Error, typeof(HttpRequestException).FullName), (activity.Status, activity.GetTagItem("error.type")));
    });

    [Fact]
    public Task What_a_listener_throws_does_not_reach_the_calls() => Run(async () =>
    {
        const string name = nameof(What_a_listener_throws_does_not_reach_the_calls);
        using var meter = new Meters(name, () => throw new InvalidOperationException("a listener's"));
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AsyncLlm",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = stopped =>
            {
                if (name.Equals(stopped.GetTagItem("asyncllm.throttle.name")))
                    throw new InvalidOperationException("a listener's");
            },
        };
        ActivitySource.AddActivityListener(listener);
        Use(new() { Name = name });
        var (first, second) = (Ask(0), Ask(1));
        var failure = Failures.Permanent();
        await RequestAsync(2);
        Model[1].Fail(failure);
        Model[0].Fail(Failures.Transient());
        (await RequestAsync(3)).Answer();

        Assert.Equal("answer 0", await first);
        Assert.Same(failure, await FailureOf(second));
        Assert.Equal((1, 1, 0), (Now.Succeeded, Now.Failed, Now.InFlight));
        Assert.Equal(3, meter.Of("attempts").Count);
    });

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task A_listener_that_throws_when_a_call_starts_does_not_reach_it(bool isSampled) => Run(async () =>
    {
        // Other tests run at the same time.
        var isMine = new AsyncLocal<bool> { Value = true };
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "AsyncLlm",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                !isMine.Value ? ActivitySamplingResult.None : isSampled ? ActivitySamplingResult.AllData : throw new InvalidOperationException("a listener's"),
            ActivityStarted = _ =>
            {
                if (isMine.Value)
                    throw new InvalidOperationException("a listener's");
            },
        };
        ActivitySource.AddActivityListener(listener);
        using var outer = new Activity("outer").Start();

        Assert.Equal(1, await new LlmThrottle().ExecuteAsync(_ => Task.FromResult(1)));
        Assert.Same(outer, Activity.Current);
    });

    /// <summary>Keeps what the throttle of one name measures: other tests run at the same time.</summary>
    private sealed class Meters : IDisposable
    {
        private readonly MeterListener _listener = new();
        private readonly List<(string Instrument, double Value, string? Outcome)> _all = [];
        private readonly string _name;
        private readonly Action? _measured;

        public Meters(string name, Action? measured = null)
        {
            (_name, _measured) = (name, measured);
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "AsyncLlm")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public void Read() => _listener.RecordObservableInstruments();

        public List<(string Instrument, double Value, string? Outcome)> Of(string instrument)
        {
            lock (_all)
                return [.. _all.Where(one => one.Instrument == "asyncllm.throttle." + instrument)];
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? name = null, outcome = null;
            foreach (var (key, tag) in tags)
            {
                name = key == "asyncllm.throttle.name" ? tag as string : name;
                outcome = key == "asyncllm.outcome" ? tag as string : outcome;
            }
            if (name != _name)
                return;
            lock (_all)
                _all.Add((instrument.Name, value, outcome));
            _measured?.Invoke();
        }
    }
}
