namespace AsyncLlm.Simulator;

/// <summary>A failed answer.</summary>
internal sealed class ServerException(LlmFailure failure, LlmRateInfo rate) : Exception(failure.Kind.ToString())
{
    public LlmFailure Failure { get; } = failure;

    public LlmRateInfo Rate { get; } = rate;

    public static LlmFailure Classify(Exception exception) => exception is ServerException server ? server.Failure : new(LlmFailureKind.Permanent);
}
