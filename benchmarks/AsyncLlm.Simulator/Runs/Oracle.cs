namespace AsyncLlm.Simulator;

/// <summary>
/// The optimum: sends each request at the earliest time the server will accept it. No quota here rewards waiting, so nobody
/// who knows the server can be faster; SelfTest compares it with trying everything.
/// </summary>
internal static class Oracle
{
    /// <summary>The time of the last admission.</summary>
    public static long LastAdmission(Quota quota, long now, IEnumerable<Request> requests, (long From, long To)? outage = null)
    {
        foreach (var request in requests)
        {
            now = quota.Earliest(now, request);
            if (outage is var (from, to) && now >= from && now < to)
                now = quota.Earliest(to, request);
            quota.Take(now, request);
        }

        return now;
    }

    public static long LastAdmission(Row row, ulong seed)
    {
        (long, long)? outage = row.OutageAt is { } at ? (QuotaFactory.Ticks(at), QuotaFactory.Ticks(at + row.OutageSeconds)) : null;
        var work = new Workload(row, seed);
        var quota = QuotaFactory.Create(row, seed);
        return row.Faults > 0 && row.Hangs == 0 && outage is null
            ? LastAdmissionWithFaults(quota, work, row.Count)
            : LastAdmission(quota, now: 0, work.Needed(row.Count), outage);
    }

    /// <summary>Who knows the server does not know which calls will fail: they are repeated when their failure is answered.</summary>
    private static long LastAdmissionWithFaults(Quota quota, Workload work, int count)
    {
        var failed = new PriorityQueue<(int Item, int Attempt), long>();
        var now = 0L;
        for (var next = 0; next < count || failed.Count > 0;)
        {
            var (item, attempt) = (next, 0);
            if (failed.TryPeek(out _, out var answered) && (answered <= now || next == count))
            {
                (item, attempt) = failed.Dequeue();
                now = Math.Max(now, answered);
            }
            else
            {
                next++;
            }

            var request = work.RequestOf(item, attempt);
            now = quota.Earliest(now, request);
            quota.Take(now, request);
            if (work.Fails(item, attempt))
                failed.Enqueue((item, attempt + 1), now + request.Duration);
        }

        return now;
    }
}
