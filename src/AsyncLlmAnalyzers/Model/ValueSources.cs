using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>
/// Where an object comes from, one step at a time: through locals, fields, properties, constructor parameters, factory methods,
/// lambdas, <c>Lazy</c>, callers, and registrations for dependency injection.
/// </summary>
internal sealed class ValueSources(LlmContext context, CancellationToken cancellationToken)
{
    private const int MaxTupleSteps = 4;
    private const int MaxInitializers = 8;

    /// <summary>The expressions this one has its value from; none when it makes the value itself, or nobody can tell.</summary>
    public IEnumerable<IOperation> Of(IOperation value)
    {
        value = value.WithoutConversions();
        return value switch
        {
            IConditionalAccessInstanceOperation instance => instance.ConditionalTarget() is { } target ? [target] : [],
            IConditionalAccessOperation access => [access.WhenNotNull],
            IAwaitOperation await => [await.Operation],
            ICoalesceOperation coalesce => [coalesce.Value, coalesce.WhenNull],
            IConditionalOperation { WhenFalse: { } whenFalse } conditional => [conditional.WhenTrue, whenFalse],
            ISwitchExpressionOperation @switch => @switch.Arms.Select(arm => arm.Value).Where(arm => arm is not IThrowOperation),
            ICoalesceAssignmentOperation assignment => [assignment.Target, assignment.Value],
            IAssignmentOperation assignment => [assignment.Value],
            ILocalReferenceOperation local => LocalValues.Of(local).Concat(Deconstructed(local)),
            IFieldReferenceOperation { Field: { AssociatedSymbol: IPropertySymbol { DeclaringSyntaxReferences.IsEmpty: false } property } } => OfMember(property), // the keyword 'field'
            IFieldReferenceOperation field => OfMember(field.Field),
            IPropertyReferenceOperation property => OfProperty(property),
            IParameterReferenceOperation parameter => OfParameter(parameter),
            IInvocationOperation invocation => OfInvocation(invocation),
            IObjectCreationOperation { Type.Name: "Lazy" } lazy => lazy.Arguments.Where(argument => argument.Value.Type?.TypeKind == TypeKind.Delegate).Take(1).SelectMany(argument => ResultsOf(argument.Value)),
            _ => [],
        };
    }

    /// <summary>What a function, given as a lambda or method group, returns.</summary>
    public IEnumerable<IOperation> ResultsOf(IOperation function)
    {
        if (function.Lambda() is { } lambda)
            return ReturnsOf(lambda);
        return function.MethodGroup() is { } method ? ReturnsOf(method) : [];
    }

    /// <summary><c>var (client, tools) = Create()</c>: what the tuple holds in the local's place.</summary>
    private IEnumerable<IOperation> Deconstructed(ILocalReferenceOperation local)
    {
        foreach (var deconstruction in LocalUses.Around(local).Deconstructions.Where(deconstruction => deconstruction.Value.WithoutConversions() is not ITupleOperation))
        {
            var index = LocalUses.TargetsOf(deconstruction).ToList().FindIndex(target => target.IsVariable(local.Local));
            foreach (var value in index < 0 ? [] : ElementsOf(deconstruction.Value, index, MaxTupleSteps))
                yield return value;
        }
    }

    private IEnumerable<IOperation> ElementsOf(IOperation tuple, int index, int steps) => tuple.WithoutConversions() switch
    {
        ITupleOperation { Elements: var elements } => index < elements.Length ? [elements[index]] : [],
        var value => steps == 0 ? [] : Of(value).SelectMany(source => ElementsOf(source, index, steps - 1)),
    };

    private IEnumerable<IOperation> OfProperty(IPropertyReferenceOperation reference)
    {
        var property = reference.Property;
        if (property is { Name: "Value", ContainingType.Name: "Lazy" } && reference.Instance is { } lazy)
            return [lazy];
        return property.IsIndexer ? [] : OfMember(property);
    }

    /// <summary>What a field or property of this compilation is given: its initialiser, its getter's results, and every assignment in its type.</summary>
    private IEnumerable<IOperation> OfMember(ISymbol member)
    {
        foreach (var declaration in member.OriginalDefinition.ContainingType.DeclaringSyntaxReferences)
        {
            if (context.GetModel(declaration.SyntaxTree) is not { } model)
                continue;

            foreach (var value in NameIndex.Assigned(declaration, member.Name, cancellationToken).SelectMany(ValuesIn))
            {
                var target = value.Parent is AssignmentExpressionSyntax assignment ? model.GetSymbolInfo(assignment.Left, cancellationToken).Symbol : member;
                if (SymbolEqualityComparer.Default.Equals(target?.OriginalDefinition, member.OriginalDefinition) && model.GetOperation(value, cancellationToken) is { } operation)
                    yield return operation;
            }
        }
    }

    private static IEnumerable<ExpressionSyntax> ValuesIn(SyntaxNode declarationOrAssignment)
    {
        switch (declarationOrAssignment)
        {
            case VariableDeclaratorSyntax { Initializer.Value: var value }:
                return [value];
            case PropertyDeclarationSyntax property:
                var getter = property.AccessorList?.Accessors.FirstOrDefault(accessor => accessor.Keyword.ValueText == "get");
                return new[] { property.Initializer?.Value, property.ExpressionBody?.Expression, getter?.ExpressionBody?.Expression }
                    .Concat(getter?.Body?.DescendantNodes().OfType<ReturnStatementSyntax>().Select(statement => statement.Expression) ?? [])
                    .OfType<ExpressionSyntax>();
            case AssignmentExpressionSyntax assignment:
                return [assignment.Right];
            default:
                return [];
        }
    }

    private IEnumerable<IOperation> OfParameter(IParameterReferenceOperation reference)
    {
        var parameter = reference.Parameter;
        return parameter.ContainingSymbol switch
        {
            IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => OfConstructor(constructor, parameter),
            IMethodSymbol { MethodKind: MethodKind.LambdaMethod } => IsEndpoint(TaskSources.LambdaCallOf(reference)) ? Registered(parameter.Type, Registrations.KeyOf(parameter)) : [],
            IMethodSymbol { MethodKind: MethodKind.LocalFunction or MethodKind.Ordinary } method => OfCallers(method, parameter),
            _ => [],
        };
    }

    /// <summary><c>app.MapPost("/ask", (ChatClient client) => ..)</c>: the framework brings what is registered.</summary>
    private static bool IsEndpoint(IInvocationOperation? carrier) => carrier?.TargetMethod.Name.StartsWith("Map", StringComparison.Ordinal) == true;

    /// <summary>What is created here is not created by the container as well, unless its type is named to it or it takes types of whole assemblies.</summary>
    private IEnumerable<IOperation> OfConstructor(IMethodSymbol constructor, IParameterSymbol parameter)
    {
        var created = OfCreations(constructor, parameter).ToList();
        return created.Count > 0 && !context.Names.IsNamedToOthers(constructor.ContainingType.Name) && !context.Names.TakesWholeAssemblies ? created : created.Concat(Registered(parameter.Type, Registrations.KeyOf(parameter)));
    }

    private IEnumerable<IOperation> OfCreations(IMethodSymbol constructor, IParameterSymbol parameter) =>
        context.Names.Creations(constructor, cancellationToken)
            .SelectMany(creation => creation.Arguments)
            .Concat(Initializers(constructor).SelectMany(initializer => initializer.Arguments))
            .Where(argument => argument.Parameter?.Ordinal == parameter.Ordinal)
            .Select(argument => argument.Value);

    /// <summary>What many derived types hand to their base is no client that one could follow: the output of a test, a context.</summary>
    private List<IInvocationOperation> Initializers(IMethodSymbol constructor)
    {
        var initializers = context.Implementations.InitializersThatRun(constructor, cancellationToken).Take(MaxInitializers + 1).ToList();
        return initializers.Count > MaxInitializers ? [] : initializers;
    }

    /// <summary>Where all calls can be seen, what they pass; a member that others may call as well has its values from elsewhere.</summary>
    private IEnumerable<IOperation> OfCallers(IMethodSymbol method, IParameterSymbol parameter)
    {
        if (method.MethodKind != MethodKind.LocalFunction && method.DeclaredAccessibility is not (Accessibility.Private or Accessibility.NotApplicable) && !IsProgram())
            return [];

        var calls = method.MethodKind == MethodKind.LocalFunction || method.DeclaredAccessibility is Accessibility.Private or Accessibility.NotApplicable
            ? context.Callers.Of(method, cancellationToken)
            : context.Names.InvocationsOf(method, cancellationToken)
                .Where(call => SymbolEqualityComparer.Default.Equals((call.TargetMethod.ReducedFrom ?? call.TargetMethod).OriginalDefinition, method.OriginalDefinition));
        return calls.SelectMany(call => call.Arguments).Where(argument => argument.Parameter?.Ordinal == parameter.Ordinal).Select(argument => argument.Value);
    }

    /// <summary>Nobody else calls the members of a program.</summary>
    private bool IsProgram() => context.Compilation.Options.OutputKind is OutputKind.ConsoleApplication or OutputKind.WindowsApplication;

    private IEnumerable<IOperation> OfInvocation(IInvocationOperation invocation)
    {
        var method = invocation.TargetMethod;
        if (method.MethodKind == MethodKind.DelegateInvoke)
            return invocation.Instance is { } function ? FunctionsOf(function).SelectMany(ResultsOf) : [];
        if (Registrations.ServiceOf(invocation) is { } service)
            return Registered(service, Registrations.KeyOf(invocation));
        if (method.Name == "FromResult" && context.Types.IsTaskLike(method.ContainingType))
            return [invocation.Arguments[0].Value];
        return context.Bodies.IsInSource(method) && method.MethodKind != MethodKind.Constructor ? ReturnsOf(method) : [];
    }

    /// <summary>The function a field, property or parameter of delegate type holds.</summary>
    private IEnumerable<IOperation> FunctionsOf(IOperation function) => function.Lambda() is not null || function.MethodGroup() is not null ? [function] : Of(function);

    private IEnumerable<IOperation> Registered(ITypeSymbol type, object? key) => context.Kept(static context => new Registrations(context)).Of(type, key, this, cancellationToken);

    private IEnumerable<IOperation> ReturnsOf(IMethodSymbol method)
    {
        var bodies = context.Implementations.Of(method, cancellationToken);
        return bodies.SelectMany(body => context.Bodies.Operation(body, cancellationToken) is { } operation ? ReturnsOf(operation) : []);
    }

    private static IEnumerable<IOperation> ReturnsOf(IOperation function) => function.Descendants()
        .OfType<IReturnOperation>()
        .Where(@return => @return.ReturnedValue is not (null or IThrowOperation) && @return.EnclosingFunction() == function)
        .Select(@return => @return.ReturnedValue!);
}
