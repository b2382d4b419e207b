using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.TokenNotForwarded;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a parameter or local token is in scope and a model call is not given it, or is given <c>None</c>;</item>
/// <item>the call's options object could carry the token and visibly does not;</item>
/// <item>a stream of a model's answer that somebody else opened is enumerated without it.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>another token is passed, in an argument, in an options object, or by <c>WithCancellation</c> later;</item>
/// <item>the call runs when the work is already cancelled or has failed, or runs on alone on purpose;</item>
/// <item>no overload of the member takes a token, or passing one is known to be harmful.</item>
/// </list>
/// </summary>
internal sealed class TokenNotForwardedRule : LlmRule
{
    public const string Id = "ALLM3002";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A cancellation token in scope is not passed to the model call",
        message: "'{0}' cannot be cancelled: '{1}' is in scope but not passed, so {2}",
        DiagnosticSeverity.Warning,
        description: "A caller that cancels stops waiting, but the request goes on: the model generates the whole answer, its tokens are billed, and the connection and the rate limit stay occupied.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 70;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) =>
        kind == TriggerKind.AwaitForEach || (kind == TriggerKind.Invocation && context.MayBeCall(name));

    public override Finding? Inspect(Site site) =>
        site.Operation is IForEachLoopOperation loop ? InspectStream(loop, site) : InspectCall(site);

    private Finding? InspectCall(Site site) =>
        site.Call is { } call && TokenMissing.In(call) ? Report(call.Operation, site.NameToken, call.Entry, site) : null;

    private Finding? InspectStream(IForEachLoopOperation loop, Site site)
    {
        var stream = loop.Collection.WithoutConversions();
        while (stream is IInvocationOperation { TargetMethod.Name: "ConfigureAwait" or "WithCancellation" } configured && configured.Receiver() is { } inner)
        {
            if (TokenPassed.To(configured).Verdict == Verdict.Yes)
                return null;
            stream = inner;
        }

        return stream.Type is { } type
            && ReturnTypes.AsyncStreamElement(type) is { } update
            && site.Context.Catalog.FindStream(update) is { } entry
            && !MayHaveToken(stream, site.Context)
            && LastName(stream.Syntax) is { } name
                ? Report(stream, name, entry, site)
                : null;
    }

    /// <summary>Somebody on the way that made the stream was given a token, or it is a call that is looked at itself, or code that does not compile yet.</summary>
    private static bool MayHaveToken(IOperation? stream, LlmContext context) => stream?.WithoutConversions() switch
    {
        null => false,
        IInvalidOperation => true,
        IAwaitOperation awaited => MayHaveToken(awaited.Operation, context),
        IInvocationOperation invocation => context.Catalog.FindCall(invocation.TargetMethod, invocation.ReceiverType()) is not null
            || TokenPassed.To(invocation).Verdict != Verdict.No
            || TokenOwned.By(invocation, context, default)
            || MayHaveToken(invocation.Receiver(), context),
        ILocalReferenceOperation local => LocalValues.Of(local).Any(value => MayHaveToken(value, context)),
        _ => false,
    };

    private Finding? Report(IOperation place, SyntaxToken name, CatalogEntry entry, Site site)
    {
        var tokens = TokenWanted.At(place);
        if (tokens.IsEmpty)
            return null;

        var properties = ImmutableDictionary<string, string?>.Empty;
        if (tokens is [var token])
            properties = DiagnosticProperties.Token.AddTo(properties, TokenScope.NameOf(token));
        var ignoresToken = entry.HasTrait(CatalogEntry.StallIgnoresToken) && MeasuredVersions.Cover(entry.Versions, site.Context.Compilation);
        if (ignoresToken)
            properties = DiagnosticProperties.AttemptTimeoutSeconds.AddTo(properties, Options.AttemptTimeoutSeconds.Read(site.Options));
        return new Finding(
            Descriptor,
            name.GetLocation(),
            properties,
            name.ValueText,
            string.Join("' or '", tokens.Select(candidate => candidate.Name)),
            $"{LlmCall.RunsOnAs(entry.Kind)} after the caller has given up{(ignoresToken ? "; and as this stream looks at no token while it stalls, bound the wait for each piece, too" : "")}");
    }

    private static SyntaxToken? LastName(SyntaxNode stream) => stream switch
    {
        ParenthesizedExpressionSyntax parenthesized => LastName(parenthesized.Expression),
        AwaitExpressionSyntax awaited => LastName(awaited.Expression),
        ConditionalAccessExpressionSyntax access => LastName(access.WhenNotNull),
        _ => Site.NameOf(stream)?.Identifier,
    };
}
