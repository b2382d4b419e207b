using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace AsyncLlm;

/// <summary>
/// One enumeration of a stream whose items have to come in time. It is its own task and keeps one timer, which is set anew only when it
/// has fired or would fire too late: an item costs no allocation, and an item that is there at once no clock.
/// </summary>
internal sealed class TimedEnumerator<T> : IAsyncEnumerator<T>, IValueTaskSource<bool>
{
    private readonly IAsyncEnumerator<T> _items;
    private readonly TimeProvider _timeProvider;
    private readonly StopSource _stop;
    private readonly Action _onMoved;
    private readonly TimeSpan _idle;
    // Guards the four fields after it, and with them who ends a wait.
    private readonly object _gate = new();
    private State _state;
    private long _deadline;
    private long _firesAt = long.MaxValue;
    private bool _isGraceOver;
    private TimeSpan _limit;
    private ITimer? _timer;
    private bool _isDisposed;
    private ConfiguredValueTaskAwaitable<bool>.ConfiguredValueTaskAwaiter _move;
    private ManualResetValueTaskSourceCore<bool> _wait;

    public TimedEnumerator(
        IAsyncEnumerable<T> source, TimeSpan idle, TimeSpan firstItem, TimeProvider timeProvider, CancellationToken callerToken, CancellationToken enumeratorToken)
    {
        _idle = idle;
        _limit = firstItem;
        _timeProvider = timeProvider;
        _onMoved = OnMoved;
        _stop = new StopSource(limit: null, timeProvider, OnGraceOver, callerToken, enumeratorToken);
        try
        {
            _items = source.GetAsyncEnumerator(_stop.Token);
        }
        catch
        {
            _stop.Dispose();
            throw;
        }
    }

    private enum State
    {
        /// <summary>The stream is not at work.</summary>
        Resting,

        /// <summary>The loop waits for the stream's next item.</summary>
        Waiting,

        /// <summary>The stream is at work and nobody waits for it any more.</summary>
        LeftBehind,
    }

    public T Current => _items.Current;

    public ValueTask<bool> MoveNextAsync()
    {
        if (_stop.IsStopped)
            return ValueTask.FromException<bool>(ErrorAfter(null));
        try
        {
            var move = _items.MoveNextAsync();
            if (!move.IsCompleted)
                return WaitAsync(move);
            var moved = move.GetAwaiter().GetResult();
            if (IsGood(moved))
                return new(moved);
        }
        catch (Exception exception)
        {
            return ValueTask.FromException<bool>(ErrorAfter(exception));
        }
        return ValueTask.FromException<bool>(ErrorAfter(null));
    }

    public ValueTask DisposeAsync()
    {
        bool isAtWork;
        lock (_gate)
        {
            if (_state == State.Waiting)
                throw new NotSupportedException("The stream cannot be disposed while its MoveNextAsync runs.");
            if (_isDisposed)
                return ValueTask.CompletedTask;
            _isDisposed = true;
            isAtWork = _state == State.LeftBehind;
        }
        _stop.Dispose();
        _timer?.Dispose();
        // A stream that was left behind is disposed when its item comes.
        return isAtWork ? ValueTask.CompletedTask : _items.DisposeAsync();
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private ValueTask<bool> WaitAsync(ValueTask<bool> move)
    {
        _wait.Reset();
        _move = move.ConfigureAwait(false).GetAwaiter();
        lock (_gate)
        {
            _state = State.Waiting;
            if (_isGraceOver)
                LeaveBehind();
            else if (_limit != Timeout.InfiniteTimeSpan)
                SetDeadline();
        }
        var wait = new ValueTask<bool>(this, _wait.Version);
        _move.UnsafeOnCompleted(_onMoved);
        return wait;
    }

    private void OnMoved()
    {
        var moved = false;
        Exception? error = null;
        try
        {
            moved = _move.GetResult();
        }
        catch (Exception exception)
        {
            error = exception;
        }
        bool isAwaited, isDisposed;
        lock (_gate)
        {
            isAwaited = _state == State.Waiting;
            isDisposed = _isDisposed;
            _state = State.Resting;
        }
        if (isAwaited)
        {
            if (error is null && IsGood(moved))
                _wait.SetResult(moved);
            else
                _wait.SetException(ErrorAfter(error));
        }
        else if (isDisposed)
            DisposeItemsAsync().Observe();
    }

    private async Task DisposeItemsAsync() => await _items.DisposeAsync().ConfigureAwait(false);

    /// <summary>Whether to pass it on: an end that comes after a stop may have been cut short by it.</summary>
    private bool IsGood(bool moved)
    {
        if (_stop.IsStopped)
            return moved;
        _limit = _idle;
        return true;
    }

    /// <summary>What the loop ends with: the caller's token before all, then the clock, then the stream's own failure.</summary>
    private Exception ErrorAfter(Exception? error) =>
        _stop.IsCancelledByCaller(out var token) ? new OperationCanceledException("The caller cancelled the stream.", error, token)
        : _stop.Reason == StopReason.Clock ? new TimeoutException($"The stream's next item did not come within {_limit}.", error)
        : error!;

    private void SetDeadline()
    {
        var now = _timeProvider.GetTimestamp();
        _deadline = now + (long)Math.Ceiling(_limit.TotalSeconds * _timeProvider.TimestampFrequency);
        if (_firesAt > _deadline)
            SetTimer(now);
    }

    private void SetTimer(long now)
    {
        _firesAt = _deadline;
        var dueTime = _timeProvider.GetElapsedTime(now, _deadline);
        if (_timer is null)
            _timer = _timeProvider.CreateTimer(static self => ((TimedEnumerator<T>)self!).OnTimer(), this, dueTime, Timeout.InfiniteTimeSpan);
        else
            _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _firesAt = long.MaxValue;
            if (_state != State.Waiting || _limit == Timeout.InfiniteTimeSpan)
                return;
            var now = _timeProvider.GetTimestamp();
            if (now < _deadline)
                SetTimer(now);
            else
                _stop.Stop(StopReason.Clock);
        }
    }

    private void OnGraceOver()
    {
        lock (_gate)
        {
            _isGraceOver = true;
            if (_state == State.Waiting)
                LeaveBehind();
        }
    }

    private void LeaveBehind()
    {
        _state = State.LeftBehind;
        // Not inside the lock, nor on the thread of a timer.
        _wait.RunContinuationsAsynchronously = true;
        _wait.SetException(ErrorAfter(null));
    }
}
