using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What dependency injection hands out in this compilation, by the type that is asked for.</summary>
internal sealed class Registrations(LlmContext context)
{
    private (NameIndex.Place Place, CatalogEntry? Row, ITypeSymbol? Service, object? Key)[]? _registrations;

    /// <summary>The type that <c>provider.GetRequiredService&lt;T&gt;()</c> and its kin are asked for.</summary>
    public static ITypeSymbol? ServiceOf(IInvocationOperation invocation) =>
        invocation.TargetMethod is { Name: "GetService" or "GetRequiredService" or "GetKeyedService" or "GetRequiredKeyedService", TypeArguments: [var type] } method
        && method.ContainingType.IsInNamespace("Microsoft.Extensions.DependencyInjection")
            ? type
            : null;

    /// <summary>The key that <c>GetRequiredKeyedService&lt;T&gt;(key)</c> asks for; null for none.</summary>
    public static object? KeyOf(IInvocationOperation invocation) => invocation.TargetMethod.Name.Contains("Keyed") ? Constant(invocation.Argument("serviceKey")) : null;

    /// <summary>The key of <c>[FromKeyedServices("key")]</c>; null for none.</summary>
    public static object? KeyOf(IParameterSymbol parameter) =>
        parameter.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.Name == "FromKeyedServicesAttribute") is { } attribute
            ? attribute.ConstructorArguments is [{ Kind: not TypedConstantKind.Array, Value: { } key }] ? key : UnknownKey
            : null;

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
        var known = _registrations ??= [.. Find(cancellationToken)];
        return known
            .Where(registration => registration.Row is { } row
                ? row.TraitValues("provides").Any(name => IsNamed(type, name))
                : SymbolEqualityComparer.Default.Equals(registration.Service, type))
            .Where(registration => registration.Key == UnknownKey || key == UnknownKey || Equals(registration.Key, key))
            .Select(registration => (registration.Row, Operation: context.Names.Invocation(registration.Place, cancellationToken)))
            .Where(registration => registration.Operation is not null)
            .SelectMany(registration => registration.Row is { IsInner: false } ? [registration.Operation!] : Given(registration.Operation!, sources));
    }

    /// <summary>Each is bound once for a version of the project; found without a lock, since twice is harmless.</summary>
    private IEnumerable<(NameIndex.Place Place, CatalogEntry? Row, ITypeSymbol? Service, object? Key)> Find(CancellationToken cancellationToken)
    {
        foreach (var place in context.Names.Places(IsRegistration))
        {
            if (context.Names.Invocation(place, cancellationToken) is not { } registration)
                continue;

            var row = context.Catalog.FindClientMethod(registration.TargetMethod, registration.ReceiverType());
            if (row is not null || !registration.TargetMethod.TypeArguments.IsEmpty)
                yield return (place, row, row is null ? registration.TargetMethod.TypeArguments[0] : null, registration.TargetMethod.Name.Contains("Keyed") ? Constant(registration.Argument("serviceKey")) : null);
        }
    }

    private bool IsRegistration(string name) =>
        name is "AddSingleton" or "AddScoped" or "AddTransient" or "TryAddSingleton" or "TryAddScoped" or "TryAddTransient"
            or "AddKeyedSingleton" or "AddKeyedScoped" or "AddKeyedTransient"
        || name.StartsWith("Add", StringComparison.Ordinal) && context.Catalog.MayBeClientMethod(name);

    /// <summary>Stands for a key that is no constant: it may be any.</summary>
    private static readonly object UnknownKey = new();

    private static object Constant(IOperation? key) => key?.WithoutConversions().ConstantValue is { HasValue: true, Value: { } value } ? value : UnknownKey;

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
}
