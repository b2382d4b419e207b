using System.Composition;
using System.Net;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Editing;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RetryCatchesEverything;

/// <summary>Leaves the retry to the runtime where it is at hand, or retries what may pass: transient statuses where the library's exception tells them, else all but cancellation, where something can be cancelled.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RetryCatchesEverythingFix)), Shared]
internal sealed class RetryCatchesEverythingFix() : LlmFix(RetryCatchesEverythingRule.Id)
{
    protected override IEnumerable<FixCandidate> Candidates(FixTarget target)
    {
        foreach (var candidate in RetryReplacement.Of(target))
            yield return candidate;

        if (DiagnosticProperties.ErrorType.TryRead(target.Diagnostic, out var error) && TransientOnly(error, target) is { } transient)
            yield return new("Transient", "Retry only what may pass", cancellationToken => Filter(target, transient, cancellationToken));

        yield return new("Cancellation", "Do not retry after cancellation", cancellationToken => Filter(target, NotCanceled, cancellationToken));
    }

    private static Task<Document?> Filter(FixTarget target, string condition, CancellationToken cancellationToken) => Filter(target, _ => condition, cancellationToken);

    private static Task<Document?> Filter(FixTarget target, Func<RetryHandler, string?> condition, CancellationToken cancellationToken) =>
        Task.FromResult(RetryEdit.At(target, cancellationToken) is { } edit && condition(edit.Retry) is { } filter ? edit.Filter(filter) : null);

    /// <summary>A type for every error status, not one that already stands for a rate limit.</summary>
    private static string? TransientOnly(string error, FixTarget target)
    {
        if (error.Split(':') is not [var name, var member] || target.Context.Compilation.GetTypesByMetadataName(name) is not [var type, ..])
            return null;

        // A status that a base type holds belongs to a type that already stands for one failure.
        return type.GetMembers(member).OfType<IPropertySymbol>().FirstOrDefault()?.Type switch
        {
            { SpecialType: SpecialType.System_Int32 } => $"{{0}} is {name} {{{{ {member}: 0 or 408 or 429 or >= 500 }}}}",
            { Name: nameof(HttpStatusCode) } => Transient(""),
            { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } => Transient("null or "),
            _ => null,
        };

        string Transient(string noAnswer) =>
            $"{{0}} is {name} {{{{ {member}: {noAnswer}System.Net.HttpStatusCode.RequestTimeout or System.Net.HttpStatusCode.TooManyRequests or >= System.Net.HttpStatusCode.InternalServerError }}}}";
    }

    /// <summary>Null where nothing can be cancelled: an <c>OperationCanceledException</c> is a timeout then, which may pass.</summary>
    private static string? NotCanceled(RetryHandler retry) => RetryCancellation.Of(retry) switch
    {
        null => null,
        "" => "{0} is not System.OperationCanceledException",
        var token => $"!{token}.IsCancellationRequested",
    };
}
