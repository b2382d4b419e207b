using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Hosting;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Rules.UnboundedCall;

/// <summary>
/// Reports when
/// <list type="bullet">
/// <item>a call is given no token and its client is constructed with an infinite timeout;</item>
/// <item>the token it is given can never fire: a source of the same member that nobody cancels and that has no timeout;</item>
/// <item>a stream is given no token and its SDK does not end one that stalls.</item>
/// </list>
/// Silent when
/// <list type="bullet">
/// <item>a token flows in, or may, also from who reads the stream: then its owner decides;</item>
/// <item>a helper, a pipeline or a wait with a time limit is around the call, the stream, or a wrapper of it;</item>
/// <item>a layer of the client may end it, or a token is known to do harm there;</item>
/// <item>the request asks for the whole answer at once, or may.</item>
/// </list>
/// </summary>
internal sealed class UnboundedCallRule : LlmRule
{
    public const string Id = "ALLM3001";
    private const string Switch = "Stream";

    private static readonly DiagnosticDescriptor Rule = Descriptors.Create(
        Id,
        title: "Nothing ends a model call",
        message: "'{0}' {1}",
        DiagnosticSeverity.Warning,
        description: "A server that has accepted a request may never finish its answer; without a token or a timeout that acts, the call, the connection and whoever waits for it stay for ever.",
        RuleTags.Minimal, RuleTags.SuggestionInTests);

    public override DiagnosticDescriptor Descriptor => Rule;

    public override int Rank => 68;

    public override bool Accepts(TriggerKind kind, string name, LlmContext context) => kind == TriggerKind.Invocation && context.MayBeCall(name);

    public override Finding? Inspect(Site site) => UnendedCall.Find(site, Descriptor, Reason);

    private static (string, CatalogEntry?)? Reason(LlmCall call, Site site) =>
        DeadToken.Of(call.Operation) is not null ? ("is given a token that can never fire: nobody cancels its source, and the source has no timeout", null)
        : call.Entry.HasTrait("stall") && !MayAskForTheWhole(call) ? ($"waits for ever when the stream stalls: the client's timeout ends with the headers, and {(call.Entry.HasTrait(CatalogEntry.StallIgnoresToken) ? "while it waits it looks at no token; bound the wait for each piece, as LlmStream.WithTimeout does" : "no token is passed")}", call.Entry)
        : UnendedCall.TimeoutOf(call, site)?.Source == SettingSource.Off
            ? ("may wait for ever: its client is constructed with an infinite timeout, and no token is passed", null)
        : null;

    /// <summary>Its request has a switch for it: <c>new ChatRequest { Stream = false }</c> is answered at once, which the client's timeout covers.</summary>
    private static bool MayAskForTheWhole(LlmCall call) => call.Operation.Arguments.Select(argument => argument.Value.WithoutConversions()).Any(request =>
    {
        if (!HasSwitch(request.Type))
            return false;
        var local = (request as ILocalReferenceOperation)?.Local;
        return (request is ILocalReferenceOperation reference ? reference.Initializer()?.WithoutConversions() : request) is not IObjectCreationOperation creation
            || creation.Descendants().Concat(local is null ? [] : call.Operation.EnclosingFunction().Descendants()).Any(operation =>
                operation is ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: Switch, Instance: var owner }, Value.ConstantValue: not { HasValue: true, Value: true } }
                && (owner is IInstanceReferenceOperation && creation.Syntax.Span.Contains(operation.Syntax.Span)
                    || owner is ILocalReferenceOperation other && SymbolEqualityComparer.Default.Equals(other.Local, local)));
    });

    private static bool HasSwitch(ITypeSymbol? type) =>
        type.BaseTypesAndSelf().SelectMany(declaring => declaring.GetMembers(Switch)).OfType<IPropertySymbol>().Any(property => property.Type.SpecialType == SpecialType.System_Boolean);
}
