using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>
/// The standard resilience handler around the HttpClient of a model client, with its timeouts as they come: it cuts each attempt off after
/// 10 s, makes up to four, and gives up after 30 s.
/// </summary>
/// <param name="Call">A model call that goes through it.</param>
/// <param name="IsStream">Each of them is a stream, of which the handler sees the beginning alone.</param>
/// <param name="ChangesRest">The code sets the other times or the retries, and only the attempt's time is the default.</param>
internal sealed record ResilienceHandler(string Call, bool IsStream, bool ChangesRest)
{
    public const string MethodName = "AddStandardResilienceHandler";
    private const string Options = "HttpStandardResilienceOptions";

    /// <summary>Null where the code chooses the attempt's timeout or may, or no model call is known to go through it.</summary>
    public static ResilienceHandler? From(IInvocationOperation? add, LlmContext context, CancellationToken cancellationToken)
    {
        if (add is not { TargetMethod: { Name: MethodName, ContainingType: { Name: "ResilienceHttpClientBuilderExtensions" } type } }
            || !type.IsInNamespace("Microsoft.Extensions.DependencyInjection")
            || SettingsOf(add) is not { } settings
            || settings.Contains("AttemptTimeout")
            || context.Names.Invocations(name => name is "Configure" or "ConfigureAll" or "PostConfigure" or "PostConfigureAll" or "AddOptions", cancellationToken)
                .Any(configure => configure.TargetMethod.TypeArguments is [{ Name: Options }, ..]))
            return null;

        var uses = HttpClientUses.In(context, cancellationToken).Where(use => GoesThrough(use, add));
        return (uses.FirstOrDefault(use => !use.IsStream) ?? uses.FirstOrDefault()) is { } use ? new ResilienceHandler(use.Call, use.IsStream, settings.Count > 0) : null;
    }

    /// <summary>The properties of the options that are read or set, here and in what is chained; null where somebody else sets them.</summary>
    private static HashSet<string>? SettingsOf(IInvocationOperation add)
    {
        var settings = new HashSet<string>(StringComparer.Ordinal);
        for (var step = add; ;)
        {
            foreach (var argument in step.Arguments.Where(argument => argument.Parameter?.Ordinal > 0 && argument.ArgumentKind == ArgumentKind.Explicit))
            {
                if (argument.Value.Lambda() is not { Symbol.Parameters: [var options, ..] } lambda)
                    return null;
                foreach (var use in lambda.Descendants().OfType<IParameterReferenceOperation>().Where(use => SymbolEqualityComparer.Default.Equals(use.Parameter, options)))
                {
                    if (use.Parent is not IPropertyReferenceOperation { Property.Name: var name })
                        return null;
                    settings.Add(name);
                }
            }

            var result = step.Parent;
            while (result is IConversionOperation or IArgumentOperation)
                result = result.Parent;
            if (result is IInvocationOperation { TargetMethod: { Name: "Configure", Parameters.IsEmpty: false } } configure && configure.Receiver() == step)
                step = configure;
            else
                return result is IExpressionStatementOperation or IReturnOperation || result is IInvocationOperation other && other.Receiver() == step ? settings : null;
        }
    }

    private static bool GoesThrough(HttpClientUse use, IInvocationOperation add)
    {
        var builder = add.Receiver();
        for (var step = 0; step < 20; step++)
        {
            switch (builder)
            {
                case IInvocationOperation { TargetMethod.Name: "AddHttpClient" } client:
                    return IsOf(client, use);
                case IInvocationOperation chained:
                    builder = chained.Receiver();
                    break;
                case ILocalReferenceOperation local:
                    builder = local.Initializer()?.WithoutConversions();
                    break;
                case IParameterReferenceOperation { Parameter: var parameter }:
                    var lambda = add.Ancestors().OfType<IAnonymousFunctionOperation>().FirstOrDefault(function => function.Symbol.Parameters.Contains(parameter, SymbolEqualityComparer.Default));
                    return lambda?.GivenTo() is { TargetMethod.Name: "ConfigureHttpClientDefaults" } defaults && (use.Registration is { } registration ? IsSameContainer(registration, defaults) : OwnKernel(defaults) is null);
                default:
                    return false;
            }
        }

        return false;
    }

    private static bool IsOf(IInvocationOperation client, HttpClientUse use) => client.TargetMethod.TypeArguments is [.., var type]
        ? SymbolEqualityComparer.Default.Equals(type.OriginalDefinition, use.TypedClient?.OriginalDefinition)
        : use.ClientName is { } name && client.Argument("name")?.ConstantValue is { HasValue: true, Value: string registered } && registered == name;

    /// <summary>A kernel has services of its own unless it was added to those of the application.</summary>
    private static bool IsSameContainer(IInvocationOperation registration, IInvocationOperation defaults)
    {
        if (OwnKernel(defaults) is { } one && OwnKernel(registration) is { } other && !SymbolEqualityComparer.Default.Equals(one, other))
            return false;

        var isKernels = defaults.Receiver() is IPropertyReferenceOperation { Property: { Name: "Services", ContainingType.Name: "IKernelBuilder" } };
        return registration.ReceiverType()?.Name == "IServiceCollection" ? !isKernels
            : isKernels || registration.DescendantsAndSelf().Any(part => part is IInvocationOperation { TargetMethod.Name: "AddKernel" });
    }

    /// <summary>The builder of a kernel that is made here for this chain: nobody else's clients are in its services.</summary>
    private static ILocalSymbol? OwnKernel(IInvocationOperation chain)
    {
        var builder = chain.ChainRoot() as ILocalReferenceOperation;
        if (builder?.Initializer()?.ChainRoot() is ILocalReferenceOperation owner)
            builder = owner;
        return builder?.Initializer()?.WithoutConversions() is IInvocationOperation { TargetMethod: { Name: "CreateBuilder", IsStatic: true, ContainingType.Name: "Kernel" } } ? builder.Local : null;
    }
}
