namespace AsyncLlm;

internal enum StopReason
{
    None,
    Caller,
    Clock,
    Group,
}

/// <summary>
/// Stops running calls once: by the caller's token, by a clock, or by the group itself. Stopping cancels <see cref="Token"/> and
/// gives the calls one second to end; then <c>abandon</c> is called.
/// </summary>
internal sealed class StopSource : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    // Never disposed: an abandoned call may still hold the token, and without a timer or a link there is nothing to release.
    private readonly CancellationTokenSource _cancellation = new();
    private readonly TimeProvider _timeProvider;
    private readonly Action _abandon;
    private readonly CancellationToken _caller;
    private readonly CancellationToken _enumerator;
    private readonly CancellationTokenRegistration _callerRegistration;
    private readonly CancellationTokenRegistration _enumeratorRegistration;
    private readonly ITimer? _clock;
    private readonly object _gate = new();
    private ITimer? _grace;
    private bool _disposed;
    private volatile StopReason _reason;

    /// <param name="enumerator">The second token a caller has where it enumerates: the one of <c>WithCancellation</c>.</param>
    public StopSource(TimeSpan? limit, TimeProvider timeProvider, Action abandon, CancellationToken caller, CancellationToken enumerator = default)
    {
        _timeProvider = timeProvider;
        _abandon = abandon;
        _caller = caller;
        _enumerator = enumerator;
        if (limit is { } dueTime)
            _clock = timeProvider.CreateTimer(static self => ((StopSource)self!).Stop(StopReason.Clock), this, dueTime, Timeout.InfiniteTimeSpan);
        _callerRegistration = Watch(caller);
        _enumeratorRegistration = Watch(enumerator);
    }

    /// <summary>The token of the calls.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>Who stopped first.</summary>
    public StopReason Reason => _reason;

    public bool IsStopped => _reason != StopReason.None;

    /// <summary>Whether the caller cancelled, and by which token: that wins, whoever stopped first.</summary>
    public bool IsCancelledByCaller(out CancellationToken token)
    {
        token = _caller.IsCancellationRequested ? _caller : _enumerator;
        return token.IsCancellationRequested;
    }

    public void Stop(StopReason reason)
    {
        lock (_gate)
        {
            if (_disposed || IsStopped)
                return;
            _reason = reason;
            _grace = _timeProvider.CreateTimer(static self => ((StopSource)self!)._abandon(), this, Grace, Timeout.InfiniteTimeSpan);
        }
        _cancellation.CancelAsync().Observe();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _clock?.Dispose();
            _grace?.Dispose();
        }
        _callerRegistration.Dispose();
        _enumeratorRegistration.Dispose();
    }

    private CancellationTokenRegistration Watch(CancellationToken token) =>
        token.UnsafeRegister(static self => ((StopSource)self!).Stop(StopReason.Caller), this);
}
