using System.ClientModel;
using System.ClientModel.Primitives;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace AsyncLlm;

/// <summary>Sends the requests of a client when a throttle admits them; it stands where the client's own retries would.</summary>
// Failures are read by name, so that a trimmed program has to keep what they are read from.
[method: DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicMethods, typeof(ClientResultException))]
[method: DynamicDependency(DynamicallyAccessedMemberTypes.PublicProperties, typeof(PipelineResponse))]
[method: DynamicDependency(DynamicallyAccessedMemberTypes.PublicMethods, typeof(PipelineResponseHeaders))]
internal sealed class ThrottlePolicy(LlmThrottle throttle) : PipelinePolicy
{
    /// <summary>The throttle that the requests of a pipeline go through; <see langword="null"/> when there is none.</summary>
    public static LlmThrottle? ThrottleOf(ClientPipeline pipeline)
    {
        try
        {
            foreach (var policy in PoliciesOf(pipeline).Span)
            {
                if (policy is ThrottlePolicy found)
                    return found.Throttle;
            }
        }
        // Another version of System.ClientModel keeps them elsewhere. A test tells.
        catch (MissingFieldException) { }
        return null;
    }

    private LlmThrottle Throttle => throttle;

    public override void Process(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        CallerThread.Run(thread => new Exchange(throttle, message, isAsync: false, () => thread.Invoke(() =>
        {
            ProcessNext(message, pipeline, currentIndex);
            return ValueTask.CompletedTask;
        })).RunAsync());

    public override async ValueTask ProcessAsync(PipelineMessage message, IReadOnlyList<PipelinePolicy> pipeline, int currentIndex) =>
        await new Exchange(throttle, message, isAsync: true, () => ProcessNextAsync(message, pipeline, currentIndex)).RunAsync().ConfigureAwait(false);

    // Nothing public leads from a client to the options it was made with.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_policies")]
    private static extern ref ReadOnlyMemory<PipelinePolicy> PoliciesOf(ClientPipeline pipeline);
}
