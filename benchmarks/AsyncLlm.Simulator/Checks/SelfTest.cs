namespace AsyncLlm.Simulator;

/// <summary>
/// Holds the optimum against <see cref="BruteForce"/> on small servers of every kind: what it claims is a schedule the server accepts, and no
/// schedule on the grid is faster.
/// </summary>
internal static class SelfTest
{
    private const int CasesPerKind = 40;
    private const long Step = TimeSpan.TicksPerSecond;

    private static readonly Dictionary<string, Func<Draw, Quota>> Kinds = new()
    {
        ["token bucket"] = draw => new TokenBucket(QuotaUnit.Requests, 1.0 / draw.Next(1, 4), draw.Next(1, 4)),
        ["GCRA"] = draw => new TokenBucket(QuotaUnit.Requests, 1.0 / draw.Next(1, 4), 1),
        ["fixed window"] = draw => new FixedWindow(QuotaUnit.Requests, draw.Next(1, 4), draw.Next(2, 6) * Step, draw.Next(0, 5) * Step),
        ["sliding log"] = draw => new SlidingLog(QuotaUnit.Requests, draw.Next(1, 4), draw.Next(2, 6) * Step),
        ["sliding counter"] = draw => new SlidingCounter(QuotaUnit.Requests, draw.Next(1, 4), draw.Next(2, 6) * Step),
        ["concurrency"] = draw => new ConcurrencyLimit(draw.Next(1, 4)),
        ["two quotas"] = draw => new AllQuotas([new TokenBucket(QuotaUnit.Requests, 0.5, draw.Next(1, 4)), new FixedWindow(QuotaUnit.Requests, draw.Next(1, 3), 4 * Step, 0)]),
        ["requests and tokens"] = draw => new AllQuotas([new SlidingLog(QuotaUnit.Requests, 3, 5 * Step), new TokenBucket(QuotaUnit.Tokens, draw.Next(1, 4), 6)]),
        ["changing"] = draw => new ChangingQuota(new SlidingLog(QuotaUnit.Requests, draw.Next(1, 3), 5 * Step), draw.Next(2, 8) * Step, factor: 2),
        ["shrinking"] = draw => new ChangingQuota(new TokenBucket(QuotaUnit.Requests, 1, draw.Next(2, 4)), draw.Next(1, 5) * Step, factor: 0.5),
        ["shared"] = draw => new SharedQuota(new TokenBucket(QuotaUnit.Requests, 1, draw.Next(1, 4)), 0.4, (ulong)draw.Next(0, 1000)),
    };

    public static bool Run(ulong seed, TextWriter output)
    {
        var passed = true;
        foreach (var (kind, create) in Kinds)
        {
            var tried = 0;
            for (var index = 0; index < CasesPerKind; index++)
            {
                var draw = new Draw(seed, kind, index);
                if (Check(create(draw), draw, out var looked) is { } problem)
                {
                    output.WriteLine($"{kind}, case {index}: {problem}");
                    passed = false;
                }

                tried += looked;
            }

            output.WriteLine($"{kind}: {CasesPerKind} cases, {tried} places looked at");
        }

        output.WriteLine(passed ? "The optimum is one." : "The optimum is none.");
        return passed;
    }

    private static string? Check(Quota quota, Draw draw, out int tried)
    {
        var requests = Enumerable.Range(0, draw.Next(2, 6)).Select(_ => new Request(draw.Next(1, 6), draw.Next(1, 4) * Step)).ToList();
        var optimum = Oracle.LastAdmission(quota.Clone(), now: 0, requests);
        var search = new BruteForce(requests, Step, optimum);
        var faster = search.FindsFaster(quota.Clone());
        tried = search.Tried;
        return faster ? $"somebody is faster than {new TimeSpan(optimum)}" : Replay(quota, requests, optimum);
    }

    /// <summary>The claim in the small: one tick before each admission the server would have refused.</summary>
    private static string? Replay(Quota quota, List<Request> requests, long optimum)
    {
        var now = 0L;
        foreach (var request in requests)
        {
            var earliest = quota.Clone().Earliest(now, request);
            if (earliest > now && quota.Clone().TryTake(earliest - 1, request))
                return $"{new TimeSpan(earliest)} is not the earliest time";
            now = earliest;
            if (!quota.TryTake(now, request))
                return $"refused at {new TimeSpan(now)}";
        }

        return now == optimum ? null : $"{new TimeSpan(optimum)} is not the end";
    }

    private sealed class Draw(ulong seed, string kind, int index)
    {
        private int _drawn;

        /// <summary>A number from the least to the most.</summary>
        public int Next(int least, int most)
            => least + (int)(Chance.Uniform(seed, Chance.Of.Jitter, kind.Sum(letter => letter) * 1000L + index, _drawn++) * (most - least + 1));
    }
}
