namespace AsyncLlm;

/// <summary>Work that waits for a thread of its own, or runs on it.</summary>
internal abstract class BlockingItem
{
    protected BlockingItem() => Place = new(this);

    /// <summary>Its place in the queue; in no list once a thread has taken it.</summary>
    public LinkedListNode<BlockingItem> Place { get; }

    public abstract void Run();
}

internal sealed class BlockingItem<T> : BlockingItem
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ExecutionContext? _execution = ExecutionContext.Capture();
    private readonly BlockingWork _owner;
    private readonly Func<CancellationToken, T> _work;
    private readonly CancellationToken _token;
    private readonly CancellationTokenRegistration _registration;

    public BlockingItem(BlockingWork owner, Func<CancellationToken, T> work, CancellationToken token)
    {
        _owner = owner;
        _work = work;
        _token = token;
        _registration = token.UnsafeRegister(static self => ((BlockingItem<T>)self!).Cancel(), this);
    }

    public Task<T> Task => _completion.Task;

    public override void Run()
    {
        _registration.Dispose();
        if (_token.IsCancellationRequested)
            _completion.SetCanceled(_token);
        else if (_execution is null)
            RunWork();
        else
            ExecutionContext.Run(_execution, static self => ((BlockingItem<T>)self!).RunWork(), this);
    }

    private void RunWork()
    {
        try
        {
            _completion.SetResult(_work(_token));
        }
        catch (Exception) when (_token.IsCancellationRequested)
        {
            _completion.SetCanceled(_token);
        }
        catch (Exception exception)
        {
            _completion.SetException(exception);
        }
    }

    private void Cancel()
    {
        if (_owner.TryRemove(this))
            _completion.SetCanceled(_token);
    }
}
