using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.RateLimiting;

namespace AsyncLlm;

/// <summary>One call's way through the throttle: wait for a slot, attempt, and again while the failure is worth it.</summary>
/// <remarks>Each step is taken by what makes it possible, not by an async method: a call costs one object and one task.</remarks>
internal class ThrottledCall<T> : ThrottledCall
{
    // In seconds.
    private const double LimiterPoll = 0.1;
    private const double ShortestLimiterWait = 0.001;

    private readonly Func<CancellationToken, Task> _call;
    private readonly Func<T, int>? _actualTokens;
    private AsyncTaskMethodBuilder<T> _result = AsyncTaskMethodBuilder<T>.Create();
    private CancellationTokenRegistration _callerRegistration;
    private Activity? _activity;

    public ThrottledCall(ThrottleEngine engine, Func<CancellationToken, Task> call, LlmCost cost, Func<T, int>? actualTokens, bool isInPipeline, CancellationToken callerToken)
        : base(engine, cost.Tokens, isInPipeline, callerToken)
    {
        _call = call;
        _actualTokens = actualTokens;
        // Made before anybody else can ask for it.
        _ = _result.Task;
    }

    public Task<T> Task => _result.Task;

    /// <summary>The token the caller has cancelled.</summary>
    protected virtual CancellationToken CanceledToken => CallerToken;

    private LlmThrottleOptions Options => Engine.Options;

    private Exception? LastError => Failed?.LastError;

    public Task<T> RunAsync()
    {
        _activity = Telemetry.StartCall(Options.Name);
        _callerRegistration = Register(CallerToken);
        var begins = Options.RateLimiter is null && Caller.IsHere;
        if (AsyncLlm.Attempt.Current(Engine) is { } outer && Engine.TryTakeOver(outer, this))
            GoOn(Wake.Admitted);
        else if (Engine.Enter(this, begins) is not { } attempt)
            return Task;
        else if (begins)
            Invoke(attempt);
        else
            GoOn(Wake.Admitted);
        return Task;
    }

    protected CancellationTokenRegistration Register(CancellationToken token) =>
        token.UnsafeRegister(static self => ((ThrottledCall<T>)self!).Engine.OnCallerCanceled((ThrottledCall<T>)self), this);

    /// <summary>The call is over: it gives up what it holds outside the engine.</summary>
    protected virtual void GiveUpHoldings(Exception? error)
    {
        _callerRegistration.Unregister();
        DisposeLease();
        Telemetry.EndCall(_activity, this, error);
    }

    private void DisposeLease()
    {
        try
        {
            Lease?.Dispose();
        }
        // Whatever a limiter makes of it, the call has its outcome.
        catch (Exception)
        {
        }
        Lease = null;
    }

    protected override void GoOn(Wake reason)
    {
        try
        {
            switch (reason)
            {
                case Wake.Admitted when Lease is null && Options.RateLimiter is { } limiter:
                    AcquireAsync(limiter).Observe();
                    break;
                case Wake.Admitted or Wake.Acquired:
                    GoToPlace();
                    break;
                case Wake.InPlace when IsCanceled || TotalTimedOut:
                    Fail(IsCanceled ? Canceled(LastError) : TotalTimeout());
                    break;
                case Wake.InPlace:
                    Invoke(Engine.Begin(this));
                    break;
                case Wake.Ended:
                    Handle(Tasks.ErrorOf(Attempt!.Task!));
                    break;
                case Wake.Abandoned:
                    Handle(error: null);
                    break;
                case Wake.Canceled:
                    Fail(Canceled(LastError));
                    break;
                case Wake.QueueTimeout:
                    Fail(QueueTimeout());
                    break;
                case Wake.TotalTimeout:
                    Fail(TotalTimeout());
                    break;
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    private void GoToPlace()
    {
        if (Caller.IsHere)
            GoOn(Wake.InPlace);
        else
            QueueInPlace();
    }

    /// <param name="attempt">The one that begins here. From then on the call may be woken, and go on to another, before this thread comes to anything.</param>
    private void Invoke(Attempt attempt)
    {
        if (Caller.Execution is { } execution)
            ExecutionContext.Run(execution, static attempt => ((Attempt)attempt!).Start(), attempt);
        else
            attempt.Start();
        // Left behind before it came to start, it has none.
        if (attempt.Task is not { } task)
            return;
        if (Caller.Execution is null)
            attempt.Leave();
        if (task.IsCompleted)
            attempt.OnEnded();
        else
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(attempt.OnEnded);
    }

    public override void Start(Attempt attempt)
    {
        if (_activity is not null && Caller.Execution is not null)
            Activity.Current = _activity;
        attempt.Run(_call);
    }

    public override void OnEnded(Attempt attempt)
    {
        if (attempt.Task!.IsCompletedSuccessfully)
            Succeed(attempt);
        else if (Engine.TryEnd(this, attempt))
            GoOn(Wake.Ended);
        else
            attempt.BeLate();
    }

    private void Succeed(Attempt attempt)
    {
        T result;
        int? tokens;
        try
        {
            result = Tasks.ResultOf<T>(attempt.Task!);
            tokens = _actualTokens?.Invoke(result);
        }
        catch (Exception exception)
        {
            if (Engine.TryEnd(this, attempt))
                Fail(exception);
            return;
        }
        if (!Engine.Succeed(this, attempt, tokens))
        {
            attempt.BeLate();
            return;
        }
        Telemetry.AttemptEnded(this, Telemetry.Succeeded);
        if (!KeepsSlot)
            GiveUpHoldings(error: null);
        _result.SetResult(result);
    }

    private void Fail(Exception exception)
    {
        Engine.Exit(this, failed: true);
        GiveUpHoldings(exception);
        _result.SetException(exception);
    }

    /// <summary>Learns from a failed attempt and queues for the next, or fails.</summary>
    /// <param name="error"><see langword="null"/> when the attempt was left behind.</param>
    private void Handle(Exception? error)
    {
        if (IsCanceled)
        {
            Engine.Stop(this);
            Telemetry.AttemptEnded(this, Telemetry.Canceled);
            Fail(Canceled(error));
        }
        else if (IsHandedOver)
            Fail(TotalTimedOut || error is null ? TotalTimeout() : error);
        else
            Retry(error);
    }

    private void Retry(Exception? error)
    {
        var timedOut = AttemptTimedOut || TotalTimedOut || error is null;
        var failure = timedOut ? new LlmFailure(LlmFailureKind.TimedOut) : Classify(error!);
        var again = Engine.TryAgain(this, failure);
        Failed!.LastError = error ?? Failed.LastError;
        Telemetry.AttemptEnded(this, Telemetry.OutcomeOf(failure.Kind));
        if (again is { } delay)
        {
            DisposeLease();
            Telemetry.Retrying(_activity, this, failure, delay);
            Options.OnRetry?.Invoke(new(error ?? AttemptTimeout(null), failure, Attempts, delay));
            Engine.Requeue(this);
            return;
        }
        if (!timedOut)
            RetryAfterHeader.Note(error!, failure.RetryAfter);
        Fail(TotalTimedOut ? TotalTimeout() : timedOut ? AttemptTimeout(error) : error!);
    }

    public override void Tell(string change, LlmFailureKind? reason, double? pause) => Telemetry.Tell(_activity, change, reason, pause);

    private LlmFailure Classify(Exception error)
    {
        var failure = Options.Classify is { } classify ? classify(error) : FailureReader.Read(error, Options.TimeProvider);
        return failure with { RetryAfter = failure.RetryAfter ?? Attempt!.ReportedRetryAfter };
    }

    private async Task AcquireAsync(RateLimiter limiter)
    {
        var attempt = Attempt!.Token;
        try
        {
            while (Lease is null)
            {
                var lease = await AcquireAsync(limiter, attempt).ConfigureAwait(false);
                if (lease.IsAcquired)
                {
                    Lease = lease;
                    break;
                }
                var wait = RetryAfterOf(lease);
                lease.Dispose();
                await System.Threading.Tasks.Task.Delay(wait, Options.TimeProvider, attempt).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException canceled) when (attempt.IsCancellationRequested)
        {
            Fail(IsCanceled ? Canceled(canceled) : TotalTimedOut ? TotalTimeout() : QueueTimeout());
            return;
        }
        catch (Exception exception)
        {
            if (!Options.IgnoreRateLimiterFailures)
            {
                Fail(exception);
                return;
            }
        }
        GoOn(Wake.Acquired);
    }

    /// <summary>Asks a limiter that may not listen to its token.</summary>
    private static async Task<RateLimitLease> AcquireAsync(RateLimiter limiter, CancellationToken cancellationToken)
    {
        var asked = limiter.AcquireAsync(1, cancellationToken).AsTask();
        try
        {
            return await asked.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!asked.IsCompleted)
        {
            DisposeAsync(asked).Observe();
            throw;
        }

        static async Task DisposeAsync(Task<RateLimitLease> late) => (await late.ConfigureAwait(false)).Dispose();
    }

    /// <summary>How long a limiter wants us to wait. The framework's limiters say it as a <see cref="TimeSpan"/>, others in seconds.</summary>
    private static TimeSpan RetryAfterOf(RateLimitLease lease)
    {
        lease.TryGetMetadata(MetadataName.RetryAfter.Name, out var said);
        var wait = said switch
        {
            TimeSpan time => time.TotalSeconds,
            int seconds => seconds,
            long seconds => seconds,
            double seconds => seconds,
            _ => LimiterPoll,
        };
        // Not a number is the shortest.
        return TimeSpan.FromSeconds(Math.Min(double.MaxNumber(wait, ShortestLimiterWait), Durations.Longest.TotalSeconds));
    }

    protected OperationCanceledException Canceled(Exception? error) => new("The caller cancelled the call.", error, CanceledToken);

    private TimeoutException QueueTimeout() => new($"The call was not admitted within {Options.QueueTimeout}.");

    private TimeoutException AttemptTimeout(Exception? error) => new($"The attempt did not end within {Options.AttemptTimeout}.", error);

    private TimeoutException TotalTimeout() => new($"The call did not end within {Options.TotalTimeout}.", LastError);
}
