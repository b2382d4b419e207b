using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A task carried as one member of something: <c>(item, AskAsync(item))</c>, <c>new { item, Answer = AskAsync(item) }</c>, a record.</summary>
/// <param name="Name">The member; null where it is all there is: the value of a dictionary's pair.</param>
internal readonly record struct TaskPart(string? Name)
{
    /// <summary>In <c>pairs.Select(pair => pair.Answer)</c>: the answer.</summary>
    public static TaskPart? ReadBy(IOperation function) =>
        function.Lambda() is { Symbol.Parameters: [var parameter] } lambda && Results(lambda) is [var result]
            ? result.WithoutConversions() switch
            {
                IFieldReferenceOperation { Field: { ContainingType.IsTupleType: true } field, Instance: { } tuple } when tuple.IsVariable(parameter) => new(NameOf(field)),
                IPropertyReferenceOperation { Property: { Name: "Value", ContainingType.Name: "KeyValuePair" }, Instance: { } pair } when pair.IsVariable(parameter) => new(null),
                IPropertyReferenceOperation { Property: { IsIndexer: false } property, Instance: { } carrier } when carrier.IsVariable(parameter) => new(property.Name),
                _ => null,
            }
            : null;

    /// <summary>What the member is given where the carrier is made; null when that is not seen.</summary>
    public static IOperation? Of(IOperation carrier, string name) => ValueOf(carrier) switch
    {
        ITupleOperation { Elements: var elements, Type: INamedTypeSymbol type } =>
            ValueOf(elements.Where((_, i) => NameOf(type.TupleElements[i]) == name).FirstOrDefault()),
        IAnonymousObjectCreationOperation made => ValueOf(Set(made.Initializers, name)),
        IObjectCreationOperation made => ValueOf(Set(made.Initializer?.Initializers ?? [], name)
            ?? (made.Type?.IsRecord == true ? made.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == name) : null)),
        _ => null,
    };

    /// <summary>The value, or what its local was given.</summary>
    public static IOperation? ValueOf(IOperation? value) =>
        value?.WithoutConversions() is ILocalReferenceOperation local && local.Initializer() is { } initializer ? initializer.WithoutConversions() : value?.WithoutConversions();

    /// <summary>What the lambda returns.</summary>
    public static ImmutableArray<IOperation> Results(IAnonymousFunctionOperation lambda) =>
        [.. lambda.Body.Descendants().OfType<IReturnOperation>()
            .Where(@return => @return.EnclosingFunction() == lambda)
            .Select(@return => @return.ReturnedValue)
            .OfType<IOperation>()];

    private static IOperation? Set(ImmutableArray<IOperation> initializers, string name) => initializers
        .OfType<ISimpleAssignmentOperation>()
        .FirstOrDefault(assignment => assignment.Target is IPropertyReferenceOperation { Property: var property } && property.Name == name)
        ?.Value;

    /// <summary>The place of an element in its tuple: two types may name it differently.</summary>
    private static string NameOf(IFieldSymbol element) => (element.CorrespondingTupleField ?? element).Name;
}
