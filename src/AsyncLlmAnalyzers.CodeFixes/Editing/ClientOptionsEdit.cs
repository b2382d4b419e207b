using System.Collections.Immutable;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Text;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Facts;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Editing;

/// <summary>
/// Sets timeout and retries where a client is constructed: on the client, on the options it is given, or on new options,
/// for which an overload without them is left for the one that takes them.
/// </summary>
internal sealed class ClientOptionsEdit
{
    /// <summary>How many repetitions the fixes write, where the SDK does not have as many by itself.</summary>
    public const int Retries = 3;

    private readonly FixTarget _target;
    private readonly BaseObjectCreationExpressionSyntax _creation;
    private readonly IObjectCreationOperation _operation;
    private readonly CatalogEntry _row;
    private readonly ValueSources _sources;
    private readonly List<(string Path, ExpressionSyntax Value)> _settings = [];
    private ExpressionSyntax? _throttle;

    private ClientOptionsEdit(FixTarget target, BaseObjectCreationExpressionSyntax creation, IObjectCreationOperation operation, CatalogEntry row, ValueSources sources) =>
        (_target, _creation, _operation, _row, _sources) = (target, creation, operation, row, sources);

    /// <summary>Null where the diagnostic's place is no constructor, or the client has no such options.</summary>
    public static ClientOptionsEdit? At(FixTarget target, CancellationToken cancellationToken) =>
        target.FirstAncestor<BaseObjectCreationExpressionSyntax>() is { } creation
        && TypeNames.TokenOf(creation) == target.Token
        && target.Model.GetOperation(creation, cancellationToken) is IObjectCreationOperation { Type: { } type } operation
        && target.Context.Catalog.FindClient(type) is { } row
            ? new ClientOptionsEdit(target, creation, operation, row, new ValueSources(target.Context, cancellationToken))
            : null;

    public IOperation Operation => _operation;

    /// <summary>Also sets the timeout of an attempt, unless it is the SDK's own.</summary>
    public ClientOptionsEdit WithTimeout(int seconds)
    {
        if (_row.TraitValue("timeoutProperty") is { } path && _row.TimeoutLimit.Shortest != TimeSpan.FromSeconds(seconds))
            _settings.Add((path, Template.Short($"global::System.TimeSpan.FromSeconds({seconds.ToString(CultureInfo.InvariantCulture)})")));
        return this;
    }

    /// <summary>Also sets retries that wait: a number, or a policy made with one.</summary>
    public ClientOptionsEdit WithRetries() => WithRetries(Retries);

    /// <summary>Also switches the client's own retries off, because what stands around them repeats the calls.</summary>
    public ClientOptionsEdit WithoutRetries() => WithRetries(0);

    private ClientOptionsEdit WithRetries(int count)
    {
        if (_row.TraitValue("retryProperty") is { } path && PropertyAt(SettingsType, path)?.Type is { } type && RetriesOf(type, count) is { } value)
            _settings.Add((path, value));
        return this;
    }

    /// <summary>Can the runtime's throttle take the place of the client's retries?</summary>
    public bool CanThrottle => _target.Context.Compilation.GetTypesByMetadataName($"{RuntimeNames.Namespace}.{RuntimeNames.OpenAIExtensions}").Length > 0
        && _row.TraitValue("retryProperty") is { } path && PropertyAt(SettingsType, path)?.Type.Name == "PipelinePolicy";

    /// <summary>Also puts a throttle in the place of the retries: the only one in sight, or a new one.</summary>
    public ClientOptionsEdit WithThrottle()
    {
        var inSight = _target.Model.LookupSymbols(_creation.SpanStart).Where(IsUsableThrottle).ToList();
        _throttle = inSight is [var only] ? SyntaxFactory.IdentifierName(only.Name) : Template.Short($"new global::{RuntimeNames.Namespace}.{RuntimeNames.LlmThrottle}()");
        return this;
    }

    /// <summary>Null when the options come from elsewhere, or no constructor with these arguments takes any.</summary>
    public Document? Apply()
    {
        if (_settings.Count == 0 && _throttle is null)
            return null;
        if (GivenOptions is { } options)
            return Written(options) is { } argument ? OnOptions(options.Value.WithoutConversions(), argument) : null;
        if (_row.HasTrait("properties-on-client"))
            return Replace(_creation, Set(_creation));
        return SettingsType is { } type && WithOptions(type) is { } changed ? Replace(_creation, changed) : null;
    }

    /// <summary>The number that switches retries off, replaced by one that is not the SDK's own.</summary>
    public Document? ReplaceRetries(TextSpan value)
    {
        if (_target.Root.FindNode(value, getInnermostNodeForTie: true) is not ExpressionSyntax written)
            return null;

        var number = written switch
        {
            BaseObjectCreationExpressionSyntax { ArgumentList.Arguments: [{ Expression: var only }] } => only,
            _ => written,
        };
        var isOwn = written == number && _row.RetryPolicy is { Source: CatalogSource.Known, Count: Retries, HasNoDelay: false };
        return _target.Model.GetConstantValue(number).Value is int
            ? Replace(number, Number(isOwn ? Retries + 1 : Retries).WithTriviaFrom(number))
            : null;
    }

    private INamedTypeSymbol? SettingsType => _row.HasTrait("properties-on-client")
        ? (INamedTypeSymbol)_operation.Type!
        : _row.TraitValue("options") is { } name ? _target.Context.Compilation.GetTypesByMetadataName(name).FirstOrDefault() : null;

    /// <summary>The operation of <c>(x!)</c> stands at x, below the argument.</summary>
    private static ArgumentSyntax? Written(IArgumentOperation argument) => argument.Syntax.FirstAncestorOrSelf<ArgumentSyntax>();

    private IArgumentOperation? GivenOptions => _row.TraitValue("options") is { } name
        ? _operation.Arguments.FirstOrDefault(argument =>
            argument.ArgumentKind == ArgumentKind.Explicit && argument.Parameter?.Type.Name == name.Substring(name.LastIndexOf('.') + 1))
        : null;

    private Document? OnOptions(IOperation options, ArgumentSyntax argument)
    {
        const int maxSteps = 4;
        for (var step = 0; step < maxSteps; step++)
        {
            switch (options)
            {
                case IDefaultValueOperation or ILiteralOperation:
                    return SettingsType is { } type ? Replace(argument.Expression, NewOptions(type).WithTriviaFrom(argument.Expression)) : null;
                case IObjectCreationOperation { Syntax: BaseObjectCreationExpressionSyntax creation }:
                    return creation.SyntaxTree == _target.Root.SyntaxTree ? Replace(creation, Set(creation)) : null;
                case IConditionalOperation choice:
                    return OnEach(choice);
            }

            if (_sources.Of(options).ToList() is not [var only])
                return null;
            options = only.WithoutConversions();
        }

        return null;
    }

    /// <summary><c>isLocal ? new XOptions { .. } : null</c>: each of the two gets the settings; null where one comes from elsewhere.</summary>
    private Document? OnEach(IConditionalOperation choice)
    {
        if (choice.Syntax.SyntaxTree != _target.Root.SyntaxTree || SettingsType is not { } type || Ends(choice).ToList() is not { Count: > 0 } ends)
            return null;

        var changed = new Dictionary<SyntaxNode, SyntaxNode>();
        foreach (var end in ends)
        {
            if (end is IObjectCreationOperation { Syntax: BaseObjectCreationExpressionSyntax creation })
                changed.Add(creation, Set(creation));
            else if (end is IDefaultValueOperation or ILiteralOperation)
                changed.Add(end.Syntax, NewOptions(type).WithTriviaFrom(end.Syntax));
            else
                return null;
        }

        return _target.Document.WithSyntaxRoot(_target.Root.ReplaceNodes(changed.Keys, (before, _) => changed[before]));
    }

    private static IEnumerable<IOperation> Ends(IOperation value) =>
        value.WithoutConversions() is IConditionalOperation { WhenFalse: { } otherwise } choice ? Ends(choice.WhenTrue).Concat(Ends(otherwise)) : [value.WithoutConversions()];

    /// <summary>The constructor with the same parameters and options; a key given as a string is wrapped in its credential.</summary>
    private BaseObjectCreationExpressionSyntax? WithOptions(INamedTypeSymbol type)
    {
        if (_creation.ArgumentList is not { } arguments)
            return null;

        foreach (var constructor in ((INamedTypeSymbol)_operation.Type!).InstanceConstructors)
        {
            if (constructor.DeclaredAccessibility != Accessibility.Public
                || constructor.Parameters.Length != arguments.Arguments.Count + 1
                || !SymbolEqualityComparer.Default.Equals(constructor.Parameters.Last().Type.WithNullableAnnotation(NullableAnnotation.None), type)
                || Converted(arguments.Arguments, constructor.Parameters) is not { } converted)
                continue;

            var name = converted.Any(argument => argument.NameColon is not null)
                ? SyntaxFactory.NameColon(constructor.Parameters.Last().Name).WithTrailingTrivia(SyntaxFactory.Space)
                : null;
            return _creation.WithArgumentList(arguments.WithArguments(converted.AddInLayout(SyntaxFactory.Argument(name, default, NewOptions(type)))));
        }

        return null;
    }

    private SeparatedSyntaxList<ArgumentSyntax>? Converted(SeparatedSyntaxList<ArgumentSyntax> arguments, ImmutableArray<IParameterSymbol> parameters)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var given = _operation.Arguments.FirstOrDefault(candidate => Written(candidate) == argument)?.Parameter;
            if (given is null || (argument.NameColon is not null && given.Ordinal != i ? parameters.FirstOrDefault(parameter => parameter.Name == given.Name) : parameters[i]) is not { } wanted)
                return null;
            if (SymbolEqualityComparer.Default.Equals(given.Type, wanted.Type))
                continue;
            if (given.Type.SpecialType != SpecialType.System_String || !IsMadeOfKey(wanted.Type))
                return null;

            var credential = Template.Short($"new {FullName(wanted.Type)}({Template.Hole})").Fill(NotNull(argument.Expression));
            arguments = arguments.Replace(argument, argument.WithExpression(credential.WithTriviaFrom(argument.Expression)).WithNameColon(argument.NameColon?.WithName(SyntaxFactory.IdentifierName(wanted.Name))));
        }

        return arguments;
    }

    /// <summary>The credential is declared to take no null, the client that took the string may not be: both throw the same.</summary>
    private ExpressionSyntax NotNull(ExpressionSyntax key) => _target.Model.GetTypeInfo(key).Nullability.FlowState == NullableFlowState.MaybeNull
        ? SyntaxFactory.PostfixUnaryExpression(SyntaxKind.SuppressNullableWarningExpression, key.WithoutTrivia().AsOperand())
        : key.WithoutTrivia();

    private static bool IsMadeOfKey(ITypeSymbol type) => type is INamedTypeSymbol named
        && named.InstanceConstructors.Any(constructor => constructor.Parameters is [{ Type.SpecialType: SpecialType.System_String }]);

    private ExpressionSyntax NewOptions(INamedTypeSymbol type) => Set((ObjectCreationExpressionSyntax)Template.Short($"new {FullName(type)}()"));

    private ExpressionSyntax Set(BaseObjectCreationExpressionSyntax creation)
    {
        foreach (var (path, value) in _settings)
            creation = ObjectInitializer.SetPath(creation, path, value);
        if (_throttle is null)
            return creation;

        if (creation is ImplicitObjectCreationExpressionSyntax @implicit)
        {
            var named = (ObjectCreationExpressionSyntax)Template.Short($"new {FullName(SettingsType!)}()");
            var hasArguments = @implicit.ArgumentList.Arguments.Count > 0 || @implicit.Initializer is null;
            creation = named
                .WithType(hasArguments ? named.Type : named.Type.WithTrailingTrivia(@implicit.ArgumentList.GetTrailingTrivia()))
                .WithArgumentList(hasArguments ? @implicit.ArgumentList : null)
                .WithInitializer(@implicit.Initializer)
                .WithTriviaFrom(@implicit);
        }

        return SyntaxFactory.InvocationExpression(
            SyntaxFactory.MemberAccessExpression(SyntaxKind.SimpleMemberAccessExpression, creation.WithTrailingTrivia(), SyntaxFactory.IdentifierName(RuntimeNames.UseThrottle)),
            SyntaxFactory.ArgumentList([SyntaxFactory.Argument(_throttle)]))
            .WithTrailingTrivia(creation.GetTrailingTrivia());
    }

    /// <summary>One that can be named where the client is constructed: an initialiser of a field cannot name an instance's.</summary>
    private bool IsUsableThrottle(ISymbol symbol) => symbol switch
    {
        ILocalSymbol local => IsThrottle(local.Type) && local.Locations[0].SourceSpan.End <= _creation.SpanStart,
        IParameterSymbol parameter => IsThrottle(parameter.Type),
        IFieldSymbol field => IsThrottle(field.Type) && (field.IsStatic || _target.Model.GetEnclosingSymbol(_creation.SpanStart) is IMethodSymbol { IsStatic: false }),
        IPropertySymbol property => IsThrottle(property.Type) && (property.IsStatic || _target.Model.GetEnclosingSymbol(_creation.SpanStart) is IMethodSymbol { IsStatic: false }),
        _ => false,
    };

    private static bool IsThrottle(ITypeSymbol type) => type is { Name: RuntimeNames.LlmThrottle, ContainingNamespace: { Name: RuntimeNames.Namespace, ContainingNamespace.IsGlobalNamespace: true } };

    private ExpressionSyntax? RetriesOf(ITypeSymbol property, int count)
    {
        if (property.SpecialType == SpecialType.System_Int32 || property is INamedTypeSymbol { TypeArguments: [{ SpecialType: SpecialType.System_Int32 }] })
            return Number(count > 0 && _row.RetryPolicy.Count == count ? count + 1 : count);

        var policy = LlmCatalog.BuiltIn
            .Where(row => row.Kind == CatalogKind.Executor && row.HasTrait("count"))
            .FirstOrDefault(row => _target.Context.Compilation.GetTypesByMetadataName(row.Type).Any(type => type.IsOrDerivesFrom(property.WithNullableAnnotation(NullableAnnotation.None))));
        return policy is null ? null : Template.Short($"new global::{policy.Type}({policy.TraitValue("count")}: {count.ToString(CultureInfo.InvariantCulture)})");
    }

    private static IPropertySymbol? PropertyAt(ITypeSymbol? type, string path)
    {
        var property = default(IPropertySymbol);
        foreach (var name in path.Split('.'))
        {
            property = type.BaseTypesAndSelf().SelectMany(current => current.GetMembers(name)).OfType<IPropertySymbol>().FirstOrDefault();
            type = property?.Type;
        }

        return property;
    }

    private Document Replace(SyntaxNode from, SyntaxNode to) => _target.Document.WithSyntaxRoot(_target.Root.ReplaceNode(from, to));

    private static ExpressionSyntax Number(int value) => SyntaxFactory.ParseExpression(value.ToString(CultureInfo.InvariantCulture));

    private static string FullName(ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);
}
