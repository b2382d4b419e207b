using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Rules.ClientWithoutRetry;

/// <summary>Lets the client wait and try again: a policy in its options, or a number in place of the one that switches retries off.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ClientWithoutRetryFix)), Shared]
internal sealed class ClientWithoutRetryFix() : LlmFix(ClientWithoutRetryRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (RefusedCall.Marked(target) is not null)
        {
            yield return new("Policy", "Give the kernel a client that retries", cancellationToken => Task.FromResult(KernelClientEdit.Apply(target, cancellationToken)));
            yield break;
        }

        if (ClientOptionsEdit.At(target, default) is not { } edit || ClientOrigins.At(edit.Operation, target.Context, default) is not { } client)
            yield break;

        if (client.Retry.Proof is { } proof)
        {
            // Where own retries stand around another call, the client's would multiply them: ALLM4006 would say so next.
            if (proof.SourceTree != target.Root.SyntaxTree || ClientUses.Of(client, target.Context, default).Any(use => use.IsRetried(default) == Verdict.Yes))
                yield break;

            var off = proof.SourceSpan;
            yield return NeedsTimeout(client, edit, target)
                ? new("Policy", $"Let the client retry, and give an attempt {Options.AttemptTimeoutSeconds.Read(target.Options)} s", cancellationToken => RetryInTimeAsync(target, off, cancellationToken))
                : new("Policy", "Let the client retry", _ => Task.FromResult(edit.ReplaceRetries(off)));
            yield break;
        }

        foreach (var candidate in RetryCandidates.WithMissingTimeout(target))
            yield return candidate;
    }

    /// <summary>With the attempts it is given, the client would take too long, which ALLM3003 would say next.</summary>
    private static bool NeedsTimeout(ClientConstruction client, ClientOptionsEdit edit, FixTarget target) => ClientDeadline.IsMissing(
        client with { Retry = new RetrySetting(SettingSource.Set, ClientOptionsEdit.Retries) },
        edit.Operation,
        TimeSpan.FromSeconds(Options.TimeoutSeconds.Read(target.Options)),
        target.Context,
        default);

    private static async Task<Document?> RetryInTimeAsync(FixTarget target, TextSpan off, CancellationToken cancellationToken)
    {
        var (document, marks) = await DiagnosticMark.SetAsync(target.Document, [target.Diagnostic], cancellationToken).ConfigureAwait(false);
        if (await TargetAsync(document).ConfigureAwait(false) is not { } marked || ClientOptionsEdit.At(marked, cancellationToken)?.ReplaceRetries(off) is not { } retrying)
            return null;
        return await TargetAsync(retrying).ConfigureAwait(false) is { } second
            ? ClientOptionsEdit.At(second, cancellationToken)?.WithTimeout(Options.AttemptTimeoutSeconds.Read(target.Options)).Apply() ?? retrying
            : retrying;

        async Task<FixTarget?> TargetAsync(Document changed) =>
            await marks[0].FindAsync(changed.Project.Solution, cancellationToken).ConfigureAwait(false) is { } diagnostic ? await FixTarget.CreateAsync(changed, diagnostic, cancellationToken).ConfigureAwait(false) : null;
    }
}
