using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>What throttles tell of themselves to whoever listens: the meter and the activity source <c>AsyncLlm</c>.</summary>
/// <remarks>What a listener throws ends here: on a thread of the pool it would end the process, and a call has its outcome whoever listens.</remarks>
internal static class Telemetry
{
    public const string Succeeded = "succeeded";
    public const string Canceled = "canceled";

    private const string Name = "AsyncLlm";
    private const string NameTag = "asyncllm.throttle.name";
    private const string OutcomeTag = "asyncllm.outcome";

    private static readonly string? Version = typeof(Telemetry).Assembly.GetName().Version?.ToString();
    private static readonly Meter Meter = new(Name, Version);
    private static readonly ActivitySource Source = new(Name, Version);

    private static readonly Histogram<double> QueueTime =
        Meter.CreateHistogram<double>("asyncllm.throttle.queue.duration", "s", "How long calls waited for their first attempt.");

    private static readonly Histogram<double> AttemptTime =
        Meter.CreateHistogram<double>("asyncllm.throttle.attempt.duration", "s", "How long attempts ran, by outcome; of a stream until its first item.");

    private static readonly Counter<long> Attempts = Meter.CreateCounter<long>("asyncllm.throttle.attempts", "{attempt}", "Attempts that ended, by outcome.");
    private static readonly Counter<long> RateLimited = Meter.CreateCounter<long>("asyncllm.throttle.rate_limited", "{attempt}", "Attempts that were refused for the rate limit.");
    private static readonly Counter<long> Retries = Meter.CreateCounter<long>("asyncllm.throttle.retries", "{attempt}", "Attempts that are repeated after anything but a rate limit.");

    private static readonly ConditionalWeakTable<ThrottleEngine, object?> Engines = [];

    static Telemetry()
    {
        Meter.CreateObservableGauge("asyncllm.throttle.rate", () => Observe(all => all.Sum(one => one.RequestsPerMinute ?? 0)), "{attempt}/min", "The pace at which attempts are admitted; 0 while no limit is known.");
        Meter.CreateObservableGauge("asyncllm.throttle.concurrency", () => Observe(all => all.Sum(one => one.InFlight)), "{attempt}", "Attempts that run.");
        Meter.CreateObservableGauge("asyncllm.throttle.queued", () => Observe(all => all.Sum(one => one.Queued)), "{call}", "Calls that wait for admission.");
        Meter.CreateObservableGauge("asyncllm.throttle.pause", () => Observe(all => all.Max(one => one.PausedFor.TotalSeconds)), "s", "How long nobody will be admitted.");
    }

    /// <summary>Shows a throttle in the gauges for as long as it lives.</summary>
    public static void Watch(ThrottleEngine engine) => Engines.Add(engine, null);

    /// <summary>Starts the activity of a call, if anybody listens, and leaves the current one current.</summary>
    public static Activity? StartCall(string? name)
    {
        if (!Source.HasListeners())
            return null;
        var current = Activity.Current;
        try
        {
            var activity = Source.StartActivity("AsyncLlm.LlmThrottle.Execute");
            return name is null ? activity : activity?.SetTag(NameTag, name);
        }
        catch (Exception)
        {
            return null;
        }
        finally
        {
            Activity.Current = current;
        }
    }

    public static void EndCall(Activity? activity, ThrottledCall call, Exception? error)
    {
        if (activity is null)
            return;
        activity.SetTag("asyncllm.attempts", call.Attempts);
        activity.SetTag("asyncllm.queue.duration", call.QueueTime);
        if (error is not null)
            activity.SetStatus(ActivityStatusCode.Error, error.Message).SetTag("error.type", error.GetType().FullName);
        // Stopping makes its parent current, also where another is.
        var current = Activity.Current;
        try
        {
            activity.Stop();
        }
        catch (Exception)
        {
        }
        Activity.Current = current;
    }

    /// <summary>A call has changed the state of its throttle.</summary>
    public static void Tell(Activity? activity, string change, LlmFailureKind? reason, double? pause)
    {
        if (activity is null)
            return;
        var tags = new ActivityTagsCollection();
        if (reason is { } kind)
            tags.Add("asyncllm.reason", OutcomeOf(kind));
        if (pause is { } seconds)
            tags.Add("asyncllm.pause", seconds);
        activity.AddEvent(new(change, tags: tags));
    }

    /// <summary>A failed attempt will be repeated.</summary>
    public static void Retrying(Activity? activity, ThrottledCall call, LlmFailure failure, TimeSpan delay)
    {
        if (Retries.Enabled && failure.Kind != LlmFailureKind.RateLimited)
            Add(Retries, Tags(call));
        activity?.AddEvent(new("retry", tags: new()
        {
            { "asyncllm.reason", OutcomeOf(failure.Kind) },
            { "asyncllm.attempt", call.Attempts },
            { "asyncllm.delay", delay.TotalSeconds },
        }));
    }

    public static void AttemptEnded(ThrottledCall call, string outcome)
    {
        if (!(Attempts.Enabled || AttemptTime.Enabled || QueueTime.Enabled || RateLimited.Enabled))
            return;
        var tags = Tags(call);
        if (call.Attempts == 1)
            Record(QueueTime, call.QueueTime, tags);
        if (outcome == OutcomeOf(LlmFailureKind.RateLimited))
            Add(RateLimited, tags);
        tags.Add(OutcomeTag, outcome);
        Add(Attempts, tags);
        Record(AttemptTime, call.AttemptTime, tags);
    }

    public static string OutcomeOf(LlmFailureKind kind) => kind switch
    {
        LlmFailureKind.Transient => "transient",
        LlmFailureKind.RateLimited => "rate_limited",
        LlmFailureKind.Overloaded => "overloaded",
        LlmFailureKind.ConnectionFailed => "connection_failed",
        LlmFailureKind.TimedOut => "timed_out",
        LlmFailureKind.QuotaExhausted => "quota_exhausted",
        _ => "permanent",
    };

    private static void Add(Counter<long> counter, in TagList tags)
    {
        try
        {
            counter.Add(1, tags);
        }
        catch (Exception)
        {
        }
    }

    private static void Record(Histogram<double> histogram, double seconds, in TagList tags)
    {
        try
        {
            histogram.Record(seconds, tags);
        }
        catch (Exception)
        {
        }
    }

    private static TagList Tags(ThrottledCall call)
    {
        var tags = new TagList();
        if (call.Engine.Options.Name is { } name)
            tags.Add(NameTag, name);
        return tags;
    }

    // One measurement a name: throttles that share one, or have none, must not overwrite each other.
    private static IEnumerable<Measurement<double>> Observe(Func<IEnumerable<LlmThrottleStatistics>, double> read)
    {
        foreach (var named in Engines.Select(watched => watched.Key).GroupBy(engine => engine.Options.Name))
        {
            var value = read(named.Select(engine => engine.GetStatistics()));
            yield return named.Key is null ? new(value) : new(value, new KeyValuePair<string, object?>(NameTag, named.Key));
        }
    }
}
