using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;

namespace AsyncLlmAnalyzers.Rules.ClientWithoutTimeout;

/// <summary>Sets the timeout of an attempt where the client, or the handler around its HttpClient, is made, and a retry policy where the default one does not wait.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(ClientWithoutTimeoutFix)), Shared]
internal sealed class ClientWithoutTimeoutFix() : LlmFix(ClientWithoutTimeoutRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        if (target.Token.ValueText == ResilienceHandler.MethodName)
        {
            yield return new("Options", "Choose the timeouts of the handler", _ => Task.FromResult(ResilienceOptionsEdit.Apply(target)));
            yield break;
        }

        if (ClientOptionsEdit.At(target, default) is not { } edit || ClientOrigins.At(edit.Operation, target.Context, default) is not { } client)
            yield break;

        var seconds = DiagnosticProperties.AttemptTimeoutSeconds.TryRead(target.Diagnostic, out var value) ? value : Options.AttemptTimeoutSeconds.Default;
        if (!client.RetriesWithoutDelay)
        {
            yield return new("Options", $"Give an attempt {seconds} s", _ => Task.FromResult(ClientOptionsEdit.At(target, default)!.WithTimeout(seconds).Apply()));
            yield break;
        }

        foreach (var candidate in RetryCandidates.Of(target, seconds))
            yield return candidate;
    }
}
