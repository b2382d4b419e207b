using static AsyncLlm.AotApp.Calls;

namespace AsyncLlm.AotApp;

/// <summary>The throttle.</summary>
internal static class ThrottleMembers
{
    public static async Task UseAsync()
    {
        var options = new LlmThrottleOptions
        {
            MaxConcurrency = 8,
            RequestsPerMinute = 60_000,
            TokensPerMinute = 6_000_000,
            RateLimiter = null,
            IgnoreRateLimiterFailures = true,
            MaxRetries = 2,
            MaxTimeoutRetries = 1,
            RetryBudget = 0.2,
            AttemptTimeout = TimeSpan.FromMinutes(1),
            TotalTimeout = TimeSpan.FromMinutes(2),
            QueueTimeout = TimeSpan.FromMinutes(3),
            MaxRetryAfter = TimeSpan.FromSeconds(10),
            Classify = LlmFailure.Classify,
            OnRetry = retry => GC.KeepAlive(retry),
            Name = "aot",
            TimeProvider = TimeProvider.System,
        };
        GC.KeepAlive((options.MaxConcurrency, options.RequestsPerMinute, options.TokensPerMinute, options.RateLimiter, options.IgnoreRateLimiterFailures));
        GC.KeepAlive((options.MaxRetries, options.MaxTimeoutRetries, options.RetryBudget, options.AttemptTimeout, options.TotalTimeout, options.QueueTimeout));
        GC.KeepAlive((options.MaxRetryAfter, options.Classify, options.OnRetry, options.Name, options.TimeProvider));

        var client = new object();
        var throttle = new LlmThrottle(options);
        LlmThrottle.Attach(client, throttle);
        if (LlmThrottle.For(client) != throttle)
            throw new InvalidOperationException("The attached throttle is another.");

        await throttle.ExecuteAsync(AskOnce);
        await throttle.ExecuteAsync(WorkOnce);
        await throttle.ExecuteAsync(AskOnce, new LlmCost(10, 20), answer => answer.Length);
        await DrainAsync(throttle.StreamAsync(_ => StreamAsync(3)));
        await DrainAsync(throttle.StreamAsync<IAsyncEnumerable<int>, int>(_ => Task.FromResult(StreamAsync(3))));
        await DrainAsync(throttle.StreamAsync(_ => StreamAsync(3), new LlmCost(10), item => (int?)item));
        await throttle.PaceAsync(AskOnce);
        throttle.Report(new LlmRateInfo { RequestLimit = 1_000, RequestsRemaining = 999 });
        GC.KeepAlive(throttle.GetStatistics());

        var retries = new LlmRetryOptions
        {
            BaseDelay = TimeSpan.FromSeconds(1),
            MaxDelay = TimeSpan.FromSeconds(30),
            MaxRetries = 2,
            MaxRetryAfter = TimeSpan.FromSeconds(10),
            MaxTimeoutRetries = 1,
            Classify = LlmFailure.Classify,
            OnRetry = retry => GC.KeepAlive(retry),
            TimeProvider = TimeProvider.System,
        };
        GC.KeepAlive((retries.BaseDelay, retries.MaxDelay, retries.MaxRetries, retries.MaxRetryAfter, retries.MaxTimeoutRetries));
        GC.KeepAlive((retries.Classify, retries.OnRetry, retries.TimeProvider));
        await LlmRetry.RunAsync(AskOnce);
        await LlmRetry.RunAsync(AskOnce, retries);
        await LlmRetry.RunAsync(WorkOnce);
        await LlmRetry.RunAsync(WorkOnce, retries);

        using var outer = new LlmRateHeaderHandler(throttle);
        using var handler = new LlmRateHeaderHandler(throttle, new HttpClientHandler());
    }
}
