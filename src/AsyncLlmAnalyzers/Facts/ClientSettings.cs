using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Reads timeout and retries off a construction: its options object, its own properties, or its <c>HttpClient</c>.</summary>
internal sealed class ClientSettings(LlmContext context, CancellationToken cancellationToken)
{
    private const string HttpClient = "HttpClient";

    private readonly ValueSources _sources = new(context, cancellationToken);

    public ClientConstruction Read(IOperation construction, CatalogEntry row)
    {
        var settings = SettingsOf(construction, row);
        var (timeout, retry) = (TimeoutOf(settings, row), RetryOf(settings, row));
        if (row.HasTrait("http-timeout"))
        {
            timeout = OfHttpClient(Argument(construction, HttpClient));
        }
        else if (row.HasTrait("http-alone") && Argument(construction, HttpClient) is { } given and not (ILiteralOperation or IDefaultValueOperation))
        {
            timeout = OfHttpClient(given);
            retry = timeout.Source == SettingSource.Unknown ? new RetrySetting(SettingSource.Unknown) : new RetrySetting(SettingSource.Off, 0, given.Syntax.GetLocation());
        }
        else if (timeout.Source == SettingSource.Unset && row.TraitValue("transport") is { } transport && settings is not null && settings.TryGetValue(transport, out var pipe))
        {
            // One without a limit leaves the client's own in force.
            var http = OfHttpClient(HttpClientIn(pipe));
            timeout = http.Source == SettingSource.Off ? timeout : http;
        }

        var name = NameToken(construction);
        return new ClientConstruction(
            row, name.ValueText == "new" ? row.Type.Substring(row.Type.LastIndexOf('.') + 1) : name.ValueText, name.GetLocation(), timeout, retry, IsLocal(construction, settings, row));
    }

    private bool IsLocal(IOperation construction, Dictionary<string, IOperation>? settings, CatalogEntry row)
    {
        var addresses = construction.Descendants().Concat(settings?.Values.SelectMany(value => value.DescendantsAndSelf()) ?? [])
            .SelectMany(operation => operation is ILocalReferenceOperation or IFieldReferenceOperation && operation.Type is { SpecialType: SpecialType.System_String } or { Name: nameof(Uri) } ? _sources.Of(operation).SelectMany(value => value.DescendantsAndSelf()).Prepend(operation) : [operation])
            .Select(operation => operation.ConstantValue is { HasValue: true, Value: string text } && text.Contains("://") ? text : null)
            .OfType<string>()
            .Concat(settings is not null && settings.TryGetValue("Endpoint", out var endpoint) ? new RequestUrl(context, cancellationToken).Of(endpoint) : [])
            .ToList();
        return addresses.Exists(RawRequest.IsLocalAddress) || addresses.Count == 0 && row.HasTrait("self-hosted");
    }

    /// <summary>What a factory such as <c>WithOptions(o => o with { .. })</c> changes.</summary>
    public ClientChanges Changes(IOperation factory, CatalogEntry row)
    {
        if (!row.HasTrait("timeoutProperty") && !row.HasTrait("retryProperty"))
            return default;

        var settings = (factory as IInvocationOperation)?.Arguments.Select(argument => argument.Value).FirstOrDefault(value => value.Lambda() is not null) is { } change
            && _sources.ResultsOf(change).Select(result => result.WithoutConversions()).ToList() is [IWithOperation with]
                ? Initialized(with.Initializer)
                : null;
        return new ClientChanges(TimeoutOf(settings, row), RetryOf(settings, row));
    }

    /// <summary>The values by property path; null when they come from where they cannot be seen.</summary>
    private Dictionary<string, IOperation>? SettingsOf(IOperation construction, CatalogEntry row)
    {
        var own = row.HasTrait("properties-on-client") ? OnObject(construction) : new Dictionary<string, IOperation>(StringComparer.Ordinal);
        if (IsConfigured(construction))
            return null;
        if (row.TraitValue("options") is not { } type)
            return own;

        // Another version of the SDK may take another type of options.
        var options = Argument(construction, type.Substring(type.LastIndexOf('.') + 1))
            ?? Arguments(construction).FirstOrDefault(argument => argument is { ArgumentKind: not ArgumentKind.DefaultValue, Parameter.Type: var given } && context.Catalog.FindClient(given)?.HasTrait("settings") == true)?.Value;
        if (options is null)
            return own;
        if (OnOptions(options, row, 0) is not { } given)
            return null;
        foreach (var pair in own)
            given[pair.Key] = pair.Value;
        return given;
    }

    /// <summary>It is given what a configuration section was bound to: <c>new ChatClient(settings)</c>.</summary>
    private static bool IsConfigured(IOperation construction) => Arguments(construction).Any(argument =>
        argument.Parameter?.Type.BaseType is { Name: "ClientSettings" } settings && settings.IsInNamespace("System.ClientModel"));

    public static ImmutableArray<IArgumentOperation> Arguments(IOperation construction) => construction switch
    {
        IObjectCreationOperation creation => creation.Arguments,
        IInvocationOperation invocation => invocation.Arguments,
        _ => [],
    };

    private static IOperation? Argument(IOperation construction, string typeName) => Arguments(construction)
        .Where(argument => argument.ArgumentKind != ArgumentKind.DefaultValue)
        .FirstOrDefault(argument => argument.Parameter?.Type.Name == typeName)?.Value.WithoutConversions();

    private Dictionary<string, IOperation>? OnOptions(IOperation options, CatalogEntry client, int depth)
    {
        const int maxDepth = 6;
        options = options.WithoutConversions();
        switch (options)
        {
            case IDefaultValueOperation or ILiteralOperation { ConstantValue: { HasValue: true, Value: null } }:
                return [];
            case IObjectCreationOperation creation when context.Catalog.FindClient(creation.Type!) is { } row && row.HasTrait("settings"):
                return OnObject(creation);
            case IWithOperation with when OnOptions(with.Operand, client, depth + 1) is { } original:
                return Overlaid(original, Initialized(with.Initializer));
            case IConditionalOperation { WhenFalse: { } otherwise } choice when OnOptions(choice.WhenTrue, client, depth + 1) is { } one && OnOptions(otherwise, client, depth + 1) is { } other:
                return PropertiesOf(client).Any(property => one.ContainsKey(property) || other.ContainsKey(property)) ? null : one;
            case ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation or IInvocationOperation or IAwaitOperation when depth < maxDepth:
                return _sources.Of(options).ToList() is [var only] ? Overlaid(OnOptions(only, client, depth + 1), SetLater(options)) : null;
            default:
                return null;
        }
    }

    /// <summary>The properties that decide about its timeout and retries.</summary>
    private static IEnumerable<string> PropertiesOf(CatalogEntry client) =>
        client.TraitValues("timeoutProperty").Concat(client.TraitValues("retryProperty")).Concat(client.TraitValues("transport"));

    private static Dictionary<string, IOperation> OnObject(IOperation construction) =>
        construction is not IObjectCreationOperation creation ? []
        : creation.Initializer is { } initializer ? Initialized(initializer)
        : [];

    private static Dictionary<string, IOperation>? Overlaid(Dictionary<string, IOperation>? below, Dictionary<string, IOperation>? above)
    {
        if (below is null || above is null)
            return null;
        foreach (var pair in above)
            below[pair.Key] = pair.Value;
        return below;
    }

    private static Dictionary<string, IOperation> Initialized(IObjectOrCollectionInitializerOperation initializer)
    {
        var settings = new Dictionary<string, IOperation>(StringComparer.Ordinal);
        Add(initializer, "");
        return settings;

        void Add(IObjectOrCollectionInitializerOperation from, string prefix)
        {
            foreach (var operation in from.Initializers)
            {
                switch (operation)
                {
                    case ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Property.Name: var name } } assignment:
                        settings[prefix + name] = assignment.Value;
                        break;
                    case IMemberInitializerOperation { InitializedMember: IPropertyReferenceOperation { Property.Name: var name }, Initializer: { } nested }:
                        Add(nested, $"{prefix}{name}.");
                        break;
                }
            }
        }
    }

    /// <summary>What is assigned to properties of the local or member after it was made; null when somebody else is given the object.</summary>
    private Dictionary<string, IOperation>? SetLater(IOperation options)
    {
        var settings = new Dictionary<string, IOperation>(StringComparer.Ordinal);
        foreach (var reference in ReferencesTo(options))
        {
            switch (UseOf(reference, out var path))
            {
                case ISimpleAssignmentOperation assignment when assignment.Target.Syntax.Span.Contains(reference.Syntax.Span) && path.Length > 0:
                    settings[path] = ConditionOf(assignment, options) ?? assignment.Value;
                    break;
                case IArgumentOperation { Parent: IObjectCreationOperation { Type: { } type } } when context.Catalog.FindClient(type) is not null:
                case IInvocationOperation invocation when invocation.Instance is not null && path.Length == 0: // AddPolicy and its kin: see ClientLayers
                case IVariableInitializerOperation or IReturnOperation or IExpressionStatementOperation or ISimpleAssignmentOperation:
                    break;
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod.ContainingType.Name: "HttpClientJsonExtensions" } }:
                    break;
                case IArgumentOperation { Parent: IInvocationOperation { TargetMethod: var target } }:
                    if (context.Catalog.FindClientMethod(target) is null && !ClientLayers.IsThrottleName(target.Name))
                        return null;
                    break;
                case IOperation other when path.Length == 0 && other is not (IConversionOperation or IParenthesizedOperation):
                    return null;
            }
        }

        return settings;
    }

    /// <summary>What decides whether an assignment is made at all; it stands for the value, which then is not known.</summary>
    private static IOperation? ConditionOf(IOperation assignment, IOperation options)
    {
        var declaration = options is ILocalReferenceOperation { Local: var local } ? local.DeclaringSyntaxReferences.FirstOrDefault()?.Span ?? default : default;
        return assignment.Ancestors()
            .TakeWhile(ancestor => !ancestor.IsFunction() && (declaration.IsEmpty || !ancestor.Syntax.Span.Contains(declaration)))
            .FirstOrDefault(ancestor => ancestor is IConditionalOperation or ISwitchOperation or ILoopOperation or ICatchClauseOperation);
    }

    /// <summary>What is done with the object, and through which of its properties: <c>options.Retry.MaxRetries = 0</c>.</summary>
    private static IOperation? UseOf(IOperation reference, out string path)
    {
        path = "";
        var current = reference;
        while (current.Parent is IPropertyReferenceOperation { Instance: { } instance } property && instance == current
            || current.Parent is IConversionOperation or IParenthesizedOperation)
        {
            if (current.Parent is IPropertyReferenceOperation { Property.Name: var name })
                path = path.Length == 0 ? name : $"{path}.{name}";
            current = current.Parent;
        }

        return current.Parent;
    }

    private IEnumerable<IOperation> ReferencesTo(IOperation options)
    {
        switch (options)
        {
            case ILocalReferenceOperation local:
                return LocalUses.Around(local).ReferencesTo(local.Local);
            case IFieldReferenceOperation { Field: var field }:
                return ReferencesTo(field);
            case IPropertyReferenceOperation { Property: var property }:
                return ReferencesTo(property);
            default:
                return [];
        }
    }

    private IEnumerable<IOperation> ReferencesTo(ISymbol member)
    {
        foreach (var declaration in member.OriginalDefinition.ContainingType.DeclaringSyntaxReferences)
        {
            if (context.GetModel(declaration.SyntaxTree) is not { } model)
                continue;

            foreach (var name in declaration.GetSyntax(cancellationToken).DescendantNodes().OfType<IdentifierNameSyntax>().Where(name => name.Identifier.ValueText == member.Name))
            {
                ExpressionSyntax reference = name.Parent is MemberAccessExpressionSyntax { Expression: ThisExpressionSyntax } access && access.Name == name ? access : name;
                if (SymbolEqualityComparer.Default.Equals(model.GetSymbolInfo(name, cancellationToken).Symbol, member) && model.GetOperation(reference, cancellationToken) is { } operation)
                    yield return operation;
            }
        }
    }

    private TimeoutSetting TimeoutOf(Dictionary<string, IOperation>? settings, CatalogEntry row)
    {
        if (settings is null)
            return new TimeoutSetting(SettingSource.Unknown);
        return row.TraitValue("timeoutProperty") is { } property && settings.TryGetValue(property, out var value) ? OfTimeout(value) : default;
    }

    private TimeoutSetting OfTimeout(IOperation value)
    {
        if (value.WithoutConversions() is ILiteralOperation { ConstantValue: { HasValue: true, Value: null } } or IDefaultValueOperation)
            return default;

        var duration = Durations.Of(value, _sources);
        return new TimeoutSetting(duration == Timeout.InfiniteTimeSpan ? SettingSource.Off : SettingSource.Set, duration, value.Syntax.GetLocation());
    }

    private RetrySetting RetryOf(Dictionary<string, IOperation>? settings, CatalogEntry row)
    {
        if (settings is null)
            return new RetrySetting(SettingSource.Unknown);
        foreach (var property in row.TraitValues("retryProperty"))
        {
            if (settings.TryGetValue(property, out var value))
                return OfRetry(value, row);
        }

        return default;
    }

    private RetrySetting OfRetry(IOperation value, CatalogEntry row)
    {
        var proof = value.Syntax.GetLocation();
        value = value.WithoutConversions();
        if (value.ConstantValue is { HasValue: true, Value: int count })
            return Counted(count, proof);

        switch (value)
        {
            case ILiteralOperation { ConstantValue: { HasValue: true, Value: null } } or IDefaultValueOperation:
            case IPropertyReferenceOperation { Instance: null, Property.Name: "Default" }:
                return default;
            case IObjectCreationOperation { Constructor: { } constructor } creation when context.FindExecutor(constructor) is { } policy && policy.TraitValue("count") is { } parameter:
                var argument = creation.Arguments.FirstOrDefault(candidate => candidate.Parameter?.Name == parameter)?.Value;
                return argument?.ConstantValue is { HasValue: true, Value: int retries } ? Counted(retries, proof) : new RetrySetting(SettingSource.Set, Proof: proof);
            case ILocalReferenceOperation or IFieldReferenceOperation when _sources.Of(value).ToList() is [var only] && only.WithoutConversions() is IObjectCreationOperation or ILiteralOperation:
                return OfRetry(only, row);
            default:
                return new RetrySetting(SettingSource.Set, Proof: proof);
        }
    }

    private static RetrySetting Counted(int count, Location proof) =>
        count <= 0 ? new RetrySetting(SettingSource.Off, 0, proof) : new RetrySetting(SettingSource.Set, count, proof);

    /// <summary>The time limit of the HttpClient a client is given: unset where it is given none, or one that is made without.</summary>
    public TimeoutSetting OfHttpClient(IOperation? client, int depth = 0)
    {
        const int maxDepth = 4;
        client = client?.WithoutConversions();
        switch (client)
        {
            case null or IDefaultValueOperation or ILiteralOperation:
                return default;
            case IObjectCreationOperation { Type.Name: HttpClient } creation:
                return OnObject(creation).TryGetValue(nameof(Timeout), out var value) ? OfTimeout(value) : default;
            case ILocalReferenceOperation or IFieldReferenceOperation or IPropertyReferenceOperation when depth < maxDepth && _sources.Of(client).ToList() is [var only]:
                var timeout = OfHttpClient(only, depth + 1);
                return timeout.Source == SettingSource.Unset && SetLater(client) is { } later && later.TryGetValue(nameof(Timeout), out var set) ? OfTimeout(set) : timeout;
            default:
                return new TimeoutSetting(SettingSource.Unknown);
        }
    }

    /// <summary>The HttpClient that a transport is made of; the transport itself when it cannot be seen.</summary>
    private static IOperation? HttpClientIn(IOperation transport) =>
        transport.WithoutConversions() is IObjectCreationOperation creation
            ? creation.Arguments.FirstOrDefault(argument => argument.Parameter?.Type.Name == HttpClient)?.Value
            : transport;

    private static SyntaxToken NameToken(IOperation construction) => construction.Syntax switch
    {
        BaseObjectCreationExpressionSyntax creation => TypeNames.TokenOf(creation),
        var syntax => Hosting.Site.NameOf(syntax)?.Identifier ?? syntax.GetFirstToken(),
    };
}
