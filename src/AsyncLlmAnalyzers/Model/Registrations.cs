using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What dependency injection hands out in this compilation, by the type that is asked for.</summary>
internal sealed class Registrations(LlmContext context)
{
    private readonly Lazy<ILookup<string, (NameIndex.Place Place, string? Service)>> _written = new(() => Written(context));
    private readonly ConcurrentDictionary<NameIndex.Place, Registration?> _registrations = new();
    private readonly ConcurrentDictionary<ITypeSymbol, ImmutableArray<(NameIndex.Place Place, Registration Known)>> _byType = new(SymbolEqualityComparer.Default);

    /// <summary>The type that <c>provider.GetRequiredService&lt;T&gt;()</c> and its kin are asked for.</summary>
    public static ITypeSymbol? ServiceOf(IInvocationOperation invocation) =>
        invocation.TargetMethod is { Name: "GetService" or "GetRequiredService" or "GetKeyedService" or "GetRequiredKeyedService", TypeArguments: [var type] } method
        && method.ContainingType.IsInNamespace("Microsoft.Extensions.DependencyInjection")
            ? type
            : null;

    /// <summary>Stands for a key that is no constant: it may be any.</summary>
    private static readonly object UnknownKey = new();

    /// <summary>The key that <c>GetRequiredKeyedService&lt;T&gt;(key)</c> asks for; null for none.</summary>
    public static object? KeyOf(IInvocationOperation invocation) =>
        !invocation.TargetMethod.Name.Contains("Keyed") ? null
        : invocation.Argument("serviceKey")?.WithoutConversions().ConstantValue is { HasValue: true, Value: { } key } ? key
        : UnknownKey;

    /// <summary>The key of <c>[FromKeyedServices("key")]</c>; null for none.</summary>
    public static object? KeyOf(IParameterSymbol parameter) =>
        parameter.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.Name == "FromKeyedServicesAttribute") is not { } attribute ? null
        : attribute.ConstructorArguments is [{ Kind: not TypedConstantKind.Array, Value: { } key }] ? key
        : UnknownKey;

    /// <summary>
    /// The values registered for the type: instances, results of factories, and the registrations of a library that the catalog
    /// knows to provide it.
    /// </summary>
    /// <param name="type">What is asked for.</param>
    /// <param name="key">Under which key; null for none.</param>
    /// <param name="sources">Follows the factories.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public IEnumerable<IOperation> Of(ITypeSymbol type, object? key, ValueSources sources, CancellationToken cancellationToken)
    {
        foreach (var (place, known) in _byType.GetOrAdd(type, _ => [.. Find(type, cancellationToken)]))
        {
            if (known.Key != UnknownKey && key != UnknownKey && !Equals(known.Key, key))
                continue;

            var registration = context.Names.Invocation(place, cancellationToken)!;
            foreach (var value in known.Row is { IsInner: false } ? [registration] : Given(registration, sources))
                yield return value;
        }
    }

    private IEnumerable<(NameIndex.Place Place, Registration Known)> Find(ITypeSymbol type, CancellationToken cancellationToken)
    {
        foreach (var method in _written.Value)
        {
            var isKnown = context.Catalog.ClientMethods(method.Key).Any(row => Provides(row, type));
            foreach (var (place, service) in method)
            {
                if ((isKnown || service is "" || service == type.Name)
                    && _registrations.GetOrAdd(place, _ => Read(place, cancellationToken)) is { } known
                    && (known.Row is { } row ? Provides(row, type) : SymbolEqualityComparer.Default.Equals(known.Service, type)))
                    yield return (place, known);
            }
        }
    }

    /// <summary>Null for a registration that names no service. Each is bound once for a version of the project, and only for a type that it may be of.</summary>
    private Registration? Read(NameIndex.Place place, CancellationToken cancellationToken)
    {
        if (context.Names.Invocation(place, cancellationToken) is not { } registration)
            return null;

        var row = context.Catalog.FindClientMethod(registration.TargetMethod, registration.ReceiverType());
        return row is not null ? new Registration(row, null, KeyOf(registration))
            : registration.TargetMethod.TypeArguments is [var service, ..] ? new Registration(null, service, KeyOf(registration))
            : null;
    }

    private static bool IsOfAnyService(string name) => name is "AddSingleton" or "AddScoped" or "AddTransient" or "TryAddSingleton" or "TryAddScoped" or "TryAddTransient"
        or "AddKeyedSingleton" or "AddKeyedScoped" or "AddKeyedTransient";

    /// <summary>The registrations by their method, with the name of the service as far as it is written: or of what is created there, or empty for any.</summary>
    private static ILookup<string, (NameIndex.Place Place, string? Service)> Written(LlmContext context) => context.Names
        .Places(name => IsOfAnyService(name) || name.StartsWith("Add", StringComparison.Ordinal) && context.Catalog.MayBeClientMethod(name))
        .Select(place => (Place: place, Method: NameIndex.NameAt(place, default)))
        .ToLookup(found => found.Method.Identifier.ValueText, found => (found.Place, WrittenService(found.Method)), StringComparer.Ordinal);

    private static string? WrittenService(SimpleNameSyntax method) => method switch
    {
        GenericNameSyntax { TypeArgumentList.Arguments: [var service, ..] } => TypeNames.Of(service),
        _ when !IsOfAnyService(method.Identifier.ValueText) => null,
        _ => method.FirstAncestorOrSelf<InvocationExpressionSyntax>()?.ArgumentList.Arguments.LastOrDefault()?.Expression switch
        {
            ObjectCreationExpressionSyntax instance => TypeNames.Of(instance.Type),
            LambdaExpressionSyntax { ExpressionBody: ObjectCreationExpressionSyntax made } => TypeNames.Of(made.Type),
            _ => "",
        },
    };

    /// <summary>The registration gives the container a service of this type.</summary>
    public static bool Provides(CatalogEntry row, ITypeSymbol type) => row.TraitValues("provides").Any(name => IsNamed(type, name));

    /// <summary>The instance or the results of the factory; the registration itself when it names only a type.</summary>
    private static ImmutableArray<IOperation> Given(IInvocationOperation registration, ValueSources sources)
    {
        var given = registration.Arguments
            .Where(argument => argument.ArgumentKind == ArgumentKind.Explicit && argument.Value != registration.Instance && !IsReceiver(argument, registration))
            .Select(argument => argument.Value.WithoutConversions())
            .LastOrDefault(value => value.Type is not { TypeKind: TypeKind.Enum } and not { SpecialType: SpecialType.System_String });
        if (given is null)
            return [registration];

        var values = given.Lambda() is not null || given.MethodGroup() is not null ? sources.ResultsOf(given).ToImmutableArray() : [given];
        return values.IsEmpty ? [registration] : values;
    }

    private static bool IsReceiver(IArgumentOperation argument, IInvocationOperation registration) =>
        registration.TargetMethod.IsExtensionMethod && argument.Parameter?.Ordinal == 0;

    private static bool IsNamed(ITypeSymbol type, string metadataName) =>
        type.OriginalDefinition is INamedTypeSymbol named
        && metadataName == $"{named.ContainingNamespace.ToDisplayString()}.{named.MetadataName}";

    /// <param name="Row">Of a registration that the catalog knows.</param>
    /// <param name="Service">What any other one registers.</param>
    /// <param name="Key">Under which key; null for none.</param>
    private sealed record Registration(CatalogEntry? Row, ITypeSymbol? Service, object? Key);
}
