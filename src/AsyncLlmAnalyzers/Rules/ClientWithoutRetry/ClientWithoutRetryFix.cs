using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;

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

        if (client.Retry.Proof is { } off)
        {
            yield return new("Policy", "Let the client retry", _ => Task.FromResult(edit.ReplaceRetries(off)));
            yield break;
        }

        foreach (var candidate in RetryCandidates.WithMissingTimeout(target))
            yield return candidate;
    }
}
