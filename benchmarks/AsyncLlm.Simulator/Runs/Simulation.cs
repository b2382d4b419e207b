using System.Diagnostics;

namespace AsyncLlm.Simulator;

/// <summary>Runs one policy against one server.</summary>
internal sealed class Simulation
{
    // Whoever has not ended by then never will; the share lets slow quotas be slow.
    private const int Patience = 20;
    private static readonly long LeastPatience = TimeSpan.TicksPerHour;

    private readonly VirtualTime _time = new();
    private readonly Row _row;
    private readonly string _policy;
    private readonly Server _server;
    private readonly World _world;
    private (long At, Quota Quota)? _atHalf;
    private long _allAccepted;
    private int _succeeded;
    private Exception? _firstLoss;

    private Simulation(Row row, string policy, ulong seed, TextWriter? trace)
    {
        (_row, _policy) = (row, policy);
        _server = new(row, _time, seed, new Ledger(trace)) { Accepted = RememberHalves };
        _world = new(row, _time, _server, seed, Oracle.LastAdmission(row, seed));
    }

    /// <param name="trace">Takes every event with its time in seconds, for people.</param>
    public static Result Run(Row row, string policy, ulong seed, TextWriter? trace = null) => new Simulation(row, policy, seed, trace).Run();

    private Result Run()
    {
        var real = Stopwatch.StartNew();
        var optimum = _world.Optimum;
        var ended = _time.Run(SendAllAsync, horizon: Patience * optimum + LeastPatience);
        var ledger = _server.Ledger;
        return new()
        {
            Row = _row,
            Policy = _policy,
            Ended = ended,
            Lost = _row.Count - _succeeded,
            FirstLoss = _firstLoss?.ToString(),
            Optimum = TimeSpan.FromTicks(optimum),
            Makespan = TimeSpan.FromTicks(ledger.LastAccepted),
            Refused = ledger.Refused,
            LongestRetryAfter = TimeSpan.FromTicks(ledger.LongestRetryAfter),
            SecondHalf = SecondHalf(),
            TraceHash = ledger.TraceHash,
            RealTime = real.Elapsed,
        };
    }

    private Task SendAllAsync()
    {
        var policy = Policy.Create(_policy, _world);
        return Task.WhenAll(Enumerable.Range(0, _row.Count).Select(item => SendAsync(policy, item)));
    }

    private async Task SendAsync(Policy policy, int item)
    {
        try
        {
            await policy.SendAsync(item).ConfigureAwait(false);
            _succeeded++;
            _server.Ledger.Add(Ledger.Entry.Succeeded, _time.Now, item);
        }
        catch (Exception exception)
        {
            _firstLoss ??= exception;
            _server.Ledger.Add(Ledger.Entry.Lost, _time.Now, item);
        }
    }

    private void RememberHalves()
    {
        var accepted = _server.Ledger.Accepted.Count;
        if (accepted == _row.Count / 2)
            _atHalf = (_time.Now, _server.Quota.Clone());
        if (accepted == _row.Count)
            _allAccepted = _time.Now;
    }

    /// <summary>
    /// The admission rate of the second half as a share of the quota's; or, where it allowed less from that moment (a window that is used
    /// up), of that. It ends with as many admissions as there are items: what comes after repeats failed ones and waits for the failures.
    /// </summary>
    private double SecondHalf()
    {
        if (_atHalf is not var (at, quota))
            return 0;

        var taken = _allAccepted - at;
        var half = _row.Count / 2;
        var allowed = Oracle.LastAdmission(quota, at, _server.Ledger.Accepted.Take(_row.Count).Skip(half)) - at;
        var steady = (_row.Count - half) / _row.RatePerSecondAt(at) * TimeSpan.TicksPerSecond;
        return taken <= 0 ? 1 : Math.Min(1, Math.Max(allowed, steady) / taken);
    }
}
