namespace AsyncLlm.Simulator;

/// <summary>Tries every schedule on a grid of times.</summary>
internal sealed class BruteForce(IReadOnlyList<Request> requests, long step, long end)
{
    /// <summary>How many places in schedules were looked at.</summary>
    public int Tried { get; private set; }

    /// <summary>Whether some schedule gets the last request admitted before the end.</summary>
    public bool FindsFaster(Quota quota, int next = 0, long now = 0)
    {
        Tried++;
        if (next == requests.Count)
            return true;
        if (now >= end)
            return false;

        var sending = quota.Clone();
        return (sending.TryTake(now, requests[next]) && FindsFaster(sending, next + 1, now)) || FindsFaster(quota, next, now + step);
    }
}
