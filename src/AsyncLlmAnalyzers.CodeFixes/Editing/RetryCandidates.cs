namespace AsyncLlmAnalyzers.Editing;

/// <summary>The ways to make a client wait between its attempts: the runtime's throttle where it is at hand, or a policy of the SDK.</summary>
internal static class RetryCandidates
{
    public static IEnumerable<FixCandidate> Of(FixTarget target)
    {
        if (ClientOptionsEdit.At(target, default) is not { } edit)
            yield break;

        if (edit.CanThrottle)
            yield return new("Throttle", "Throttle the client's calls", _ => Task.FromResult(ClientOptionsEdit.At(target, default)!.WithThrottle().Apply()));
        yield return new("Policy", "Wait between attempts", _ => Task.FromResult(ClientOptionsEdit.At(target, default)!.WithRetries().Apply()));
    }
}
