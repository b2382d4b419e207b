namespace AsyncLlm.Tests.Support;

/// <summary>
/// A stream of 0, 1, 2, .. whose items the test gives: what has not been given before it is asked for makes the loop wait.
/// </summary>
internal sealed class FakeStream : IAsyncEnumerable<int>, IAsyncEnumerator<int>
{
    private TaskCompletionSource<bool>? _move;
    private int _ready;

    /// <summary>Whether a wait ends when the stream's token is cancelled.</summary>
    public bool HonorsTokens { get; init; } = true;

    /// <summary>A wait that is cancelled ends the stream as if it were complete.</summary>
    public bool EndsWhenCancelled { get; init; }

    public CancellationToken Token { get; private set; }

    public bool IsMoving => _move is not null;

    public int Moves { get; private set; }

    public int Disposals { get; private set; }

    public bool WasDisposedWhileMoving { get; private set; }

    public SynchronizationContext? MovedOn { get; private set; }

    public int Current { get; private set; } = -1;

    public IAsyncEnumerator<int> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        Token = cancellationToken;
        return this;
    }

    public ValueTask<bool> MoveNextAsync()
    {
        Moves++;
        MovedOn = SynchronizationContext.Current;
        if (_ready > 0)
        {
            _ready--;
            Current++;
            return new(true);
        }
        var move = _move = new TaskCompletionSource<bool>();
        if (HonorsTokens)
            Token.UnsafeRegister(_ => Cancel(move), null);
        return new(move.Task);
    }

    public ValueTask DisposeAsync()
    {
        WasDisposedWhileMoving |= IsMoving;
        Disposals++;
        return ValueTask.CompletedTask;
    }

    /// <summary>Gives an item to the loop that waits for it, or to be there at once.</summary>
    public void Give(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            if (_move is null)
                _ready++;
            else
            {
                Current++;
                Take().SetResult(true);
            }
        }
    }

    public void End() => Take().SetResult(false);

    public void Fail(Exception exception) => Take().SetException(exception);

    private TaskCompletionSource<bool> Take()
    {
        var move = _move!;
        _move = null;
        return move;
    }

    private void Cancel(TaskCompletionSource<bool> move)
    {
        if (_move != move)
            return;
        Take();
        if (EndsWhenCancelled)
            move.TrySetResult(false);
        else
            move.TrySetCanceled(Token);
    }
}
