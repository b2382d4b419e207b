namespace AsyncLlm;

/// <summary>
/// Decides when attempts start, when they end and whether they are repeated: one lock, one clock, one timer, because these are one decision.
/// </summary>
/// <remarks>Times are seconds since the engine was made.</remarks>
internal sealed class ThrottleEngine
{
    private const double Grace = 1;

    // What waits for permits of a limiter waits there for good: of a process that dies they are wasted, and what it is refused for cannot
    // overtake them. Two hide the time one permit takes to be fetched.
    private const int MostAtLimiter = 2;

    private readonly object _gate = new();
    private readonly LlmThrottleOptions _options;
    private readonly long _origin;
    private readonly Pacer _pacer;
    private readonly Backoff _backoff;
    private readonly ServiceGate _service;
    private readonly RetryBudget _budget;
    private readonly CallList _arrived = new();
    private readonly CallList _acquiring = new();
    private readonly CallList _returned = new();
    private readonly CallList _running = new();
    private readonly CallList _leaving = new();
    private readonly CallList _started = new(byStart: true);
    private readonly double _attemptTimeout;
    private readonly double _totalTimeout;
    private readonly double _queueTimeout;
    private readonly double _maxRetryAfter;
    private ITimer? _timer;
    private double _timerDue = double.PositiveInfinity;
    private double _opensAt = double.PositiveInfinity;
    private ThrottledCall? _failedProbe;
    private int _inFlight;
    private int _atLimiter;
    private int _faults;
    private long _succeeded;
    private long _failed;
    private long _rateLimited;
    private long _retries;

    public ThrottleEngine(LlmThrottleOptions options)
    {
        _options = options;
        _attemptTimeout = Seconds(options.AttemptTimeout);
        _totalTimeout = Seconds(options.TotalTimeout);
        _queueTimeout = Seconds(options.QueueTimeout);
        _maxRetryAfter = Seconds(options.MaxRetryAfter);
        _origin = options.TimeProvider.GetTimestamp();
        _backoff = new Backoff(_origin);
        _service = new ServiceGate(_backoff);
        _pacer = new Pacer(options.RequestsPerMinute, options.TokensPerMinute, isShared: options.RateLimiter is not null);
        _budget = new RetryBudget(options.RetryBudget);
    }

    public LlmThrottleOptions Options => _options;

    private double Now => _options.TimeProvider.GetElapsedTime(_origin).TotalSeconds;

    /// <summary>Queues a call that has come.</summary>
    /// <param name="begins">Whether its attempt starts with its admission.</param>
    /// <returns>The attempt it has been admitted for, with which it goes on at once; <see langword="null"/> when it will be woken.</returns>
    public Attempt? Enter(ThrottledCall call, bool begins)
    {
        lock (_gate)
        {
            var now = Now;
            call.Since = now;
            _arrived.AddLast(call);
            var isAdmitted = Wait(call, now, goesOn: true);
            var attempt = isAdmitted ? call.Attempt : null;
            if (isAdmitted && begins)
                Begin(call, now);
            Arm();
            return attempt;
        }
    }

    /// <summary>The attempt starts now: its clocks run from here, and its end wakes the call.</summary>
    public Attempt Begin(ThrottledCall call)
    {
        lock (_gate)
        {
            var now = Now;
            var attempt = call.Attempt!;
            Begin(call, now);
            if (_options.RateLimiter is not null)
                Pump(now);
            Arm();
            return attempt;
        }
    }

    /// <summary>A call inside a running attempt takes over its slot, its admission and its lease; <see langword="false"/> when they are gone.</summary>
    public bool TryTakeOver(Attempt attempt, ThrottledCall inner)
    {
        lock (_gate)
        {
            if (attempt.Call is not { InAttempt: true, HasSlot: true } outer || _leaving.Contains(outer))
                return false;
            outer.IsHandedOver = true;
            outer.HasSlot = false;
            _running.Remove(outer);
            inner.HasSlot = true;
            inner.Since = Now;
            inner.IsProbe = outer.IsProbe;
            (inner.Lease, outer.Lease) = (outer.Lease, null);
            inner.Attempt = inner.NewAttempt();
            inner.Admission = outer.Admission with { ReservedTokens = inner.Tokens };
            if (outer.HasReserved)
                _pacer.Refund(outer.Admission, outer.Admission.ReservedTokens - inner.Tokens);
            (inner.HasReserved, outer.HasReserved) = (outer.HasReserved, false);
            return true;
        }
    }

    /// <summary>The attempt's task has ended; <see langword="false"/> when the call does not wait for it any more.</summary>
    public bool TryEnd(ThrottledCall call, Attempt attempt)
    {
        lock (_gate)
            return call.Attempt == attempt && call.TryClaimWake();
    }

    public void OnCallerCanceled(ThrottledCall call)
    {
        lock (_gate)
        {
            var now = Now;
            if (Dequeue(call))
            {
                call.WakeUp(Wake.Canceled);
                Pump(now);
            }
            else
                Cancel(call, now);
            Arm();
        }
    }

    /// <summary>The attempt's task has succeeded: unless it keeps its slot, the call is over; <see langword="false"/> when it does not wait for it any more.</summary>
    public bool Succeed(ThrottledCall call, Attempt attempt, int? actualTokens)
    {
        lock (_gate)
        {
            if (call.Attempt != attempt || !call.TryClaimWake())
                return false;
            var now = Now;
            if (!call.IsHandedOver)
            {
                if (actualTokens is { } tokens && call.HasReserved)
                    _pacer.Settle(call.Admission, call.Tokens, tokens);
                call.HasReserved = false;
                _faults = 0;
                Works(call);
                PayIn(call);
                _pacer.Answered(call.Admission);
            }
            if (call.KeepsSlot)
                Open(call, now);
            else
                Leave(call, now);
            Pump(now);
            Arm();
            return true;
        }
    }

    /// <summary>The attempt is over and failed. Unless this returns <see langword="null"/>, the call has to <see cref="Requeue"/>, and waits so long at least.</summary>
    public TimeSpan? TryAgain(ThrottledCall call, LlmFailure failure)
    {
        lock (_gate)
        {
            var now = Now;
            Stop(call, now);
            Release(call);
            if (failure.Kind != LlmFailureKind.RateLimited)
                Refund(call);
            call.HasReserved = false;
            var again = Learn(call, failure, now) && !call.TotalTimedOut;
            var wait = Math.Max(call.Failed!.NotBefore, Math.Max(_pacer.ClosedUntil, _service.ClosedUntil)) - now;
            if (!again)
            {
                Pump(now);
                Arm();
            }
            return again ? TimeSpan.FromSeconds(Math.Max(0, wait)) : null;
        }
    }

    /// <summary>Queues a call again: at the head, behind those that came back before it.</summary>
    public void Requeue(ThrottledCall call)
    {
        lock (_gate)
        {
            _returned.AddLast(call);
            Wait(call, Now, goesOn: false);
            Arm();
        }
    }

    /// <summary>The attempt is over, whatever it was.</summary>
    public void Stop(ThrottledCall call)
    {
        lock (_gate)
            Stop(call, Now);
    }

    /// <summary>An open stream is being disposed: it has a second to end.</summary>
    public void Leave(ThrottledCall call)
    {
        lock (_gate)
        {
            Cancel(call, Now);
            Arm();
        }
    }

    /// <summary>A stream has ended and taken so many tokens.</summary>
    public void Settle(ThrottledCall call, int tokens)
    {
        lock (_gate)
            _pacer.Settle(call.Admission, call.Tokens, tokens);
    }

    /// <summary>The call is over, however it ended.</summary>
    public void Exit(ThrottledCall call, bool failed)
    {
        lock (_gate)
        {
            var now = Now;
            call.TryClaimWake();
            Dequeue(call);
            Leave(call, now, failed);
            Pump(now);
            Arm();
        }
    }

    public void Report(in LlmRateInfo observed, Attempt? attempt)
    {
        lock (_gate)
        {
            var now = Now;
            var answered = attempt?.Call is { HasSlot: true, Admission: { Marks: not null } admission } ? admission : (Admission?)null;
            _pacer.Observe(observed, answered, now);
            if (attempt is not null)
                attempt.ReportedRetryAfter = observed.RetryAfter;
            Pump(now);
            Arm();
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

    /// <summary>A call that has been queued waits to be woken.</summary>
    /// <param name="goesOn">Whether it goes on by itself when it is admitted at once.</param>
    /// <returns>Whether it goes on.</returns>
    private bool Wait(ThrottledCall call, double now, bool goesOn)
    {
        call.FallAsleep();
        if (call.IsCanceled || call.TotalTimedOut)
        {
            Dequeue(call);
            call.WakeUp(call.IsCanceled ? Wake.Canceled : Wake.TotalTimeout);
        }
        return Pump(now, goesOn ? call : null);
    }

    private void LeaveLimiter(ThrottledCall call)
    {
        _acquiring.Remove(call);
        if (call.IsAtLimiter)
            _atLimiter--;
        call.IsAtLimiter = false;
    }

    private void Begin(ThrottledCall call, double now)
    {
        LeaveLimiter(call);
        call.InAttempt = true;
        if (call.Attempts++ > 0)
            TryStartTotalAnew(call, now);
        else
        {
            call.QueueTime = now - call.Since;
            StartTotal(call, now);
        }
        call.AttemptTimedOut = false;
        call.Admission = call.Admission with { At = now };
        call.AttemptEndsBy = now + _attemptTimeout;
        if (!call.IsInPipeline)
            _running.AddLast(call);
        call.FallAsleep();
        if (call.IsCanceled || call.TotalTimedOut)
            Cancel(call, now);
    }

    private void StartTotal(ThrottledCall call, double now)
    {
        _started.Remove(call);
        call.Since = now;
        if (!call.IsInPipeline)
            _started.AddLast(call);
    }

    /// <summary>A call that was refused while others were served queues as it did before its first attempt: that is not its own time.</summary>
    /// <returns>Whether its total time starts anew.</returns>
    private bool TryStartTotalAnew(ThrottledCall call, double now)
    {
        if (call.Failed?.TryQueueAgain(_succeeded) != true)
            return false;
        StartTotal(call, now);
        return true;
    }

    /// <summary>The first item has come: from here on only the caller ends the stream.</summary>
    private void Open(ThrottledCall call, double now)
    {
        CountTime(call, now);
        _running.Remove(call);
        _leaving.Remove(call);
        _started.Remove(call);
        call.IsOpen = true;
        call.FallAsleep();
        if (call.IsCanceled)
            Cancel(call, now);
    }

    private void Leave(ThrottledCall call, double now, bool failed = false)
    {
        if (failed)
            _failed++;
        else
            _succeeded++;
        Stop(call, now);
        Refund(call);
        Release(call);
        _started.Remove(call);
        if (_failedProbe == call)
            _failedProbe = null;
    }

    private bool Dequeue(ThrottledCall call) => _arrived.Remove(call) || _returned.Remove(call);

    /// <summary>What a failure means for the others, and whether this call may try again.</summary>
    private bool Learn(ThrottledCall call, LlmFailure failure, double now)
    {
        var retryAfter = failure.RetryAfter is { } asked ? Math.Max(0, asked.TotalSeconds) : (double?)null;
        var mayWait = !(retryAfter > _maxRetryAfter);
        var failed = call.Failed ??= new(_succeeded);
        failed.NotBefore = now;
        failed.WasRefused = failure.Kind == LlmFailureKind.RateLimited;
        switch (failure.Kind)
        {
            case LlmFailureKind.RateLimited:
                _rateLimited++;
                Works(call);
                _pacer.Refused(call.Admission, mayWait ? retryAfter : null, now);
                if (_pacer.ClosedUntil > now)
                    call.Tell("gate closed", failure.Kind, _pacer.ClosedUntil - now);
                return mayWait;

            case LlmFailureKind.Overloaded or LlmFailureKind.ConnectionFailed:
                _pacer.Answered(call.Admission);
                var counted = _service.Fails(failure.Kind, call.IsProbe, mayWait ? retryAfter : null, now);
                if (_service.IsClosed)
                    call.Tell("gate closed", failure.Kind, _service.ClosedUntil - now);
                if (call.IsProbe)
                    _failedProbe = call;
                return mayWait && !call.IsInPipeline && (!counted || TrySpendRetry(call));

            case LlmFailureKind.Transient:
                _pacer.Answered(call.Admission);
                Works(call);
                failed.NotBefore = now + Math.Max(retryAfter ?? 0, _backoff.Next(_faults++));
                return mayWait && TrySpendRetry(call);

            case LlmFailureKind.TimedOut:
                _pacer.Answered(call.Admission);
                return failed.TimeoutRetries < _options.MaxTimeoutRetries && TrySpendRetry(call) && ++failed.TimeoutRetries > 0;

            default:
                _pacer.Answered(call.Admission);
                Works(call);
                return false;
        }
    }

    private bool TrySpendRetry(ThrottledCall call)
    {
        if (call.IsInPipeline || call.Failed!.Retries >= _options.MaxRetries)
            return false;
        PayIn(call);
        if (!_budget.TryWithdraw())
            return false;
        call.Failed.Retries++;
        _retries++;
        return true;
    }

    // When it is answered, once: of thousands that are queued or on their way at the same time most would pay into a reserve that is full.
    private void PayIn(ThrottledCall call)
    {
        if (call.Failed is not { Retries: > 0 })
            _budget.Deposit();
    }

    /// <summary>Cancels a running attempt and gives it one second to end.</summary>
    private void Cancel(ThrottledCall call, double now)
    {
        call.Attempt?.CancelAsync().Observe();
        if (!call.InAttempt || _leaving.Contains(call))
            return;
        _running.Remove(call);
        call.AttemptEndsBy = now + Grace;
        _leaving.AddLast(call);
    }

    /// <summary>The attempt's clocks stop.</summary>
    private void Stop(ThrottledCall call, double now)
    {
        call.Attempt?.Die();
        if (!call.InAttempt)
            return;
        call.InAttempt = false;
        _ = _running.Remove(call) || _leaving.Remove(call);
        if (!call.IsOpen)
            CountTime(call, now);
    }

    private static void CountTime(ThrottledCall call, double now)
    {
        call.AttemptTime = now - call.Admission.At;
        call.RunTime += call.AttemptTime;
    }

    /// <summary>Gives back what it has reserved and not used.</summary>
    private void Refund(ThrottledCall call)
    {
        if (call.HasReserved)
            _pacer.Refund(call.Admission, call.Admission.ReservedTokens);
        call.HasReserved = false;
    }

    /// <summary>The service answered an attempt.</summary>
    private void Works(ThrottledCall call)
    {
        var wasClosed = _service.IsClosed;
        _service.Works(call.IsProbe, call.Admission.At);
        if (wasClosed && !_service.IsClosed)
            call.Tell("gate opened");
    }

    private void Release(ThrottledCall call)
    {
        LeaveLimiter(call);
        call.Attempt = null;
        if (!call.HasSlot)
            return;
        call.HasSlot = false;
        _inFlight--;
        _service.Leaves(call.IsProbe);
    }

    /// <summary>Ends what is due and admits what may start.</summary>
    /// <param name="entering">A call that goes on by itself when it is admitted, so that it need not be woken.</param>
    /// <returns>Whether that is so.</returns>
    private bool Pump(double now, ThrottledCall? entering = null)
    {
        var goesOn = false;
        EndWhatIsDue(now);
        _opensAt = double.PositiveInfinity;
        while (_inFlight < _options.MaxConcurrency && _atLimiter < MostAtLimiter && Next(now) is { } call)
        {
            var opens = Math.Max(_service.AdmitsAt(now), _pacer.AdmitsAt(call.Tokens, _inFlight, now));
            if (opens > now)
            {
                _opensAt = Math.Min(_opensAt, opens);
                break;
            }
            Admit(call, now);
            if (call == entering && call.TryClaimWake())
                goesOn = true;
            else
                call.WakeUp(Wake.Admitted);
        }
        return goesOn;
    }

    private void Admit(ThrottledCall call, double now)
    {
        Dequeue(call);
        call.HasSlot = true;
        call.Attempt = call.NewAttempt();
        call.Admission = _pacer.Admit(call.Tokens, _inFlight, now);
        call.HasReserved = true;
        call.IsProbe = _service.Admit();
        _inFlight++;
        if (_options.RateLimiter is null)
            return;
        call.IsAtLimiter = true;
        _atLimiter++;
        if (call.Attempts == 0)
            _acquiring.AddLast(call);
    }

    /// <summary>The call to admit next: one that comes back before one that is new.</summary>
    private ThrottledCall? Next(double now)
    {
        ThrottledCall? failedProbe = null;
        for (var call = _returned.First; call is not null; call = _returned.After(call))
        {
            if (call.Failed is { NotBefore: var notBefore } && notBefore > now)
                _opensAt = Math.Min(_opensAt, notBefore);
            // The next probe is another call: a request that breaks the service must not keep the gate closed for all.
            else if (call == _failedProbe && _service.IsClosed)
                failedProbe = call;
            else
                return call;
        }
        return _arrived.First ?? failedProbe;
    }

    private void EndWhatIsDue(double now)
    {
        while (_leaving.First is { } left && left.AttemptEndsBy <= now)
        {
            _leaving.Remove(left);
            if (!left.IsOpen)
                Stop(left, now);
            left.WakeUp(Wake.Abandoned);
        }
        while (_running.First is { } slow && slow.AttemptEndsBy <= now)
        {
            slow.AttemptTimedOut = true;
            Cancel(slow, now);
        }
        while (_started.First is { } late && late.Since + _totalTimeout <= now)
        {
            if (!late.InAttempt && TryStartTotalAnew(late, now))
                continue;
            late.TotalTimedOut = true;
            _started.Remove(late);
            if (Dequeue(late))
                late.WakeUp(Wake.TotalTimeout);
            else
                Cancel(late, now);
        }
        while (_arrived.First is { } waiting && waiting.Since + _queueTimeout <= now)
        {
            _arrived.Remove(waiting);
            waiting.WakeUp(Wake.QueueTimeout);
        }
        while (_acquiring.First is { } acquiring && acquiring.Since + _queueTimeout <= now)
        {
            _acquiring.Remove(acquiring);
            Cancel(acquiring, now);
        }
    }

    private double FirstDeadline() =>
        Math.Min(
            Math.Min(_running.First?.AttemptEndsBy ?? double.PositiveInfinity, _leaving.First?.AttemptEndsBy ?? double.PositiveInfinity),
            Math.Min(
                _totalTimeout + (_started.First?.Since ?? double.PositiveInfinity),
                _queueTimeout + Math.Min(_arrived.First?.Since ?? double.PositiveInfinity, _acquiring.First?.Since ?? double.PositiveInfinity)));

    /// <summary>Sets the timer for what comes next. One that fires too early for nothing is let be: setting it anew for every call costs more.</summary>
    private void Arm()
    {
        var due = Math.Min(_opensAt, FirstDeadline());
        if (double.IsPositiveInfinity(due) && !double.IsPositiveInfinity(_timerDue))
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        else if (due >= _timerDue)
            return;
        _timerDue = due;
        if (double.IsPositiveInfinity(due))
            return;
        _timer ??= ThreadTimer.Create(_options.TimeProvider, static engine => ((ThrottleEngine)engine!).OnTimer(), this);
        // Timers count whole milliseconds; one that is a little early would fire twice.
        _timer.Change(TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling((due - Now) * 1000), 1, uint.MaxValue - 1.0)), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _timerDue = double.PositiveInfinity;
            Pump(Now);
            Arm();
        }
    }

    private static double? PerMinute(double perSecond) => double.IsInfinity(perSecond) ? null : perSecond * 60;

    private static double Seconds(TimeSpan duration) => duration == Timeout.InfiniteTimeSpan ? double.PositiveInfinity : duration.TotalSeconds;
}
