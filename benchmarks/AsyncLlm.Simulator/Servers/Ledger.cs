namespace AsyncLlm.Simulator;

/// <summary>What a server has seen.</summary>
/// <param name="trace">Takes every entry, for people.</param>
internal sealed class Ledger(TextWriter? trace = null)
{
    private ulong _hash;

    public enum Entry { Accepted, Refused, Failed, Unreachable, Succeeded, Lost }

    /// <summary>The requests that were accepted, in order.</summary>
    public List<Request> Accepted { get; } = [];

    public long LastAccepted { get; private set; }

    public int Refused { get; private set; }

    public long LongestRetryAfter { get; set; }

    /// <summary>Changes with any entry and its time.</summary>
    public string TraceHash => (_hash >> 32).ToString("x8");

    public void Accept(long now, int item, Request request)
    {
        Accepted.Add(request);
        LastAccepted = now;
        Add(Entry.Accepted, now, item);
    }

    public void Refuse(long now, int item)
    {
        Refused++;
        Add(Entry.Refused, now, item);
    }

    public void Add(Entry entry, long now, int item)
    {
        _hash = Chance.Mix(_hash + Chance.Mix((ulong)now * 8 + (ulong)entry) + (ulong)item);
        trace?.WriteLine($"{new TimeSpan(now).TotalSeconds,12:0.0000} {entry} {item}");
    }
}
