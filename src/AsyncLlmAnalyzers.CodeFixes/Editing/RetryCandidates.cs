using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>The ways to make a client wait between its attempts: the runtime's throttle where it is at hand, or a policy of the SDK.</summary>
internal static class RetryCandidates
{
    public static IEnumerable<FixCandidate> Of(FixTarget target) => Of(target, null);

    /// <summary>Where ALLM3003 stands at the same place, the attempt is given its time as well, so that it does not matter which of the two is fixed first.</summary>
    public static IEnumerable<FixCandidate> WithMissingTimeout(FixTarget target) => Of(
        target,
        ClientOptionsEdit.At(target, default) is { } edit
        && ClientOrigins.At(edit.Operation, target.Context, default) is { } client
        && ClientDeadline.IsMissing(client, edit.Operation, TimeSpan.FromSeconds(Options.TimeoutSeconds.Read(target.Options)), target.Context, default)
            ? Options.AttemptTimeoutSeconds.Read(target.Options)
            : null);

    /// <param name="target">The construction.</param>
    /// <param name="seconds">What an attempt is given; null to leave that.</param>
    public static IEnumerable<FixCandidate> Of(FixTarget target, int? seconds)
    {
        if (Edit() is not { } edit)
            yield break;

        if (edit.CanThrottle)
            yield return new("Throttle", Title("Throttle the client's calls", "throttle the client's calls"), _ => Task.FromResult(Edit()!.WithThrottle().Apply()));
        yield return new(seconds is null ? "Policy" : "Options", Title("Wait between attempts", "wait between attempts"), _ => Task.FromResult(Edit()!.WithRetries().Apply()));

        ClientOptionsEdit? Edit() => seconds is { } time ? ClientOptionsEdit.At(target, default)?.WithTimeout(time) : ClientOptionsEdit.At(target, default);

        string Title(string alone, string second) => seconds is null ? alone : $"Give an attempt {seconds} s, and {second}";
    }
}
