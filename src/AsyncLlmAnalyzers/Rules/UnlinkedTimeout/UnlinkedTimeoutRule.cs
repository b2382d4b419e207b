using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnlinkedTimeout;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a model call is given the token of a new source that knows its timeout and nothing else, although the caller's token is in scope.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>the source is linked: by <c>CreateLinkedTokenSource</c>, by a <c>Register</c>, or by somebody it is handed to;</item>
/// <item>it has no timeout, or is a service's own, kept in a field;</item>
/// <item>the code cancels it by hand;</item>
/// <item>the call runs when the work is already cancelled or has failed, or runs on alone on purpose.</item>
/// </list>
/// </summary>
internal sealed class UnlinkedTimeoutRule : LlmRule
{
    public const string Id = "ALLM3006";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A timeout takes the place of the caller's cancellation",
        message: "'{0}' ends after a timeout but not with '{1}': its token comes from a new source that is not linked to it, so {2} after the caller has given up",
        DiagnosticSeverity.Warning,
        description: "The token of a new CancellationTokenSource with a timeout replaces the caller's token: when the caller cancels, the request goes on until the time has passed, and its tokens are billed.",
        RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 75;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Call is not { } call
            || TokenPassed.Of(call) is not { } passed
            || TokenSource.Of(passed) is not { IsLinked: false, IsCancelledByHand: false, IsGivenAway: false } source
            || !source.Timers.Any()
            || IsReadWithAnother(call, passed))
            return null;

        // What was not there yet where the source is made, as a lambda's own token, could not be linked.
        var linkable = TokenScope.At(source.Creation, source.IsTokenOf).Tokens;
        var lost = TokenWanted.At(call.Operation, source.IsTokenOf).RemoveAll(token => !linkable.Contains(token, SymbolEqualityComparer.Default));
        if (lost.IsEmpty)
            return null;

        var properties = ImmutableDictionary<string, string?>.Empty;
        if (lost is [var token])
            properties = DiagnosticProperties.Token.AddTo(properties, TokenScope.NameOf(token));
        return new Finding(
            Descriptor,
            site.NameToken.GetLocation(),
            properties,
            site.NameToken.ValueText,
            string.Join("' or '", lost.Select(candidate => candidate.Name)),
            call.RunsOn);
    }

    /// <summary>The stream is given one token, and what reads it another.</summary>
    private static bool IsReadWithAnother(LlmCall call, IOperation passed) =>
        call.IsStream && TokenPassed.Downstream(call.Operation) is { } reading && reading != passed;
}
