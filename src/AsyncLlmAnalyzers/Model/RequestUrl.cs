using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Which URLs may a request go to that is sent through an <c>HttpClient</c>? As far as they are written: constants, what is put together of them, and a base address that can be seen.</summary>
internal sealed class RequestUrl(LlmContext context, CancellationToken cancellationToken)
{
    /// <summary>Stands for the part of a text that is not written; no endpoint contains it.</summary>
    private const string Unknown = "\0";
    private const string BaseAddress = "BaseAddress";
    private const int MaxSteps = 8;
    private const int MaxTexts = 16;

    private readonly ValueSources _sources = new(context, cancellationToken);

    /// <summary>All of them; none where no part of one is written, or the request only reads.</summary>
    public List<string> Of(IInvocationOperation request)
    {
        if (request.Arguments.FirstOrDefault(argument => argument.Parameter?.Type.Name is nameof(String) or nameof(Uri) or "HttpRequestMessage")?.Value is not { } target)
            return [];

        var urls = (target.Type?.Name == "HttpRequestMessage" ? OfMessage(target, MaxSteps) : Of(target, MaxSteps)).Distinct().Take(MaxTexts).ToList();
        return urls.Exists(IsRelative) && request.Receiver() is { } client ? Joined(BasesOf(client, request), urls) : urls;
    }

    /// <summary>The same of an address by itself.</summary>
    public IEnumerable<string> Of(IOperation address) => Of(address, MaxSteps).Where(text => text != Unknown).Distinct().Take(MaxTexts);

    private static bool IsRelative(string url) => !url.Contains("://") && !url.StartsWith(Unknown, StringComparison.Ordinal);

    private static string Under(string @base, string path) => IsRelative(path) ? $"{@base.TrimEnd('/')}/{path.TrimStart('/')}" : path;

    private static List<string> Joined(IEnumerable<string> bases, IEnumerable<string> paths) => [.. bases.SelectMany(_ => paths, Under).Distinct().Take(MaxTexts)];

    private IEnumerable<string> OfMessage(IOperation message, int steps)
    {
        message = message.WithoutConversions();
        if (message is not IObjectCreationOperation creation)
        {
            var made = steps == 0 ? [] : _sources.Of(message).ToList();
            var given = message is ILocalReferenceOperation local
                ? LocalUses.Around(local).ReferencesTo(local.Local).Select(reference => reference.Parent).OfType<IPropertyReferenceOperation>()
                    .Where(property => property.Property.Name == "RequestUri").Select(property => property.Parent).OfType<ISimpleAssignmentOperation>().Select(set => set.Value).ToList()
                : [];
            return given.Count > 0 ? given.SelectMany(value => Of(value, steps)) : made.Count == 0 ? [Unknown] : made.SelectMany(source => OfMessage(source, steps - 1));
        }

        var address = creation.Initializer?.Initializers.OfType<ISimpleAssignmentOperation>().FirstOrDefault(set => set.Target is IPropertyReferenceOperation { Property.Name: "RequestUri" })?.Value
            ?? creation.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == "requestUri")?.Value;
        var reads = creation.Descendants().Any(part => part is IPropertyReferenceOperation { Property: { Name: "Get" or "Delete", ContainingType.Name: "HttpMethod" } });
        return address is null || reads ? [Unknown] : Of(address, steps);
    }

    private IEnumerable<string> Of(IOperation value, int steps)
    {
        value = value.WithoutConversions();
        if (value.ConstantValue is { HasValue: true, Value: string text })
            return [text];
        if (steps == 0)
            return [Unknown];

        switch (value)
        {
            case IInterpolatedStringOperation interpolated:
                return Together(interpolated.Parts.Select(part => part switch
                {
                    IInterpolatedStringTextOperation { Text: var written } => written,
                    IInterpolationOperation { Expression: var expression } => expression,
                    _ => value,
                }), value, steps);
            case IBinaryOperation { OperatorKind: BinaryOperatorKind.Add } sum:
                return Together([sum.LeftOperand, sum.RightOperand], value, steps);
            case IInvocationOperation { TargetMethod: { Name: nameof(string.Concat), ContainingType.SpecialType: SpecialType.System_String } } concat:
                return Together(concat.Arguments.Select(argument => argument.Value), value, steps);
            case IInvocationOperation { TargetMethod.Name: nameof(string.TrimEnd) or nameof(string.TrimStart) or nameof(string.Trim) or nameof(ToString), Instance: { } instance }:
                return Of(instance, steps - 1);
            case IObjectCreationOperation { Type.Name: nameof(Uri), Arguments: [var only] }:
                return Of(only.Value, steps - 1);
            case IObjectCreationOperation { Type.Name: nameof(Uri), Arguments: [var @base, { Parameter.Type.Name: nameof(String) or nameof(Uri) } path] }:
                return Joined(Of(@base.Value, steps - 1), Of(path.Value, steps - 1));
            default:
                var sources = _sources.Of(value).ToList();
                return sources.Count == 0 ? [Unknown] : sources.SelectMany(source => Of(source, steps - 1));
        }
    }

    /// <summary>All that the parts may be one after the other.</summary>
    private IEnumerable<string> Together(IEnumerable<IOperation> parts, IOperation whole, int steps)
    {
        IEnumerable<string> texts = [""];
        foreach (var part in parts)
        {
            var next = part == whole ? [Unknown] : Of(part, steps - 1).Distinct().Take(MaxTexts).ToList();
            texts = [.. texts.SelectMany(_ => next, string.Concat).Take(MaxTexts)];
        }

        return texts;
    }

    /// <summary>What the base address of the client is set to: where it is made, in the type that sends the request, or where its factory is told; unknown where that cannot be seen.</summary>
    private List<string> BasesOf(IOperation client, IOperation site)
    {
        var names = new HashSet<ISymbol>(SymbolEqualityComparer.Default);
        var bases = new List<IOperation>();
        var value = client.WithoutConversions();
        for (var step = 0; step < MaxSteps; step++)
        {
            if (value is IObjectCreationOperation creation)
                bases.AddRange(Assignments(creation.Initializer));
            else if (value is IInvocationOperation { TargetMethod: { Name: "CreateClient", ContainingType.Name: "IHttpClientFactory" } } create)
                bases.AddRange(Registered(registration => create.Argument("name")?.ConstantValue is { HasValue: true, Value: string name } && registration.Argument("name")?.ConstantValue is { HasValue: true, Value: string other } && name == other));
            else if (value is IParameterReferenceOperation { Parameter: { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.Constructor, ContainingType: var type } } })
                bases.AddRange(Registered(registration => registration.TargetMethod.TypeArguments is [.., var typed] && SymbolEqualityComparer.Default.Equals(typed.OriginalDefinition, type.OriginalDefinition)));
            if (SymbolOf(value) is { } symbol)
                names.Add(symbol);
            if (_sources.Of(value).ToList() is not [var only])
                break;
            value = only.WithoutConversions();
        }

        bases.AddRange(SetOn(names, site));
        return bases.Count == 0 ? [Unknown] : [.. bases.SelectMany(address => Of(address, MaxSteps)).Distinct().Take(MaxTexts)];
    }

    private static IEnumerable<IOperation> Assignments(IOperation? scope) => (scope?.Descendants() ?? []).OfType<ISimpleAssignmentOperation>()
        .Where(set => set.Target is IPropertyReferenceOperation { Property: { Name: BaseAddress, ContainingType.Name: "HttpClient" } })
        .Select(set => set.Value);

    /// <summary><c>services.AddHttpClient("name", http => http.BaseAddress = ..)</c>.</summary>
    private IEnumerable<IOperation> Registered(Func<IInvocationOperation, bool> isOfClient) =>
        context.Names.Invocations("AddHttpClient", cancellationToken).Where(isOfClient).SelectMany(Assignments);

    /// <summary><c>http.BaseAddress = ..</c> in the type around, on what holds the client.</summary>
    private IEnumerable<IOperation> SetOn(HashSet<ISymbol> names, IOperation site)
    {
        var scopes = site.EnclosingMember()?.ContainingType?.DeclaringSyntaxReferences.Select(part => part.GetSyntax(cancellationToken)).ToList() ?? [];
        foreach (var set in scopes.DefaultIfEmpty(site.Root().Syntax).SelectMany(scope => scope.DescendantNodes()).OfType<AssignmentExpressionSyntax>())
        {
            if (set.Left is MemberAccessExpressionSyntax { Name.Identifier.ValueText: BaseAddress }
                && context.GetModel(set.SyntaxTree)?.GetOperation(set, cancellationToken) is ISimpleAssignmentOperation { Target: IPropertyReferenceOperation { Instance: { } holder } } assignment
                && SymbolOf(holder.WithoutConversions()) is { } symbol && names.Contains(symbol))
                yield return assignment.Value;
        }
    }

    private static ISymbol? SymbolOf(IOperation value) => value.Variable() ?? (value as IPropertyReferenceOperation)?.Property;
}
