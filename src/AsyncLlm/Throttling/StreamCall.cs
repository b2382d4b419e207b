namespace AsyncLlm;

/// <summary>A call whose result is a stream: it is an attempt until the first item comes, and holds its slot until the loop over it ends.</summary>
/// <param name="enumeratorToken">The second token a caller has where it enumerates: the one of <c>WithCancellation</c>.</param>
internal sealed class StreamCall<T>(
    ThrottleEngine engine, Func<CancellationToken, Task<IAsyncEnumerable<T>>> open, LlmCost cost, CancellationToken callerToken, CancellationToken enumeratorToken)
    : ThrottledCall<OpenStream<T>>(engine, token => OpenStream<T>.OpenAsync(open, token), cost, actualTokens: null, isInPipeline: false, callerToken), IAsyncDisposable
{
    private readonly TaskCompletionSource _abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _enumeratorRegistration;
    private OpenStream<T>? _stream;
    private Task<bool>? _stalled;
    private bool _isMoving;
    private Exception? _error;

    public override bool IsCanceled => base.IsCanceled || enumeratorToken.IsCancellationRequested;

    public override bool KeepsSlot => true;

    public override Attempt NewAttempt() => new Opening(this);

    public T Current => _stream!.Current;

    /// <summary>The tokens the items told of.</summary>
    public int? ActualTokens { get; set; }

    protected override CancellationToken CanceledToken => base.IsCanceled ? CallerToken : enumeratorToken;

    public async Task OpenAsync()
    {
        _enumeratorRegistration = Register(enumeratorToken);
        _stream = await RunAsync().ConfigureAwait(false);
    }

    public async ValueTask<bool> MoveNextAsync()
    {
        if (!_isMoving)
        {
            _isMoving = true;
            return _stream!.HasFirst;
        }
        try
        {
            if (!IsCanceled && await MoveOnAsync().ConfigureAwait(false) is { } hasNext)
                return hasNext;
        }
        catch (Exception exception)
        {
            _error = exception;
            if (!IsCanceled)
                throw;
        }
        throw _error = Canceled(_error);
    }

    /// <returns>Whether there is a next item; <see langword="null"/> when the stream did not tell although it was cancelled.</returns>
    private async ValueTask<bool?> MoveOnAsync()
    {
        Attempt!.Enter();
        var next = _stream!.MoveNextAsync();
        if (next.IsCompleted)
            return await next.ConfigureAwait(false);
        var moving = next.AsTask();
        if (await IsAbandonedAsync(moving).ConfigureAwait(false))
        {
            _stalled = moving;
            return null;
        }
        return await moving.ConfigureAwait(false);
    }

    /// <summary>Ends the loop: disposes the stream, for one second at most and never while it moves, and gives back the slot.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stream is null)
            return;
        try
        {
            if (_stalled is not null)
                DisposeAsync(_stalled, _stream).Observe();
            else
                await DisposeAsync(_stream).ConfigureAwait(false);
        }
        finally
        {
            if (ActualTokens is { } tokens && !IsHandedOver)
                Engine.Settle(this, tokens);
            Engine.Exit(this, failed: _error is not null);
            GiveUpHoldings(_error);
        }
    }

    private async ValueTask DisposeAsync(OpenStream<T> stream)
    {
        var disposal = stream.DisposeAsync();
        if (disposal.IsCompleted)
        {
            await disposal.ConfigureAwait(false);
            return;
        }
        Engine.Leave(this);
        var disposing = disposal.AsTask();
        if (await IsAbandonedAsync(disposing).ConfigureAwait(false))
            disposing.Observe();
        else
            await disposing.ConfigureAwait(false);
    }

    private async Task<bool> IsAbandonedAsync(Task task)
    {
        await System.Threading.Tasks.Task.WhenAny(task, _abandoned.Task).ConfigureAwait(false);
        return !task.IsCompleted;
    }

    protected override void GoOn(Wake reason)
    {
        if (IsOpen)
            _abandoned.TrySetResult();
        else
            base.GoOn(reason);
    }

    protected override void GiveUpHoldings(Exception? error)
    {
        base.GiveUpHoldings(error);
        _enumeratorRegistration.Unregister();
    }

    private static async Task DisposeAsync(Task stalled, OpenStream<T> stream)
    {
        await stalled.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A stream that is opened when nobody waits for it any more is disposed.</summary>
    private sealed class Opening(ThrottledCall call) : Attempt(call)
    {
        public override void BeLate() => DisposeAsync((Task<OpenStream<T>>)Task!).Observe();

        private static async Task DisposeAsync(Task<OpenStream<T>> opening) => await (await opening.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
    }
}
