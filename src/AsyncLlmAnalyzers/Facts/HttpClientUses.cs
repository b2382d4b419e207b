using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>One model call whose client sends its requests through an <c>HttpClient</c> of <c>IHttpClientFactory</c>.</summary>
/// <param name="Call">The name of the called member.</param>
/// <param name="IsStream">Its answer comes piece by piece.</param>
/// <param name="ClientName">The name the HttpClient is created by.</param>
/// <param name="TypedClient">The class that the factory gives its HttpClient to.</param>
/// <param name="Registration">The registration of a library that asks the container for one.</param>
internal sealed record HttpClientUse(string Call, bool IsStream, string? ClientName = null, INamedTypeSymbol? TypedClient = null, IInvocationOperation? Registration = null);

/// <summary>Which HttpClients of <c>IHttpClientFactory</c> do the model calls of this compilation go through? Found as far as somebody asks.</summary>
internal sealed class HttpClientUses(LlmContext context)
{
    private readonly ConcurrentDictionary<NameIndex.Place, ImmutableArray<HttpClientUse>> _uses = new();

    /// <summary>Found one call after the other, as far as somebody asks, and without a lock: twice is harmless.</summary>
    public static IEnumerable<HttpClientUse> In(LlmContext context, CancellationToken cancellationToken)
    {
        var uses = context.Kept(static context => new HttpClientUses(context));
        return context.Names.Places(name => context.MayBeCall(name) || RawRequest.MayBe(name)).SelectMany(place => uses._uses.GetOrAdd(place, _ => [.. uses.At(place, cancellationToken)]));
    }

    private IEnumerable<HttpClientUse> At(NameIndex.Place place, CancellationToken cancellationToken)
    {
        if (context.Names.Invocation(place, cancellationToken) is not { } invocation
            || (LlmCall.From(invocation, context) ?? RawRequest.From(invocation, context, cancellationToken)) is not { } call
            || invocation.Receiver() is not { } client)
            yield break;

        foreach (var part in ClientLayers.Construction(client, context, cancellationToken))
        {
            if (UseOf(part, call) is { } use)
                yield return use;
        }
    }

    private HttpClientUse? UseOf(IOperation? part, LlmCall call) => part switch
    {
        IInvocationOperation { TargetMethod: { Name: "CreateClient", ContainingType.Name: "IHttpClientFactory" or "HttpClientFactoryExtensions" } } create =>
            NameOf(create) is { } name ? new HttpClientUse(call.Method.Name, call.IsStream, ClientName: name) : null,
        IParameterReferenceOperation { Parameter: { Type.Name: "HttpClient", ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType: var type } } } => new HttpClientUse(call.Method.Name, call.IsStream, TypedClient: type),
        IParameterReferenceOperation { Parameter.Type: INamedTypeSymbol type } when context.Catalog.FindClient(type) is not null && TakesHttpClient(type) => new HttpClientUse(call.Method.Name, call.IsStream, TypedClient: type),
        IInvocationOperation registration when ClientLayers.TakesHttpClientFromFactory(registration, context) => new HttpClientUse(call.Method.Name, call.IsStream, Registration: registration),
        _ => null,
    };

    /// <summary>The one without a name has the empty one.</summary>
    private static string? NameOf(IInvocationOperation create) => create.Argument("name") is not { } name ? "" : name.ConstantValue is { HasValue: true, Value: string text } ? text : null;

    private static bool TakesHttpClient(INamedTypeSymbol type) => type.InstanceConstructors.Any(constructor => constructor.Parameters.Any(parameter => parameter.Type.Name == "HttpClient"));
}
