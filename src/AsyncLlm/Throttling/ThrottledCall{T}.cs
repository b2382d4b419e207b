using System.Runtime.ExceptionServices;
using System.Threading.RateLimiting;

namespace AsyncLlm;

/// <summary>One call's way through the throttle: wait for a slot, attempt, and again while the failure is worth it.</summary>
internal sealed class ThrottledCall<T> : ThrottledCall
{
    private static readonly TimeSpan LimiterPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ShortestLimiterWait = TimeSpan.FromMilliseconds(1);

    private readonly Func<CancellationToken, Task> _call;
    private readonly Func<T, int>? _actualTokens;
    private readonly CallerContext _caller;
    private readonly bool _keepsSlot;
    private CancellationTokenRegistration _callerRegistration;
    private Exception? _lastError;

    /// <param name="keepsSlot">Whether the slot, and the caller's cancellation of the attempt, outlive a success until <see cref="Close"/>.</param>
    public ThrottledCall(
        ThrottleEngine engine, Func<CancellationToken, Task> call, LlmCost cost, Func<T, int>? actualTokens, bool keepsSlot, CallerContext caller, CancellationToken callerToken)
        : base(engine, cost.Tokens, callerToken)
    {
        _call = call;
        _actualTokens = actualTokens;
        _keepsSlot = keepsSlot;
        _caller = caller;
    }

    public async Task<T> RunAsync()
    {
        var succeeded = false;
        _callerRegistration = CallerToken.UnsafeRegister(static self => ((ThrottledCall<T>)self!).OnCallerCanceled(), this);
        try
        {
            if (!(NestedCall.Current is { } outer && outer.Engine == Engine && Engine.TryTakeOver(outer, this)))
                ThrowUnlessAdmitted(await Engine.EnterAsync(this).ConfigureAwait(false));
            while (true)
            {
                if (Engine.Options.RateLimiter is { } limiter && Lease is null)
                    Lease = await AcquireAsync(limiter).ConfigureAwait(false);
                var task = await AttemptAsync().ConfigureAwait(false);
                if (task is { IsCompletedSuccessfully: true })
                {
                    var result = Tasks.ResultOf<T>(task);
                    Engine.Succeed(this, _actualTokens?.Invoke(result), _keepsSlot);
                    succeeded = true;
                    return result;
                }
                Handle(task);
                ThrowUnlessAdmitted(await WokenAsync().ConfigureAwait(false));
            }
        }
        finally
        {
            if (!succeeded || !_keepsSlot)
                Close(failed: !succeeded);
        }
    }

    /// <summary>Ends what a call that kept its slot has kept.</summary>
    public void Close(bool failed = false)
    {
        _callerRegistration.Dispose();
        Engine.Exit(this, failed);
    }

    /// <summary>Runs the delegate; <see langword="null"/> when it did not end although it was cancelled.</summary>
    private async Task<Task?> AttemptAsync()
    {
        var attempt = Attempt!;
        await _caller.Enter();
        var end = Engine.BeginAsync(this);
        var nested = NestedCall.Enter(this);
        var task = Invoke(attempt.Token);
        if (task.IsCompleted)
            Engine.OnEnded(this, attempt);
        else
            task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => Engine.OnEnded(this, attempt));
        var wake = await end.ConfigureAwait(false);
        nested.End();
        if (wake == Wake.Ended)
            return task;
        task.Observe();
        return null;
    }

    private Task Invoke(CancellationToken token)
    {
        try
        {
            return _call(token) ?? Task.FromException(Tasks.NullTask());
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }
    }

    /// <summary>Learns from a failed attempt and queues for the next; throws unless there will be one.</summary>
    private void Handle(Task? task)
    {
        var error = task is null ? null : Tasks.ErrorOf(task);
        if (CallerToken.IsCancellationRequested)
            throw Canceled(error);
        if (IsHandedOver)
            ExceptionDispatchInfo.Throw(TotalTimedOut || error is null ? TotalTimeout() : error);
        var timedOut = AttemptTimedOut || TotalTimedOut;
        var failure = timedOut || error is null ? new LlmFailure(LlmFailureKind.TimedOut) : Classify(error);
        _lastError = error ?? _lastError;
        if (Engine.TryAgain(this, failure) is { } delay)
        {
            Engine.Options.OnRetry?.Invoke(new(error ?? AttemptTimeout(null), failure, Attempts, delay));
            return;
        }
        if (TotalTimedOut)
            throw TotalTimeout();
        if (timedOut || error is null)
            throw AttemptTimeout(error);
        RetryAfterHeader.Note(error, failure.RetryAfter);
        ExceptionDispatchInfo.Throw(error);
    }

    private LlmFailure Classify(Exception error)
    {
        var failure = Engine.Options.Classify is { } classify ? classify(error) : LlmFailure.Classify(error);
        return failure with { RetryAfter = failure.RetryAfter ?? ReportedRetryAfter };
    }

    private async Task<RateLimitLease?> AcquireAsync(RateLimiter limiter)
    {
        var attempt = Attempt!.Token;
        try
        {
            while (true)
            {
                var lease = await limiter.AcquireAsync(1, attempt).ConfigureAwait(false);
                if (lease.IsAcquired)
                    return lease;
                var wait = RetryAfterOf(lease);
                lease.Dispose();
                await Task.Delay(wait, Engine.Options.TimeProvider, attempt).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException canceled) when (attempt.IsCancellationRequested)
        {
            throw TotalTimedOut ? TotalTimeout() : Canceled(canceled);
        }
        catch (Exception) when (Engine.Options.IgnoreRateLimiterFailures)
        {
            return null;
        }
    }

    /// <summary>How long a limiter wants us to wait. The framework's limiters say it as a <see cref="TimeSpan"/>, others in seconds.</summary>
    private static TimeSpan RetryAfterOf(RateLimitLease lease)
    {
        lease.TryGetMetadata(MetadataName.RetryAfter.Name, out var said);
        var wait = said switch
        {
            TimeSpan time => time,
            int seconds => TimeSpan.FromSeconds(seconds),
            double seconds => TimeSpan.FromSeconds(seconds),
            _ => LimiterPoll,
        };
        return wait > ShortestLimiterWait ? wait : ShortestLimiterWait;
    }

    private void ThrowUnlessAdmitted(Wake wake)
    {
        switch (wake)
        {
            case Wake.Canceled:
                throw Canceled(_lastError);
            case Wake.QueueTimeout:
                throw new TimeoutException($"The call was not admitted within {Engine.Options.QueueTimeout}.");
            case Wake.TotalTimeout:
                throw TotalTimeout();
        }
    }

    private OperationCanceledException Canceled(Exception? error) => new("The caller cancelled the call.", error, CallerToken);

    private TimeoutException AttemptTimeout(Exception? error) => new($"The attempt did not end within {Engine.Options.AttemptTimeout}.", error);

    private TimeoutException TotalTimeout() => new($"The call did not end within {Engine.Options.TotalTimeout}.", _lastError);

    private void OnCallerCanceled() => Engine.OnCallerCanceled(this);
}
