using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A request to a model that is sent by hand: through an <c>HttpClient</c>, to a URL that contains an endpoint of the catalog.</summary>
internal static class RawRequest
{
    private const int MaxSteps = 8;

    private static readonly string[] LocalHosts = ["://localhost", "://127.0.0.1", "://[::1]", "://0.0.0.0", "://host.docker.internal"];

    /// <summary>What brings a request to the model.</summary>
    private static readonly HashSet<string> Sending = new(StringComparer.Ordinal) { "PostAsync", "PostAsJsonAsync", "SendAsync" };

    /// <summary>What blocks meanwhile, or reads an answer only.</summary>
    private static readonly HashSet<string> Others = new(StringComparer.Ordinal) { "Send", "GetAsync", "GetStringAsync", "GetStreamAsync", "GetByteArrayAsync", "GetFromJsonAsync" };

    /// <summary>A filter by name, before anything is bound.</summary>
    public static bool MayBe(string name) => MayBeCall(name) || Others.Contains(name);

    /// <summary>The same for those that are calls like those of a library.</summary>
    public static bool MayBeCall(string name) => Sending.Contains(name);

    /// <summary>The row of a request that is a call; null for any other invocation, and where it goes cannot be seen.</summary>
    public static CatalogEntry? EntryOf(IMethodSymbol method, IOperation site, LlmContext context) =>
        MayBeCall(method.Name) && site is IInvocationOperation invocation && IsSent(method) ? TargetOf(invocation, context, default).Entry : null;

    /// <summary>The request, also where it only reads an answer.</summary>
    public static LlmCall? From(IInvocationOperation invocation, LlmContext context, CancellationToken cancellationToken) =>
        IsSent(invocation.TargetMethod) && TargetOf(invocation, context, cancellationToken).Entry is { } entry ? new LlmCall(invocation, entry, CallShape.Task) : null;

    /// <summary>It goes to a server on this machine, which limits no rates.</summary>
    public static bool IsLocal(IInvocationOperation request, LlmContext context, CancellationToken cancellationToken) => TargetOf(request, context, cancellationToken).IsLocal;

    public static bool IsLocalAddress(string address) => LocalHosts.Any(host => address.IndexOf(host, StringComparison.OrdinalIgnoreCase) >= 0);

    /// <summary>It throws when the answer is no success, by itself or because the code asks for that.</summary>
    public static bool ThrowsOnStatus(IInvocationOperation request, IOperation attempt) =>
        request.TargetMethod.Name is "GetStringAsync" or "GetStreamAsync" or "GetByteArrayAsync" or "GetFromJsonAsync"
        || attempt.Descendants().Any(operation => operation is IInvocationOperation { TargetMethod: { Name: "EnsureSuccessStatusCode", ContainingType.Name: "HttpResponseMessage" } });

    /// <summary>The HttpClient is made in sight, so nothing but what is written stands around its requests.</summary>
    public static bool HasVisibleClient(IInvocationOperation request, LlmContext context, CancellationToken cancellationToken)
    {
        var sources = new ValueSources(context, cancellationToken);
        var client = request.Receiver();
        for (var step = 0; client is not null && step < MaxSteps; step++)
        {
            if (client is IObjectCreationOperation { Type.Name: "HttpClient" } creation)
                return creation.Arguments.All(argument => argument.Parameter?.Type.Name != "HttpMessageHandler" || IsMadeHere(argument.Value));
            client = sources.Of(client).ToList() is [var only] ? only.WithoutConversions() : null;
        }

        return false;

        bool IsMadeHere(IOperation handler) =>
            handler.WithoutConversions() is IObjectCreationOperation || sources.Of(handler).ToList() is [var only] && only.WithoutConversions() is IObjectCreationOperation;
    }

    private static bool IsSent(IMethodSymbol method) =>
        MayBe(method.Name)
        && (method.ReducedFrom ?? method).ContainingType is { Name: "HttpClient" or "HttpMessageInvoker" or "HttpClientJsonExtensions" } type
        && type.IsInNamespace("System.Net.Http");

    private static Target TargetOf(IInvocationOperation request, LlmContext context, CancellationToken cancellationToken) => context.Answer(nameof(RawRequest), request.Syntax, () =>
    {
        var urls = new RequestUrl(context, cancellationToken).Of(request);
        var entries = urls.ConvertAll(context.Catalog.FindHttp);
        return urls.Count > 0 && !entries.Contains(null) ? new Target(entries[0], urls.Exists(IsLocalAddress)) : default;
    });

    private readonly record struct Target(CatalogEntry? Entry, bool IsLocal);
}
