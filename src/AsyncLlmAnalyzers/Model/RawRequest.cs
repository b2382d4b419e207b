using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A request to a model that is sent by hand: through an <c>HttpClient</c>, to a URL that contains an endpoint of the catalog.</summary>
internal static class RawRequest
{
    private const int MaxSteps = 8;

    private static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "PostAsync", "PostAsJsonAsync", "SendAsync", "Send", "GetAsync", "GetStringAsync", "GetStreamAsync", "GetByteArrayAsync", "GetFromJsonAsync",
    };

    /// <summary>A filter by name, before anything is bound.</summary>
    public static bool MayBe(string name) => Names.Contains(name);

    public static LlmCall? From(IInvocationOperation invocation, LlmContext context, CancellationToken cancellationToken)
    {
        if (!IsSent(invocation.TargetMethod) || invocation.Arguments.FirstOrDefault(argument => argument.Parameter?.Type.Name is nameof(String) or nameof(Uri) or "HttpRequestMessage")?.Value is not { } request)
            return null;

        var sources = new ValueSources(context, cancellationToken);
        return Texts(request, sources, MaxSteps).Select(context.Catalog.FindHttp).FirstOrDefault(found => found is not null) is { } entry
            ? new LlmCall(invocation, entry, CallShape.Task)
            : null;
    }

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
            if (client is IObjectCreationOperation { Type.Name: "HttpClient" })
                return true;
            client = sources.Of(client).ToList() is [var only] ? only.WithoutConversions() : null;
        }

        return false;
    }

    private static bool IsSent(IMethodSymbol method) =>
        (method.ReducedFrom ?? method).ContainingType is { Name: "HttpClient" or "HttpMessageInvoker" or "HttpClientJsonExtensions" } type
        && type.IsInNamespace("System.Net.Http")
        && MayBe(method.Name);

    /// <summary>The constant texts in the value, and in what the locals, fields and objects in it were made of.</summary>
    private static IEnumerable<string> Texts(IOperation value, ValueSources sources, int steps)
    {
        foreach (var part in value.DescendantsAndSelf())
        {
            if (part.ConstantValue is { HasValue: true, Value: string text })
                yield return text;
            else if (steps > 0 && part is ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation { Instance: null or IInstanceReferenceOperation })
            {
                foreach (var inner in sources.Of(part).SelectMany(source => Texts(source, sources, steps - 1)))
                    yield return inner;
            }
        }
    }
}
