using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace AsyncLlm;

/// <summary>What became of one item of a group: a result, an error, or nothing when its call never started.</summary>
/// <typeparam name="TSource">The items.</typeparam>
/// <typeparam name="TResult">What a call returns.</typeparam>
public readonly struct LlmOutcome<TSource, TResult>
{
    private readonly TResult _result = default!;

    internal LlmOutcome(TSource item, int index)
    {
        Item = item;
        Index = index;
    }

    internal LlmOutcome(TSource item, int index, TResult result, int attempts, TimeSpan duration)
        : this(item, index, LlmOutcomeStatus.Succeeded, error: null, attempts, duration) => _result = result;

    internal LlmOutcome(TSource item, int index, LlmOutcomeStatus status, Exception? error, int attempts, TimeSpan duration)
        : this(item, index)
    {
        Status = status;
        Error = error;
        Attempts = attempts;
        Duration = duration;
    }

    /// <summary>A result there was before, without a call.</summary>
    internal LlmOutcome(TSource item, int index, TResult result)
        : this(item, index)
    {
        Status = LlmOutcomeStatus.Succeeded;
        _result = result;
    }

    private LlmOutcome(TSource item, int index, TResult result, LlmOutcomeStatus status, Exception? error, int attempts, TimeSpan duration)
        : this(item, index, result)
    {
        Status = status;
        Error = error;
        Attempts = attempts;
        Duration = duration;
    }

    /// <summary>The item.</summary>
    public TSource Item { get; }

    /// <summary>The item's place in the source, from 0.</summary>
    public int Index { get; }

    /// <summary>What became of it.</summary>
    public LlmOutcomeStatus Status { get; }

    /// <summary>Whether there is a result.</summary>
    public bool IsSuccess => Status == LlmOutcomeStatus.Succeeded;

    /// <summary>
    /// Why there is no result; <see langword="null"/> unless <see cref="Status"/> is <see cref="LlmOutcomeStatus.Failed"/> or
    /// <see cref="LlmOutcomeStatus.Canceled"/>. For a cancelled item it tells who cancelled: an <see cref="OperationCanceledException"/>
    /// with the caller's token, a <see cref="TimeoutException"/> when the deadline passed.
    /// </summary>
    public Exception? Error { get; }

    /// <summary>How many times the call was started; more than once only with a throttle, which repeats it.</summary>
    public int Attempts { get; }

    /// <summary>How long the call ran, with a throttle all its attempts together, without the time it waited for a slot.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The same outcome of another item.</summary>
    internal LlmOutcome<TOther, TResult> For<TOther>(TOther item, int index) => new(item, index, _result, Status, Error, Attempts, Duration);

    /// <summary>Gets the result if there is one.</summary>
    /// <param name="result">The result, if this returns <see langword="true"/>.</param>
    /// <returns>Whether there is a result.</returns>
    public bool TryGetResult([MaybeNullWhen(false)] out TResult result)
    {
        result = _result;
        return IsSuccess;
    }

    /// <summary>Gets the result, or the default of <typeparamref name="TResult"/> if there is none.</summary>
    /// <returns>The result or the default.</returns>
    public TResult? GetResultOrDefault() => _result;

    /// <summary>Gets the result, or throws <see cref="Error"/> with its own stack.</summary>
    /// <returns>The result.</returns>
    /// <exception cref="InvalidOperationException">The call was never started.</exception>
    public TResult GetResult()
    {
        if (Error is not null)
            ExceptionDispatchInfo.Throw(Error);
        return IsSuccess ? _result : throw new InvalidOperationException("The item's call was never started: there is neither a result nor an error.");
    }
}
