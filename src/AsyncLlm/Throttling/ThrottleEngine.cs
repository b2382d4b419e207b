namespace AsyncLlm;

/// <summary>
/// Decides when attempts start, when they end and whether they are repeated: one lock, one clock, one timer, because these are one decision.
/// </summary>
/// <remarks>Times are seconds since the engine was made.</remarks>
internal sealed class ThrottleEngine
{
    private const double Grace = 1;

    private readonly object _gate = new();
    private readonly LlmThrottleOptions _options;
    private readonly long _origin;
    private readonly Pacer _pacer;
    private readonly Backoff _backoff;
    private readonly ServiceGate _service;
    private readonly RetryBudget _budget;
    private readonly LinkedList<ThrottledCall> _arrived = [];
    private readonly LinkedList<ThrottledCall> _returned = [];
    private readonly LinkedList<ThrottledCall> _running = [];
    private readonly LinkedList<ThrottledCall> _leaving = [];
    private readonly LinkedList<ThrottledCall> _started = [];
    private ITimer? _timer;
    private double _timerDue = double.PositiveInfinity;
    private int _inFlight;
    private int _faults;
    private long _succeeded;
    private long _failed;
    private long _rateLimited;
    private long _retries;

    public ThrottleEngine(LlmThrottleOptions options)
    {
        _options = options;
        _origin = options.TimeProvider.GetTimestamp();
        _backoff = new Backoff(_origin);
        _service = new ServiceGate(_backoff);
        _pacer = new Pacer(options.RequestsPerMinute, options.TokensPerMinute);
        _budget = new RetryBudget(options.RetryBudget);
    }

    public LlmThrottleOptions Options => _options;

    private double Now => _options.TimeProvider.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Queues a call that has come; what is returned says when and why it goes on.</summary>
    public ValueTask<Wake> EnterAsync(ThrottledCall call)
    {
        lock (_gate)
        {
            var now = Now;
            call.EnteredAt = now;
            _budget.Deposit();
            _arrived.AddLast(call.Queued);
            return QueueAsync(call, now);
        }
    }

    /// <summary>Waits for the admission of a call that <see cref="TryAgain"/> has queued.</summary>
    public ValueTask<Wake> ReenterAsync(ThrottledCall call)
    {
        lock (_gate)
            return call.TotalTimedOut ? new(Wake.TotalTimeout) : QueueAsync(call, Now);
    }

    private ValueTask<Wake> QueueAsync(ThrottledCall call, double now)
    {
        var sleep = call.SleepAsync();
        if (call.CallerToken.IsCancellationRequested)
        {
            call.Queued.List?.Remove(call.Queued);
            call.WakeUp(Wake.Canceled);
        }
        Pump(now, entering: call);
        return sleep;
    }

    /// <summary>The attempt starts now: its clocks run from here. Its end wakes the call.</summary>
    public ValueTask<Wake> BeginAsync(ThrottledCall call)
    {
        lock (_gate)
        {
            var now = Now;
            Begin(call, now);
            var sleep = call.SleepAsync();
            if (call.CallerToken.IsCancellationRequested || call.TotalTimedOut)
                Cancel(call, now);
            ArmFor(FirstDeadline());
            return sleep;
        }
    }

    private void Begin(ThrottledCall call, double now)
    {
        if (call.Attempts++ == 0)
        {
            call.EndsBy = now + Seconds(_options.TotalTimeout);
            _started.AddLast(call.Started);
        }
        call.InAttempt = true;
        call.AttemptTimedOut = false;
        call.Admission = call.Admission with { At = now };
        call.AttemptEndsBy = now + Seconds(_options.AttemptTimeout);
        _running.AddLast(call.Running);
    }

    /// <summary>A call inside a running one takes over its slot, its admission and its lease; <see langword="false"/> when they are gone.</summary>
    public bool TryTakeOver(ThrottledCall outer, ThrottledCall inner)
    {
        lock (_gate)
        {
            if (outer.Running.List != _running)
                return false;
            outer.IsHandedOver = true;
            outer.HasSlot = false;
            _running.Remove(outer.Running);
            inner.HasSlot = true;
            inner.EnteredAt = outer.EnteredAt;
            inner.IsProbe = outer.IsProbe;
            inner.Admission = outer.Admission;
            (inner.Lease, outer.Lease) = (outer.Lease, null);
            inner.Attempt = new CancellationTokenSource();
            _budget.Deposit();
            return true;
        }
    }

    /// <summary>The attempt's task has ended.</summary>
    public void OnEnded(ThrottledCall call, CancellationTokenSource attempt)
    {
        lock (_gate)
            if (call.Attempt != attempt || !call.TryClaimWake())
                return;
        call.WakeUpHere(Wake.Ended);
    }

    public void OnCallerCanceled(ThrottledCall call)
    {
        lock (_gate)
        {
            var now = Now;
            if (call.Queued.List is { } queue)
            {
                queue.Remove(call.Queued);
                call.WakeUp(Wake.Canceled);
                Pump(now);
            }
            else
            {
                Cancel(call, now);
                ArmFor(FirstDeadline());
            }
        }
    }

    /// <summary>The attempt is over and succeeded; unless the call keeps its slot, the next may start.</summary>
    public void Succeed(ThrottledCall call, int? actualTokens, bool keepsSlot)
    {
        lock (_gate)
        {
            var now = Now;
            _succeeded++;
            Stop(call, now);
            if (call.IsHandedOver)
                return;
            _pacer.Refund(actualTokens is { } tokens ? call.Tokens - tokens : 0);
            _faults = 0;
            _service.Works(call.IsProbe);
            _pacer.Answered(call.Admission);
            if (!keepsSlot)
                Release(call);
            Pump(now);
        }
    }

    /// <summary>The attempt is over and failed. Unless this returns <see langword="null"/>, the call is in the queue again, for so long at least.</summary>
    public TimeSpan? TryAgain(ThrottledCall call, LlmFailure failure)
    {
        lock (_gate)
        {
            var now = Now;
            Stop(call, now);
            Release(call);
            if (failure.Kind != LlmFailureKind.RateLimited)
                _pacer.Refund(call.Tokens);
            var again = Learn(call, failure, now) && !call.TotalTimedOut;
            if (again)
                Return(call);
            var wait = Math.Max(call.NotBefore, Math.Max(_pacer.ClosedUntil, _service.ClosedUntil)) - now;
            Pump(now);
            return again ? TimeSpan.FromSeconds(Math.Max(0, wait)) : null;
        }
    }

    /// <summary>The call is over, however it ended.</summary>
    public void Exit(ThrottledCall call, bool failed)
    {
        lock (_gate)
        {
            var now = Now;
            if (failed)
                _failed++;
            call.Queued.List?.Remove(call.Queued);
            Stop(call, now);
            Release(call);
            call.Started.List?.Remove(call.Started);
            Pump(now);
        }
    }

    public void Report(in LlmRateInfo observed, ThrottledCall? call)
    {
        lock (_gate)
        {
            var now = Now;
            _pacer.Observe(observed, call is { HasSlot: true } ? call.Admission : null, now);
            Pump(now);
        }
    }

    public LlmThrottleStatistics GetStatistics()
    {
        lock (_gate)
        {
            var now = Now;
            return new()
            {
                Queued = _arrived.Count + _returned.Count,
                InFlight = _inFlight,
                Admitted = _pacer.Admitted,
                Succeeded = _succeeded,
                Failed = _failed,
                RateLimited = _rateLimited,
                Retries = _retries,
                RequestsPerMinute = PerMinute(_pacer.RequestRate),
                TokensPerMinute = PerMinute(_pacer.TokenRate),
                PausedFor = TimeSpan.FromSeconds(Math.Min(Math.Max(0, Math.Max(_pacer.ClosedUntil, _service.ClosedUntil) - now), TimeSpan.MaxValue.TotalSeconds)),
            };
        }
    }

    /// <summary>What a failure means for the others, and whether this call may try again.</summary>
    private bool Learn(ThrottledCall call, LlmFailure failure, double now)
    {
        var retryAfter = failure.RetryAfter is { } asked ? Math.Max(0, asked.TotalSeconds) : (double?)null;
        var mayWait = !(retryAfter > Seconds(_options.MaxRetryAfter));
        call.NotBefore = now;
        switch (failure.Kind)
        {
            case LlmFailureKind.RateLimited:
                _rateLimited++;
                _service.Works(call.IsProbe);
                _pacer.Refused(call.Admission, call.Tokens, mayWait ? retryAfter : null, now);
                return mayWait;

            case LlmFailureKind.Overloaded or LlmFailureKind.ConnectionFailed:
                _pacer.Answered(call.Admission);
                var counted = _service.Fails(failure.Kind, call.IsProbe, mayWait ? retryAfter : null, now);
                return mayWait && (!counted || TrySpendRetry(call));

            case LlmFailureKind.Transient:
                _pacer.Answered(call.Admission);
                _service.Works(call.IsProbe);
                call.NotBefore = now + Math.Max(retryAfter ?? 0, _backoff.Next(_faults++));
                return mayWait && TrySpendRetry(call);

            case LlmFailureKind.TimedOut:
                _pacer.Answered(call.Admission);
                return call.TimeoutRetries < _options.MaxTimeoutRetries && TrySpendRetry(call) && ++call.TimeoutRetries > 0;

            default:
                _pacer.Answered(call.Admission);
                _service.Works(call.IsProbe);
                return false;
        }
    }

    /// <summary>Puts a call at the head of the queue, behind those that came back before it.</summary>
    private void Return(ThrottledCall call)
    {
        // The next probe is another call: a request that breaks the service must not keep the gate closed for all.
        if (call.IsProbe && _returned.Count == 0 && _arrived.First is { } other)
        {
            _arrived.Remove(other);
            _returned.AddLast(other);
        }
        _returned.AddLast(call.Queued);
    }

    private bool TrySpendRetry(ThrottledCall call)
    {
        if (call.Retries >= _options.MaxRetries || !_budget.TryWithdraw())
            return false;
        call.Retries++;
        _retries++;
        return true;
    }

    /// <summary>Cancels a running attempt and gives it one second to end.</summary>
    private void Cancel(ThrottledCall call, double now)
    {
        call.Attempt?.CancelAsync().Observe();
        if (!call.InAttempt || call.Running.List == _leaving)
            return;
        call.Running.List?.Remove(call.Running);
        call.AttemptEndsBy = now + Grace;
        _leaving.AddLast(call.Running);
    }

    /// <summary>The attempt's clocks stop.</summary>
    private static void Stop(ThrottledCall call, double now)
    {
        if (!call.InAttempt)
            return;
        call.InAttempt = false;
        call.Running.List?.Remove(call.Running);
        call.RunTime += now - call.Admission.At;
    }

    private void Release(ThrottledCall call)
    {
        call.Attempt = null;
        call.Lease?.Dispose();
        call.Lease = null;
        if (!call.HasSlot)
            return;
        call.HasSlot = false;
        _inFlight--;
        _service.Leaves(call.IsProbe);
    }

    /// <summary>Ends what is due, admits what may start, and sets the timer for what comes next.</summary>
    /// <param name="entering">The call that came: nobody awaits it yet, so that it can go on at once.</param>
    private void Pump(double now, ThrottledCall? entering = null)
    {
        EndWhatIsDue(now);
        var next = double.PositiveInfinity;
        while (_inFlight < _options.MaxConcurrency && Next(now, ref next) is { } call)
        {
            var opens = Math.Max(_service.AdmitsAt(now), _pacer.AdmitsAt(call.Tokens, now));
            if (opens > now)
            {
                next = Math.Min(next, opens);
                break;
            }
            call.Queued.List!.Remove(call.Queued);
            call.HasSlot = true;
            call.Attempt = new CancellationTokenSource();
            call.Admission = _pacer.Admit(call.Tokens, now);
            call.IsProbe = _service.Admit();
            _inFlight++;
            if (call == entering && call.TryClaimWake())
                call.WakeUpHere(Wake.Admitted);
            else
                call.WakeUp(Wake.Admitted);
        }
        ArmFor(Math.Min(next, FirstDeadline()));
    }

    /// <summary>The call to admit next: one that comes back before one that is new.</summary>
    private ThrottledCall? Next(double now, ref double next)
    {
        for (var node = _returned.First; node is not null; node = node.Next)
        {
            if (node.Value.NotBefore <= now)
                return node.Value;
            next = Math.Min(next, node.Value.NotBefore);
        }
        return _arrived.First?.Value;
    }

    private void EndWhatIsDue(double now)
    {
        while (_leaving.First?.Value is { } left && left.AttemptEndsBy <= now)
        {
            Stop(left, now);
            left.WakeUp(Wake.Abandoned);
        }
        while (_running.First?.Value is { } slow && slow.AttemptEndsBy <= now)
        {
            slow.AttemptTimedOut = true;
            Cancel(slow, now);
        }
        while (_started.First?.Value is { } late && late.EndsBy <= now)
        {
            late.TotalTimedOut = true;
            _started.RemoveFirst();
            if (late.Queued.List is { } queue)
            {
                queue.Remove(late.Queued);
                late.WakeUp(Wake.TotalTimeout);
            }
            else
                Cancel(late, now);
        }
        while (_arrived.First?.Value is { } waiting && waiting.EnteredAt + Seconds(_options.QueueTimeout) <= now)
        {
            _arrived.RemoveFirst();
            waiting.WakeUp(Wake.QueueTimeout);
        }
    }

    private double FirstDeadline()
    {
        var first = _arrived.First?.Value.EnteredAt + Seconds(_options.QueueTimeout) ?? double.PositiveInfinity;
        first = Math.Min(first, _running.First?.Value.AttemptEndsBy ?? double.PositiveInfinity);
        first = Math.Min(first, _started.First?.Value.EndsBy ?? double.PositiveInfinity);
        return Math.Min(first, _leaving.First?.Value.AttemptEndsBy ?? double.PositiveInfinity);
    }

    /// <summary>Sets the timer. One that fires too early for nothing is let be: setting it anew for every call costs more.</summary>
    private void ArmFor(double due)
    {
        if (double.IsPositiveInfinity(due) && !double.IsPositiveInfinity(_timerDue))
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        else if (due >= _timerDue)
            return;
        _timerDue = due;
        if (double.IsPositiveInfinity(due))
            return;
        _timer ??= _options.TimeProvider.CreateTimer(static engine => ((ThrottleEngine)engine!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        // Timers count whole milliseconds; one that is a little early would fire twice.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((due - Now) * 1000), 1, uint.MaxValue - 1.0)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerDue = double.PositiveInfinity;
            Pump(Now);
        }
    }

    private static double? PerMinute(double perSecond) => double.IsInfinity(perSecond) ? null : perSecond * 60;

    private static double Seconds(TimeSpan duration) => duration == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : duration.TotalSeconds;
}
