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
        return LastAdmission(QuotaFactory.Create(row, seed), now: 0, new Workload(row, seed).Needed(row.Count), outage);
    }
}
