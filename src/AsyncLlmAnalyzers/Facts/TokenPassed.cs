using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Is a cancellation token that can fire passed on?</summary>
internal static class TokenPassed
{
    /// <summary>The expression of the token that a call is given: in its arguments, or later where it is a stream; null when there is none to see.</summary>
    public static IOperation? Of(LlmCall call)
    {
        if (To(call.Operation, out var token).Verdict == Verdict.Yes)
            return token;
        return call.Shape is CallShape.Task or CallShape.Sync ? null : Downstream(call.Operation);
    }

    /// <summary>
    /// To an invocation: Yes, as an argument or inside one; Unknown, when an argument made elsewhere can carry one;
    /// No, when it is left out or is <c>None</c>, which the proof then points at.
    /// </summary>
    public static Fact To(IInvocationOperation invocation) => To(invocation, out _);

    /// <inheritdoc cref="To(IInvocationOperation)"/>
    /// <param name="invocation">The invocation.</param>
    /// <param name="token">The expression of the token that proves a Yes.</param>
    public static Fact To(IInvocationOperation invocation, out IOperation? token)
    {
        token = null;
        var result = new Fact(Verdict.No);
        foreach (var argument in invocation.Arguments)
        {
            var value = argument.Value.WithoutConversions();
            var (fact, passed) = value.Type is { } type && ReturnTypes.IsCancellationToken(type) || ReturnTypes.IsCancellationToken(ParameterType(argument))
                ? OfToken(value, argument)
                : TokenProperty(ParameterType(argument)) is { } property ? OfOptions(value, property) : Nothing;
            if (fact.Verdict == Verdict.Yes)
            {
                token = passed;
                return fact;
            }

            if (fact.Verdict == Verdict.Unknown || result.Verdict == Verdict.No && fact.Proof is not null)
                result = fact;
        }

        return result;
    }

    /// <summary>
    /// To what is made of a stream or response later: <c>WithCancellation(ct)</c>, <c>GetAsyncEnumerator(ct)</c>, any member
    /// called on it that takes a token, directly or through the local it is stored in. The token's expression, or null.
    /// </summary>
    public static IOperation? Downstream(IOperation source)
    {
        var value = source;
        while (value.Parent is { } parent)
        {
            switch (parent)
            {
                case IInvocationOperation invocation when invocation.Instance == value:
                    if (To(invocation, out var token).Verdict == Verdict.Yes)
                        return token;
                    break;
                case IArgumentOperation { Parameter.Ordinal: 0, Parent: IInvocationOperation { TargetMethod.IsExtensionMethod: true } extension }:
                    if (To(extension, out token).Verdict == Verdict.Yes)
                        return token;
                    break;
                case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var local } }:
                    return LocalUses.Around(source).ReferencesTo(local).Select(Downstream).FirstOrDefault(found => found is not null);
                case IConversionOperation or IAwaitOperation or IParenthesizedOperation or IArgumentOperation or IInvocationOperation:
                    break;
                case IConditionalAccessOperation { WhenNotNull: var member } when member != value:
                    foreach (var call in member.DescendantsAndSelf().OfType<IInvocationOperation>())
                    {
                        if (To(call, out token).Verdict == Verdict.Yes)
                            return token;
                    }

                    break;
                case IConditionalAccessOperation:
                    break;
                default:
                    return null;
            }

            value = parent;
        }

        return null;
    }

    /// <summary>The property through which an options object carries a token.</summary>
    public static IPropertySymbol? TokenProperty(ITypeSymbol? type)
    {
        if (type is not { TypeKind: TypeKind.Class or TypeKind.Struct or TypeKind.Interface, SpecialType: SpecialType.None })
            return null;

        return type.BaseTypesAndSelf().Concat(type.TypeKind == TypeKind.Interface ? type.AllInterfaces : []).Select(OwnTokenProperty).FirstOrDefault(property => property is not null);
    }

    private static IPropertySymbol? OwnTokenProperty(ITypeSymbol type) => type.GetMembers()
        .OfType<IPropertySymbol>()
        .FirstOrDefault(property => property is { IsStatic: false, DeclaredAccessibility: Accessibility.Public } && ReturnTypes.IsCancellationToken(property.Type));

    private static ITypeSymbol ParameterType(IArgumentOperation argument) => argument.Parameter?.Type ?? argument.Value.Type!;

    private static readonly (Fact Fact, IOperation? Token) Nothing = (new Fact(Verdict.No), null);

    private static (Fact Fact, IOperation? Token) Passed(IOperation token, IOperation proof) => (new Fact(Verdict.Yes, proof.Syntax.GetLocation()), token);

    private static (Fact Fact, IOperation? Token) OfToken(IOperation value, IArgumentOperation argument) =>
        !value.IsNoToken() ? Passed(value, value)
        : argument.ArgumentKind == ArgumentKind.Explicit ? (new Fact(Verdict.No, value.Syntax.GetLocation()), null)
        : Nothing;

    private static (Fact Fact, IOperation? Token) OfOptions(IOperation options, IPropertySymbol property)
    {
        switch (options)
        {
            case IDefaultValueOperation or ILiteralOperation { ConstantValue.Value: null }:
                return Nothing;
            case IObjectCreationOperation creation:
                return OfCreation(creation, property);
            case ILocalReferenceOperation local when local.Initializer()?.WithoutConversions() is IObjectCreationOperation creation:
                var created = OfCreation(creation, property);
                return created.Fact.Verdict == Verdict.No ? OfUses(local, property) : created;
            default:
                return (new Fact(Verdict.Unknown), null);
        }
    }

    private static (Fact Fact, IOperation? Token) OfCreation(IObjectCreationOperation creation, IPropertySymbol property)
    {
        if (creation.Arguments.FirstOrDefault(argument => ReturnTypes.IsCancellationToken(ParameterType(argument)) && !argument.Value.IsNoToken()) is { Value: var token })
            return Passed(token, creation);

        var set = creation.Initializer?.Initializers.OfType<ISimpleAssignmentOperation>().FirstOrDefault(assignment => IsSet(assignment, property));
        return set is not null && !set.Value.IsNoToken() ? Passed(set.Value, set) : Nothing;
    }

    private static (Fact Fact, IOperation? Token) OfUses(ILocalReferenceOperation options, IPropertySymbol property)
    {
        foreach (var use in LocalUses.Around(options).ReferencesTo(options.Local))
        {
            if (use.Syntax == options.Syntax)
                continue;
            if (use.Parent is not IPropertyReferenceOperation reference)
                return (new Fact(Verdict.Unknown), null);
            if (reference.Parent is ISimpleAssignmentOperation assignment && IsSet(assignment, property) && !assignment.Value.IsNoToken())
                return Passed(assignment.Value, assignment);
        }

        return Nothing;
    }

    private static bool IsSet(ISimpleAssignmentOperation assignment, IPropertySymbol property) =>
        assignment.Target is IPropertyReferenceOperation target && SymbolEqualityComparer.Default.Equals(target.Property, property);
}
