namespace AsyncLlm.Simulator;

/// <summary>A provider: decides when a request arrives, answers when its latency is over.</summary>
internal sealed class Server(Row row, VirtualTime time, ulong seed, Ledger ledger)
{
    private static readonly long StaleFor = QuotaFactory.Ticks(5);

    private readonly Workload _work = new(row, seed);
    private readonly int[] _accepted = new int[row.Count];
    private readonly int[] _refused = new int[row.Count];
    private readonly int[] _crossings = new int[row.Count];
    private (long Taken, LlmRateInfo Rate) _stale = (long.MinValue, default);

    public Quota Quota { get; } = QuotaFactory.Create(row, seed);

    public Ledger Ledger { get; } = ledger;

    /// <summary>Told of each accepted request.</summary>
    public Action? Accepted { get; init; }

    public int TokensOf(int item) => _work.TokensOf(item);

    public async Task<Answer> CallAsync(int item, CancellationToken cancellationToken)
    {
        var sent = time.Now;
        await CrossAsync(item, cancellationToken).ConfigureAwait(false);
        if (row.OutageAt is { } outage && time.Now >= QuotaFactory.Ticks(outage) && time.Now < QuotaFactory.Ticks(outage + row.OutageSeconds))
        {
            Ledger.Add(Ledger.Entry.Unreachable, time.Now, item);
            await RefusedAsync(item, new(new(row.OutageConnections ? LlmFailureKind.ConnectionFailed : LlmFailureKind.Overloaded), default), cancellationToken).ConfigureAwait(false);
        }

        var attempt = _accepted[item];
        var request = _work.RequestOf(item, attempt);
        if (!Quota.TryTake(time.Now, request))
        {
            Ledger.Refuse(time.Now, item);
            var wait = Quota.Expected(time.Now, request) - time.Now;
            if (row.RefusalsCount)
                Quota.Take(time.Now, request);
            var retryAfter = RetryAfter(wait);
            Ledger.LongestRetryAfter = Math.Max(Ledger.LongestRetryAfter, retryAfter?.Ticks ?? 0);
            await RefusedAsync(item, new(new(LlmFailureKind.RateLimited, retryAfter), Headers(sent)), cancellationToken).ConfigureAwait(false);
        }

        _accepted[item]++;
        Ledger.Accept(time.Now, item, request);
        Accepted?.Invoke();
        var rate = Headers(sent);
        if (_work.Hangs(item, attempt))
            await time.DelayAsync(long.MaxValue, cancellationToken).ConfigureAwait(false);
        await time.DelayAsync(request.Duration, cancellationToken).ConfigureAwait(false);
        await CrossAsync(item, cancellationToken).ConfigureAwait(false);
        if (!_work.Fails(item, attempt))
            return new(item, rate);

        Ledger.Add(Ledger.Entry.Failed, time.Now, item);
        throw new ServerException(new(LlmFailureKind.Transient), rate);
    }

    private async Task RefusedAsync(int item, ServerException refusal, CancellationToken cancellationToken)
    {
        await time.DelayAsync(_work.RefusalLatency(item, _refused[item]++), cancellationToken).ConfigureAwait(false);
        await CrossAsync(item, cancellationToken).ConfigureAwait(false);
        throw refusal;
    }

    private Task CrossAsync(int item, CancellationToken cancellationToken)
        => row.Transit > 0 ? time.DelayAsync(_work.Transit(item, _crossings[item]++), cancellationToken) : Task.CompletedTask;

    private TimeSpan? RetryAfter(long wait)
    {
        return row.RetryAfter switch
        {
            RetryAfterForm.Milliseconds => new TimeSpan(Up(wait, TimeSpan.TicksPerMillisecond)),
            RetryAfterForm.Seconds => new TimeSpan(Up(wait, TimeSpan.TicksPerSecond)),
            RetryAfterForm.Date => FromDate(),
            RetryAfterForm.TooShort => new TimeSpan(wait / 3),
            RetryAfterForm.Fixed => TimeSpan.FromSeconds(row.RetryAfterSeconds),
            _ => null,
        };

        // The client subtracts its own clock, when the answer arrives; the little it takes is left out.
        TimeSpan FromDate() => new(Math.Max(0, Up(time.Now + QuotaFactory.Ticks(row.ClockSkew) + wait, TimeSpan.TicksPerSecond) - time.Now));
    }

    private LlmRateInfo Headers(long sent)
    {
        if (row.Headers == RateHeaders.None)
            return default;
        if (row.Headers == RateHeaders.Stale && time.Now - _stale.Taken < StaleFor && _stale.Taken >= 0)
            return _stale.Rate;

        var rate = new LlmRateInfo();
        foreach (var state in Quota.States(time.Now))
            rate = Add(rate, state, sent);
        _stale = (time.Now, rate);
        return rate;
    }

    private LlmRateInfo Add(LlmRateInfo rate, QuotaState state, long sent)
    {
        var (limit, remaining, reset) = ((long)state.Limit, (long)Math.Floor(state.Remaining + 1e-6), Up(state.Reset, TimeSpan.TicksPerMillisecond));
        if (row.Headers == RateHeaders.Anthropic)
        {
            // A date is of one clock, however long the request took.
            reset = Up(time.Now + state.Reset, TimeSpan.TicksPerSecond) - sent;
            remaining = state.Unit == QuotaUnit.Tokens ? remaining / 1000 * 1000 : remaining;
        }
        else if (row.Headers == RateHeaders.Lying)
        {
            (remaining, reset) = (limit, 0);
        }

        return state.Unit == QuotaUnit.Tokens
            ? rate with { TokenLimit = limit, TokensRemaining = remaining, TokensReset = new(reset) }
            : rate with { RequestLimit = limit, RequestsRemaining = remaining, RequestsReset = new(reset) };
    }

    private static long Up(long ticks, long unit) => (ticks + unit - 1) / unit * unit;
}
