using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.RetryCatchesEverything;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>the handler of a hand-written retry catches <c>Exception</c>, or everything, and does not look at what it caught.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>its filter, or a condition in it, asks about the exception, or whether the caller has cancelled;</item>
/// <item>a handler above it throws cancellation on;</item>
/// <item>the next attempt goes to another client or item, asks something else, or waits for what a person types.</item>
/// </list>
/// </summary>
internal sealed class RetryCatchesEverythingRule : LlmRule
{
    public const string Id = "ALLM4005";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A retry catches every exception",
        message: "Whatever fails, '{0}' is sent again: a refused key, a wrong request and a filtered prompt fail each time{1}",
        DiagnosticSeverity.Warning,
        description: "Only a rate limit, an overload, a timeout or a broken connection may pass. A handler that catches everything repeats requests that can never succeed and swallows the caller's cancellation.");

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 55;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Catch && name is "Exception" or "";

    public override Finding? Inspect(Site site) =>
        site.Retry is { CatchesEverything: true } retry && !AttemptLimit.RethrowsCancellationFirst(retry.Clause) && !LooksAtFailure(retry)
            ? new Finding(
                Descriptor,
                retry.Location,
                ErrorType(retry, site.Context) is { } type ? DiagnosticProperties.ErrorType.AddTo(ImmutableDictionary<string, string?>.Empty, type) : ImmutableDictionary<string, string?>.Empty,
                retry.Target.Name,
                RetryCancellation.Of(retry) is null || AttemptLimit.TokenThatLeaves(retry) is not null ? "" : ", and a caller who cancels only starts the next attempt")
            : null;

    /// <summary>What is decided depends on the exception or on the caller's token, in the filter or before the handler goes on.</summary>
    private static bool LooksAtFailure(RetryHandler retry)
    {
        var clause = retry.Clause;
        return (clause.Filter is { } filter && Asks(filter, clause))
            || clause.Handler.Descendants().Any(operation => operation switch
            {
                IConditionalOperation { Condition: var condition } => Asks(condition, clause),
                ISwitchOperation { Value: var value } => Asks(value, clause),
                ISwitchExpressionOperation { Value: var value } => Asks(value, clause),
                IInvocationOperation { TargetMethod.Name: nameof(CancellationToken.ThrowIfCancellationRequested) } => true,
                _ => false,
            });
    }

    private static bool Asks(IOperation condition, ICatchClauseOperation clause) => condition.DescendantsAndSelf().Any(part => part switch
    {
        ILocalReferenceOperation local => clause.Locals.Contains(local.Local, SymbolEqualityComparer.Default),
        IPropertyReferenceOperation { Property.Name: nameof(CancellationToken.IsCancellationRequested) } => true,
        _ => false,
    });

    /// <summary>The exception the library throws for an error status, with the member that holds it.</summary>
    private static string? ErrorType(RetryHandler retry, LlmContext context) =>
        context.FindRequest(retry.Call.TargetMethod, retry.Call.ReceiverType(), retry.Call) is { RateLimit: { Length: > 0 } type } entry && !entry.HasTrait("nothrow") ? type : null;
}
