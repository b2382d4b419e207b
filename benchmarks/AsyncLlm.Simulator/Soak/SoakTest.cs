using System.Runtime.CompilerServices;

namespace AsyncLlm.Simulator;

/// <summary>
/// One throttle, a hundred thousand calls of all forms, and everything that can happen to them (G5 of runtime.md). Each outcome is held against
/// the server's ledger; afterwards nothing may be left.
/// </summary>
internal sealed class SoakTest
{
    public const int Count = 100_000;
    private const int MostProblemsShown = 10;

    private readonly VirtualTime _time = new();
    private readonly List<WeakReference> _payloads = [];
    private readonly SoakOutcome[] _outcomes = new SoakOutcome[Count];
    private readonly SoakPlan _plan;
    private readonly SoakServer _server;
    private readonly SoakLimiter _limiter;
    private readonly LlmThrottleOptions _options;
    private readonly Ledger _trace = new();
    private LlmThrottle? _throttle;
    private int _retriesTold;

    private SoakTest(ulong seed)
    {
        _plan = new(seed);
        _server = new(_plan, _time, Count);
        _limiter = new(_time, seed);
        _options = new()
        {
            TimeProvider = _time,
            Classify = SoakException.Classify,
            RateLimiter = _limiter,
            MaxConcurrency = SoakPlan.MaxConcurrency,
            AttemptTimeout = SoakPlan.AttemptTimeout,
            // No item may be given up for the failures of others, or the oracle could not tell.
            RetryBudget = 1000,
            OnRetry = retry => _retriesTold += retry.Failure.Kind == LlmFailureKind.RateLimited ? 0 : 1,
        };
        _throttle = new(_options);
    }

    public static bool Run(ulong seed, TextWriter output)
    {
        var unobserved = 0;
        TaskScheduler.UnobservedTaskException += (_, _) => Interlocked.Increment(ref unobserved);
        var test = new SoakTest(seed);
        var problems = test.RunItems();
        Collect();
        problems.AddRange(test.WhatIsLeft());
        var throttle = test.DropThrottle();
        Collect();
        if (throttle.IsAlive)
            problems.Add("the throttle is still alive");
        if (unobserved > 0)
            problems.Add($"{unobserved} exceptions nobody observed");
        foreach (var problem in problems.Take(MostProblemsShown))
            output.WriteLine(problem);
        output.WriteLine(test.Summary());
        output.WriteLine(problems.Count == 0 ? "Every outcome agrees with the ledger, and nothing is left." : $"{problems.Count} problems.");
        return problems.Count == 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private List<string> RunItems()
    {
        var problems = new List<string>();
        var ended = _time.Run(() => Task.WhenAll(Enumerable.Range(0, Count).Select(SendAsync)), horizon: TimeSpan.FromDays(10).Ticks);
        if (!ended)
            problems.Add("some calls never end");
        _time.Run(() => _time.DelayAsync(2 * SoakPlan.DeafFor), horizon: long.MaxValue);
        var oracle = new SoakOracle(_plan, _options);
        for (var item = 0; item < Count; item++)
        {
            if (oracle.Judge(item, _server.Ledger[item], _outcomes[item]) is { } problem)
                problems.Add(problem);
        }

        return problems;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private IEnumerable<string> WhatIsLeft()
    {
        var statistics = _throttle!.GetStatistics();
        var entries = _server.Ledger.Sum(item => item.Count);
        var refused = _server.Ledger.Sum(item => item.Count(entry => entry.Fate is Fate.RateLimited or Fate.RateLimitedForLong));
        var succeeded = _outcomes.Count(outcome => outcome.Result is not null);
        var canceled = _outcomes.Count(outcome => outcome.Error is OperationCanceledException);
        // A call within a call is counted as well.
        var twice = Enumerable.Range(0, Count).Count(item => _plan.FormOf(item) == SoakPlan.Form.Nested);
        var alive = _payloads.Count(payload => payload.IsAlive);
        (string What, bool IsWrong)[] checks =
        [
            ($"{statistics.InFlight} in flight", statistics.InFlight != 0),
            ($"{statistics.Queued} in the queue", statistics.Queued != 0),
            ($"{_time.Armed} timers armed", _time.Armed != 0),
            ($"{_limiter.OpenLeases} leases open", _limiter.OpenLeases != 0),
            ($"{alive} calls alive", alive != 0),
            ($"{_server.MostInFlight} at once", _server.MostInFlight > SoakPlan.MaxConcurrency),
            ($"{statistics.Admitted} admitted, {entries} requests", IsApart(statistics.Admitted, entries, canceled)),
            ($"{statistics.RateLimited} rate limited, {refused} refused", IsApart(refused, statistics.RateLimited, canceled)),
            ($"{statistics.Succeeded} counted, {succeeded} succeeded", IsApart(statistics.Succeeded, succeeded, twice + canceled)),
            ($"{statistics.Failed} counted, {Count - succeeded} failed", IsApart(statistics.Failed + canceled, Count - succeeded, twice + canceled)),
            ($"{statistics.Retries} retries, {_retriesTold} told", statistics.Retries > _retriesTold),
        ];
        return checks.Where(check => check.IsWrong).Select(check => "afterwards: " + check.What);

        // A call may be cancelled between its admission and its request, between a refusal and its answer, and in the midst of a stream.
        static bool IsApart(long more, long less, long by) => more < less || more > less + by;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference DropThrottle()
    {
        var reference = new WeakReference(_throttle);
        _throttle = null;
        return reference;
    }

    private string Summary()
    {
        var fates = _server.Ledger.SelectMany(entries => entries).GroupBy(entry => entry.Fate).OrderBy(group => group.Key).Select(group => $"{group.Key} {group.Count()}");
        var outcomes = _outcomes.GroupBy(outcome => outcome.Error?.GetType().Name ?? "Succeeded").OrderByDescending(group => group.Count()).Select(group => $"{group.Key} {group.Count()}");
        return $"Requests: {string.Join(", ", fates)}\nOutcomes: {string.Join(", ", outcomes)}\nVirtual time {new TimeSpan(_time.Now):d\\.hh\\:mm\\:ss}, trace {_trace.TraceHash}";
    }

    private async Task SendAsync(int item)
    {
        using var caller = _plan.CancellationOf(item) is { } time ? new CancellationTokenSource(time, _time) : null;
        var token = caller?.Token ?? CancellationToken.None;
        try
        {
            _outcomes[item] = new(await CallAsync(item, token).ConfigureAwait(false), null);
            _trace.Add(Ledger.Entry.Succeeded, _time.Now, item);
        }
        catch (OperationCanceledException exception) when (exception.CancellationToken != token || !token.IsCancellationRequested)
        {
            _outcomes[item] = new(null, new InvalidOperationException("Cancelled with another token than the caller's.", exception));
        }
        catch (Exception exception)
        {
            _outcomes[item] = new(null, exception);
            _trace.Add(Ledger.Entry.Lost, _time.Now, item);
        }
    }

    private async Task<ulong> CallAsync(int item, CancellationToken cancellationToken)
    {
        var payload = new Payload(_server, item);
        _payloads.Add(new(payload));
        var throttle = _throttle!;
        switch (_plan.FormOf(item))
        {
            case SoakPlan.Form.CallWithCost:
                return await throttle.ExecuteAsync(payload.CallAsync, new LlmCost(100, 100), _ => 150, cancellationToken).ConfigureAwait(false);

            case SoakPlan.Form.CallWithoutResult:
                await throttle.ExecuteAsync((Func<CancellationToken, Task>)payload.CallAndKeepAsync, cancellationToken).ConfigureAwait(false);
                return payload.Kept;

            case SoakPlan.Form.Nested:
                return await throttle.ExecuteAsync(token => throttle.ExecuteAsync(payload.CallAsync, token), cancellationToken).ConfigureAwait(false);

            case SoakPlan.Form.Stream:
                var first = 0UL;
                await foreach (var part in throttle.StreamAsync(payload.StreamAsync, cancellationToken).ConfigureAwait(false))
                    first = first == 0 ? part : first;
                return first;

            default:
                return await throttle.ExecuteAsync(payload.CallAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    private static void Collect()
    {
        for (var round = 0; round < 3; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>What a call holds on to; it has to go with the call.</summary>
    private sealed class Payload(SoakServer server, int item)
    {
        public ulong Kept { get; private set; }

        public Task<ulong> CallAsync(CancellationToken cancellationToken) => server.CallAsync(item, cancellationToken);

        public async Task CallAndKeepAsync(CancellationToken cancellationToken) => Kept = await server.CallAsync(item, cancellationToken).ConfigureAwait(false);

        public IAsyncEnumerable<ulong> StreamAsync(CancellationToken cancellationToken) => server.StreamAsync(item, cancellationToken);
    }
}
