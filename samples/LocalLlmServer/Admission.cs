namespace LocalLlm;

/// <summary>The way of every request: counted, failed on purpose, limited, delayed, answered, and counted again.</summary>
internal sealed class Admission(LocalLlmServerOptions options, StatisticsRecorder statistics, CancellationToken stopping)
{
    private readonly RateLimit? rateLimit = options.RequestsPerMinute is { } perMinute
        ? new RateLimit(perMinute, options.Burst ?? perMinute, options.RetryAfter, options.TimeProvider)
        : null;

    private readonly SemaphoreSlim? slots = options.MaxConcurrent is { } limit ? new SemaphoreSlim(limit) : null;

    public async Task ServeAsync(HttpContext http, Func<Exchange, Task> answer)
    {
        var number = statistics.Record(now => now with { Requests = now.Requests + 1 }).Requests;
        var fault = options.Faults.FirstOrDefault(fault => fault.Hits(number));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var exchange = new Exchange(http, options, fault, ended.Token);
        var outcome = Outcome.Failed;
        try
        {
            await AnswerAsync(exchange, answer);
            outcome = exchange.Outcome;
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            outcome = Outcome.Aborted;
            http.Abort();
        }
        finally
        {
            statistics.Record(now => Ended(now, outcome, exchange));
        }
    }

    private async Task AnswerAsync(Exchange exchange, Func<Exchange, Task> answer)
    {
        if (exchange.Fault is { Kind: FaultKind.Reset })
            exchange.Reset();
        else if (exchange.Fault is { Kind: FaultKind.Status } fault)
            await exchange.WriteErrorAsync(fault.Argument, "server_error", "injected_fault", "This fault was asked for.");
        else if (rateLimit?.TryTake(exchange.Headers) == false)
            await exchange.WriteErrorAsync(429, "requests", "rate_limit_exceeded", $"Rate limit reached on requests per min (RPM): Limit {options.RequestsPerMinute}.");
        else if (!await TryEnterAsync(exchange.Aborted))
            await exchange.WriteErrorAsync(429, "requests", "too_many_concurrent", $"More than {options.MaxConcurrent} requests at the same time.");
        else
            await AnswerAdmittedAsync(exchange, answer);
    }

    private async Task AnswerAdmittedAsync(Exchange exchange, Func<Exchange, Task> answer)
    {
        statistics.Record(now => now with
        {
            InFlight = now.InFlight + 1,
            PeakConcurrent = Math.Max(now.PeakConcurrent, now.InFlight + 1),
        });
        try
        {
            await exchange.AnswerAsync(answer);
        }
        finally
        {
            statistics.Record(now => now with { InFlight = now.InFlight - 1 });
            slots?.Release();
        }
    }

    private async Task<bool> TryEnterAsync(CancellationToken aborted)
    {
        if (slots is null || slots.Wait(0, aborted))
            return true;
        if (options.WhenBusy == BusyBehavior.Refuse)
            return false;

        statistics.Record(now => now with { Waiting = now.Waiting + 1 });
        try
        {
            await slots.WaitAsync(aborted);
            return true;
        }
        finally
        {
            statistics.Record(now => now with { Waiting = now.Waiting - 1 });
        }
    }

    private static ServerStatistics Ended(ServerStatistics now, Outcome outcome, Exchange exchange) => outcome switch
    {
        Outcome.RateLimited => now with { RateLimited = now.RateLimited + 1 },
        Outcome.Failed => now with { Failed = now.Failed + 1 },
        Outcome.Aborted => now with { Aborted = now.Aborted + 1 },
        _ => now with
        {
            Completed = now.Completed + 1,
            PromptTokens = now.PromptTokens + exchange.PromptTokens,
            CompletionTokens = now.CompletionTokens + exchange.CompletionTokens,
        },
    };
}

internal enum Outcome
{
    Completed,
    RateLimited,
    Failed,
    Aborted,
}
