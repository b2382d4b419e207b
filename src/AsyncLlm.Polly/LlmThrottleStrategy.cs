using System.Runtime.ExceptionServices;
using Polly;

namespace AsyncLlm;

internal sealed class LlmThrottleStrategy(LlmThrottle throttle) : ResilienceStrategy
{
    protected override async ValueTask<Outcome<TResult>> ExecuteCore<TResult, TState>(
        Func<ResilienceContext, TState, ValueTask<Outcome<TResult>>> callback, ResilienceContext context, TState state)
    {
        try
        {
            return Outcome.FromResult(await Pace().ConfigureAwait(context.ContinueOnCapturedContext));
        }
        catch (Exception exception)
        {
            return Outcome.FromException<TResult>(exception);
        }

        Task<TResult> Pace()
        {
            // A synchronous pipeline blocks its caller: nothing may wait for the context of that thread.
            var here = SynchronizationContext.Current;
            if (!context.ContinueOnCapturedContext)
                SynchronizationContext.SetSynchronizationContext(null);
            try
            {
                return throttle.PaceAsync(AttemptAsync, context.CancellationToken);
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(here);
            }
        }

        // The throttle cancels an attempt only with the context's token, which the callback has already.
        async Task<TResult> AttemptAsync(CancellationToken _)
        {
            var outcome = await callback(context, state).ConfigureAwait(context.ContinueOnCapturedContext);
            if (outcome.Exception is { } exception)
                ExceptionDispatchInfo.Throw(exception);
            return outcome.Result!;
        }
    }
}
