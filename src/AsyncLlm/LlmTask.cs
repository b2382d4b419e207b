namespace AsyncLlm;

/// <summary>
/// Runs a call on each of many items, at most so many at once.
/// </summary>
/// <remarks>
/// <para>In terms of Python's asyncio: <c>WhenAll</c> is <c>gather</c>, <c>WhenAllSettled</c> is <c>gather(return_exceptions=True)</c>,
/// <c>WhenEach</c> is <c>as_completed</c>, <c>WhenFirst</c> is <c>wait(return_when=FIRST_COMPLETED)</c> with the losers cancelled, each
/// with the semaphore that belongs around the calls already in it (<c>WhenFirst</c> starts all its calls at once);
/// <see cref="LlmTimeout"/> is <c>wait_for</c>.</para>
/// <para>A call is any delegate that takes an item and a <see cref="CancellationToken"/>. It runs on the <see cref="SynchronizationContext"/>
/// of the caller, or on the thread pool when there is none, and with the caller's async locals. Pass the token on: cancelling it is
/// how a group ends early. Calls that ignore it are left behind one second later and their exceptions are observed.</para>
/// </remarks>
public static partial class LlmTask
{
    internal static LlmBatchOptions Limit(int maxConcurrency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxConcurrency, 1);
        return new LlmBatchOptions { MaxConcurrency = maxConcurrency };
    }

    private static LlmBatchOptions Through(LlmThrottle throttle)
    {
        ArgumentNullException.ThrowIfNull(throttle);
        return new LlmBatchOptions { Throttle = throttle, TimeProvider = throttle.Options.TimeProvider };
    }
}
