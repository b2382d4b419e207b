namespace AsyncLlm.AotApp;

/// <summary>The values that are passed around.</summary>
internal static class ValueMembers
{
    public static void Use()
    {
        var progress = new LlmProgress(1, 0, null, TimeSpan.Zero);
        var (completed, failed, total, queuedFor) = progress;
        GC.KeepAlive(progress == progress with { Completed = completed, Failed = failed, Total = total, QueuedFor = queuedFor });
        GC.KeepAlive(progress != default || progress.Equals(default));
        GC.KeepAlive((progress.Completed, progress.Failed, progress.Total, progress.QueuedFor));

        var cost = LlmCost.FromText("a prompt", maxOutputTokens: 5);
        var (input, output) = cost;
        GC.KeepAlive(cost == cost with { InputTokens = input, OutputTokens = output });
        GC.KeepAlive(cost != new LlmCost(1) || cost.Equals(default));
        GC.KeepAlive((cost.InputTokens, cost.OutputTokens, cost.Tokens));

        var failure = new LlmFailure(LlmFailureKind.RateLimited);
        var (kind, retryAfter) = failure;
        GC.KeepAlive(failure == failure with { Kind = kind, RetryAfter = retryAfter });
        GC.KeepAlive(failure != default || failure.Equals(default));
        GC.KeepAlive((failure.Kind, failure.RetryAfter, LlmFailure.Classify(new HttpRequestException())));

        var retry = new LlmRetryEvent(new HttpRequestException(), failure, 1, TimeSpan.Zero);
        var (exception, reason, attempt, delay) = retry;
        GC.KeepAlive(retry == retry with { Exception = exception, Failure = reason, Attempt = attempt, Delay = delay });
        GC.KeepAlive(retry != default || retry.Equals(default));
        GC.KeepAlive((retry.Exception, retry.Failure, retry.Attempt, retry.Delay));

        var rate = LlmRateInfo.FromHeaders(_ => null) with
        {
            RequestLimit = 1,
            RequestsRemaining = 1,
            RequestsReset = TimeSpan.Zero,
            TokenLimit = 1,
            TokensRemaining = 1,
            TokensReset = TimeSpan.Zero,
            RetryAfter = TimeSpan.Zero,
        };
        GC.KeepAlive(rate == default || rate != default || rate.Equals(default) || rate.IsEmpty);
        GC.KeepAlive((rate.RequestLimit, rate.RequestsRemaining, rate.RequestsReset, rate.TokenLimit, rate.TokensRemaining, rate.TokensReset, rate.RetryAfter));

        var statistics = new LlmThrottleStatistics
        {
            Queued = 0,
            InFlight = 0,
            Admitted = 0,
            Succeeded = 0,
            Failed = 0,
            RateLimited = 0,
            Retries = 0,
            RequestsPerMinute = null,
            TokensPerMinute = null,
            PausedFor = TimeSpan.Zero,
        };
        GC.KeepAlive(statistics == default || statistics != default || statistics.Equals(default));
        GC.KeepAlive((statistics.Queued, statistics.InFlight, statistics.Admitted, statistics.Succeeded, statistics.Failed, statistics.RateLimited, statistics.Retries));
        GC.KeepAlive((statistics.RequestsPerMinute, statistics.TokensPerMinute, statistics.PausedFor));
    }
}
