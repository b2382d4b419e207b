using Polly;

namespace AsyncLlm;

/// <summary>Brings a throttle into Polly's pipelines.</summary>
public static class LlmThrottlePollyExtensions
{
    /// <summary>Adds a throttle: it admits each attempt, paces all callers of the quota, and sends a call again that was refused for the rate limit.</summary>
    /// <typeparam name="TBuilder">The builder, <see cref="ResiliencePipelineBuilder"/> or <see cref="ResiliencePipelineBuilder{TResult}"/>.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="throttle">What admits the attempts. Share it among all pipelines of one account and model.</param>
    /// <returns>The same <paramref name="builder"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="throttle"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidOperationException">A pipeline was built with this builder already.</exception>
    /// <remarks>
    /// <para>Add it after the retry strategy and before the timeout of an attempt: then each retry is admitted like a call of its own, and the wait for admission is not
    /// counted as time of the attempt. A timeout around it all counts the wait, too.</para>
    /// <para>It does what <see cref="LlmThrottle.PaceAsync{T}"/> does: faults and timeouts go to the pipeline at once, and the throttle learns from them.
    /// A refusal is an exception that <see cref="LlmFailure.Classify"/> knows; a result is taken as it is.
    /// A refused call is sent again as often as it takes, for as long as the token of the <see cref="ResilienceContext"/> and the timeouts around it allow;
    /// a wait longer than <see cref="LlmThrottleOptions.MaxRetryAfter"/> goes to the pipeline.</para>
    /// <para>The callback runs on the <see cref="SynchronizationContext"/> of the caller if <see cref="ResilienceContext.ContinueOnCapturedContext"/> says so, else on the thread pool.</para>
    /// </remarks>
    public static TBuilder AddLlmThrottle<TBuilder>(this TBuilder builder, LlmThrottle throttle)
        where TBuilder : ResiliencePipelineBuilderBase
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(throttle);
        return builder.AddStrategy(_ => new LlmThrottleStrategy(throttle));
    }
}
