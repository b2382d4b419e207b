namespace LocalLlm;

/// <summary>The way of every request: counted, failed on purpose, limited, delayed, answered, and counted again.</summary>
internal sealed class Admission(LocalLlmServerOptions options, StatisticsRecorder statistics, RequestLog log, CancellationToken stopping)
{
    private readonly RateLimit? rateLimit = options.RequestsPerMinute is { } perMinute
        ? new RateLimit(perMinute, options.Burst ?? perMinute, options.RetryAfter, options.TimeProvider)
        : null;

    private readonly SemaphoreSlim? slots = options.MaxConcurrent is { } limit ? new SemaphoreSlim(limit) : null;

    private long arrived;

    public async Task ServeAsync(HttpContext http, Protocol protocol, Func<Exchange, Task> answer)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stopping);
        var arrival = log.Elapsed;
        var body = await ReadBodyAsync(http.Request, ended.Token);
        var number = Interlocked.Increment(ref arrived);
        log.Arrived(number, http.Request, body ?? [], arrival);
        statistics.Record(now => now with { Requests = now.Requests + 1 });

        var fault = FaultOf(http.Request, number, out var mistake);
        var exchange = new Exchange(http, protocol, options, body ?? [], fault, ended.Token);
        var outcome = RequestOutcome.Failed;
        try
        {
            ended.Token.ThrowIfCancellationRequested();
            if (mistake is null)
                await AnswerAsync(exchange, answer);
            else
                await exchange.WriteErrorAsync(StatusCodes.Status400BadRequest, mistake);
            outcome = exchange.Outcome;
        }
        catch (Exception) when (ended.IsCancellationRequested)
        {
            outcome = RequestOutcome.Aborted;
            http.Abort();
        }
        finally
        {
            log.Ended(number, outcome, http.Response.HasStarted ? exchange.Status : null);
            statistics.Record(now => Ended(now, outcome, exchange));
        }
    }

    /// <returns><see langword="null"/> when the client went away meanwhile.</returns>
    private static async Task<byte[]?> ReadBodyAsync(HttpRequest request, CancellationToken aborted)
    {
        try
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body, aborted);
            return body.ToArray();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return null;
        }
    }

    private Fault? FaultOf(HttpRequest request, long number, out string? mistake)
    {
        mistake = null;
        try
        {
            return request.Headers[Fault.Header].ToString() is { Length: > 0 } wanted
                ? Fault.ParseKind(wanted)
                : options.Faults.FirstOrDefault(fault => fault.Hits(number));
        }
        catch (FormatException exception)
        {
            mistake = exception.Message;
            return null;
        }
    }

    private async Task AnswerAsync(Exchange exchange, Func<Exchange, Task> answer)
    {
        if (exchange.Fault is { Kind: FaultKind.Reset })
            exchange.Reset();
        else if (exchange.Fault is { Kind: FaultKind.Status or FaultKind.Quota } fault)
            await exchange.WriteFaultAsync(fault);
        else if (rateLimit?.TryTake(exchange.Protocol, exchange.Headers) == false)
            await exchange.WriteErrorAsync(StatusCodes.Status429TooManyRequests, $"Rate limit reached on requests per min (RPM): Limit {options.RequestsPerMinute}.");
        else if (!await TryEnterAsync(exchange.Aborted))
            await exchange.WriteErrorAsync(StatusCodes.Status429TooManyRequests, $"More than {options.MaxConcurrent} requests at the same time.", "too_many_concurrent");
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

    private static ServerStatistics Ended(ServerStatistics now, RequestOutcome outcome, Exchange exchange) => outcome switch
    {
        RequestOutcome.RateLimited => now with { RateLimited = now.RateLimited + 1 },
        RequestOutcome.Failed => now with { Failed = now.Failed + 1 },
        RequestOutcome.Aborted => now with { Aborted = now.Aborted + 1 },
        _ => now with
        {
            Completed = now.Completed + 1,
            PromptTokens = now.PromptTokens + exchange.PromptTokens,
            CompletionTokens = now.CompletionTokens + exchange.CompletionTokens,
        },
    };
}
