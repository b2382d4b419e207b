namespace AsyncLlm;

/// <summary>What goes around the calls of a group, outside their clocks and their attempts.</summary>
internal interface ICallKeeper<TSource, TResult>
{
    /// <summary>Waits for the call's turn; <see langword="false"/> when it must not start any more.</summary>
    Task<bool> TryEnterAsync(TSource item, CancellationToken cancellationToken);

    /// <summary>Keeps what a call returned that has ended, and ends as the call did.</summary>
    Task<TResult> KeepAsync(TSource item, Task call);
}
