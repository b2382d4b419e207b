namespace LocalLlm;

/// <summary>What a server has seen so far. Every request that arrived is waiting, in flight, or one of the four ends.</summary>
public sealed record ServerStatistics
{
    /// <summary>Requests that arrived.</summary>
    public long Requests { get; init; }

    /// <summary>Requests queued by the concurrency limit now.</summary>
    public int Waiting { get; init; }

    /// <summary>Requests being served now.</summary>
    public int InFlight { get; init; }

    /// <summary>The most requests ever served at the same time.</summary>
    public int PeakConcurrent { get; init; }

    /// <summary>Requests answered to their end.</summary>
    public long Completed { get; init; }

    /// <summary>Requests answered with 429.</summary>
    public long RateLimited { get; init; }

    /// <summary>Requests answered with another error status, or reset.</summary>
    public long Failed { get; init; }

    /// <summary>Requests whose client went away before the answer ended.</summary>
    public long Aborted { get; init; }

    /// <summary>Tokens received in requests that were served.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens sent in answers.</summary>
    public long CompletionTokens { get; init; }
}

internal sealed class StatisticsRecorder
{
    private readonly Lock gate = new();
    private readonly List<Waiter> waiters = [];

    public ServerStatistics Now { get; private set; } = new();

    public ServerStatistics Record(Func<ServerStatistics, ServerStatistics> change)
    {
        lock (gate)
        {
            Now = change(Now);
            foreach (var waiter in waiters.Where(waiter => waiter.Condition(Now)))
                waiter.Reached.TrySetResult();
            waiters.RemoveAll(waiter => waiter.Reached.Task.IsCompleted);
            return Now;
        }
    }

    public Task WhenAsync(Func<ServerStatistics, bool> condition, CancellationToken cancellationToken)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (condition(Now))
                return Task.CompletedTask;
            waiters.Add(new Waiter(condition, reached));
        }

        return reached.Task.WaitAsync(cancellationToken);
    }

    private sealed record Waiter(Func<ServerStatistics, bool> Condition, TaskCompletionSource Reached);
}
