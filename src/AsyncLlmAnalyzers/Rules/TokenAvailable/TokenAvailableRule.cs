using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.TokenAvailable;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>no parameter or local holds a token, but a field, a property, or the context of the request does;</item>
/// <item>the call stands in an endpoint that would be given one: a minimal API handler, a controller action, a kernel function.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>a token is passed, or one in scope is not: that is ALLM3002's;</item>
/// <item>the call runs when the work is already cancelled or has failed, or runs on alone on purpose;</item>
/// <item>no overload of the member takes a token, or passing one is known to be harmful;</item>
/// <item>the token cannot be named where the call stands, or the endpoint cannot declare one, or would be given one that never fires, as a step of a Semantic Kernel process.</item>
/// </list>
/// </summary>
internal sealed class TokenAvailableRule : LlmRule
{
    public const string Id = "ALLM3010";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "A cancellation token is at hand and not passed to the model call",
        message: "'{0}' cannot be cancelled: {1}, so {2} after the caller has given up",
        DiagnosticSeverity.Info,
        description: "The framework or the type around has a token that fires when the caller leaves or the service stops, and the call does not get it: the model generates the whole answer, and its tokens are billed.",
        RuleTags.OffInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 65;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site)
    {
        if (site.Call is not { } call
            || !TokenMissing.In(call)
            || !TokenScope.At(call.Operation).Tokens.IsEmpty
            || TokenReachable.At(call.Operation, site.Context, site.CancellationToken) is not { } token)
            return null;

        var properties = ImmutableDictionary<string, string?>.Empty;
        if (token.Expressions is [var only])
            properties = DiagnosticProperties.Token.AddTo(properties, only);
        return new Finding(
            Descriptor,
            site.NameToken.GetLocation(),
            properties,
            site.NameToken.ValueText,
            token.IsDeclarable ? "this endpoint would be given a token if it declared a parameter for it" : $"'{string.Join("' or '", token.Expressions)}' is at hand but not passed",
            call.RunsOn);
    }
}
