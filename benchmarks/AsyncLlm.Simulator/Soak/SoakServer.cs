using System.Runtime.CompilerServices;

namespace AsyncLlm.Simulator;

/// <summary>A server that does to each request what the plan says, and writes down what it did.</summary>
internal sealed class SoakServer(SoakPlan plan, VirtualTime time, int count)
{
    private const double PerSecond = 150;

    private readonly TokenBucket _quota = new(QuotaUnit.Requests, PerSecond, PerSecond);
    private readonly int[] _attempts = new int[count];
    private int _inFlight;

    public List<SoakEntry>[] Ledger { get; } = [.. Enumerable.Range(0, count).Select(_ => new List<SoakEntry>())];

    public int MostInFlight { get; private set; }

    /// <summary>May throw instead of returning a task.</summary>
    public Task<ulong> CallAsync(int item, CancellationToken cancellationToken)
    {
        var fate = _quota.TryTake(time.Now, default) ? plan.FateOf(item, _attempts[item]++) : Fate.RateLimited;
        var entry = new SoakEntry(fate, time.Now);
        Ledger[item].Add(entry);
        if (fate == Fate.ThrowsAtOnce)
        {
            entry.End = time.Now;
            throw new SoakException(fate, item, Ledger[item].Count - 1);
        }

        return AnswerAsync(item, entry, cancellationToken);
    }

    public async IAsyncEnumerable<ulong> StreamAsync(int item, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return await CallAsync(item, cancellationToken).ConfigureAwait(false);
        await time.DelayAsync(SoakPlan.RestOfStream, cancellationToken).ConfigureAwait(false);
        yield return 0;
    }

    private async Task<ulong> AnswerAsync(int item, SoakEntry entry, CancellationToken cancellationToken)
    {
        var number = Ledger[item].Count - 1;
        MostInFlight = Math.Max(MostInFlight, ++_inFlight);
        using var givenUp = cancellationToken.UnsafeRegister(_ => entry.End = time.Now, null);
        try
        {
            switch (entry.Fate)
            {
                case Fate.Hangs:
                    await time.DelayAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
                    break;
                case Fate.Deaf:
                    await DeafAsync(item, number, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    await time.DelayAsync(plan.LatencyOf(item, number), cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
        finally
        {
            if (entry.Fate != Fate.Deaf)
                _inFlight--;
            entry.End = Math.Min(entry.End, time.Now);
        }

        return entry.Fate switch
        {
            Fate.Answer => plan.ResultOf(item),
            Fate.RateLimited => throw new SoakException(entry.Fate, item, number, TimeSpan.FromMilliseconds(10)),
            Fate.RateLimitedForLong => throw new SoakException(entry.Fate, item, number, SoakPlan.LongRetryAfter),
            _ => throw new SoakException(entry.Fate, item, number),
        };
    }

    private async Task DeafAsync(int item, int number, CancellationToken cancellationToken)
    {
        // A client that has cancelled may start another request one second later.
        using var givenUp = cancellationToken.UnsafeRegister(_ => _inFlight--, null);
        await time.DelayAsync(SoakPlan.DeafFor, CancellationToken.None).ConfigureAwait(false);
        throw new SoakException(Fate.Deaf, item, number);
    }
}
