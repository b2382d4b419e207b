using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>What dependency injection hands out in this compilation, by the type that is asked for.</summary>
internal sealed class Registrations(LlmContext context)
{
    /// <summary>The type that <c>provider.GetRequiredService&lt;T&gt;()</c> and its kin are asked for.</summary>
    public static ITypeSymbol? ServiceOf(IInvocationOperation invocation) =>
        invocation.TargetMethod is { Name: "GetService" or "GetRequiredService" or "GetKeyedService" or "GetRequiredKeyedService", TypeArguments: [var type] } method
        && method.ContainingType.IsInNamespace("Microsoft.Extensions.DependencyInjection")
            ? type
            : null;

    /// <summary>
    /// The values registered for the type: instances, results of factories, and the registrations of a library that the catalog
    /// knows to provide it.
    /// </summary>
    public IEnumerable<IOperation> Of(ITypeSymbol type, ValueSources sources, CancellationToken cancellationToken) =>
        context.Names.Invocations(IsRegistration, cancellationToken).SelectMany(registration => Values(registration, type, sources));

    private bool IsRegistration(string name) =>
        name is "AddSingleton" or "AddScoped" or "AddTransient" or "TryAddSingleton" or "TryAddScoped" or "TryAddTransient"
            or "AddKeyedSingleton" or "AddKeyedScoped" or "AddKeyedTransient"
        || name.StartsWith("Add", StringComparison.Ordinal) && context.Catalog.MayBeClientMethod(name);

    private ImmutableArray<IOperation> Values(IInvocationOperation registration, ITypeSymbol wanted, ValueSources sources)
    {
        var method = registration.TargetMethod;
        if (context.Catalog.FindClientMethod(method, registration.ReceiverType()) is { } row)
        {
            if (!row.TraitValues("provides").Any(name => IsNamed(wanted, name)))
                return [];
            return row.IsInner ? Given(registration, sources) : [registration];
        }

        return method.TypeArguments is [var service, ..] && SymbolEqualityComparer.Default.Equals(service, wanted)
            ? Given(registration, sources)
            : [];
    }

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
