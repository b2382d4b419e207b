using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Is a cancellation token that can fire passed on?</summary>
internal static class TokenPassed
{
    /// <summary>
    /// To an invocation: Yes, as an argument or inside one; Unknown, when an argument made elsewhere can carry one;
    /// No, when it is left out or is <c>None</c>, which the proof then points at.
    /// </summary>
    public static Fact To(IInvocationOperation invocation)
    {
        var result = new Fact(Verdict.No);
        foreach (var argument in invocation.Arguments)
        {
            var value = argument.Value.WithoutConversions();
            var fact = value.Type is { } type && ReturnTypes.IsCancellationToken(type) || ReturnTypes.IsCancellationToken(ParameterType(argument))
                ? OfToken(value, argument)
                : TokenProperty(ParameterType(argument)) is { } property ? OfOptions(value, property) : new Fact(Verdict.No);
            if (fact.Verdict == Verdict.Yes)
                return fact;
            if (fact.Verdict == Verdict.Unknown || result.Verdict == Verdict.No && fact.Proof is not null)
                result = fact;
        }

        return result;
    }

    /// <summary>
    /// To what is made of a stream or response later: <c>WithCancellation(ct)</c>, <c>GetAsyncEnumerator(ct)</c>, any member
    /// called on it that takes a token, directly or through the local it is stored in.
    /// </summary>
    public static bool Downstream(IOperation source)
    {
        var value = source;
        while (value.Parent is { } parent)
        {
            switch (parent)
            {
                case IInvocationOperation invocation when invocation.Instance == value:
                    if (To(invocation).Verdict == Verdict.Yes)
                        return true;
                    break;
                case IArgumentOperation { Parameter.Ordinal: 0, Parent: IInvocationOperation { TargetMethod.IsExtensionMethod: true } extension }:
                    if (To(extension).Verdict == Verdict.Yes)
                        return true;
                    break;
                case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var local } }:
                    return source.Root().DescendantsAndSelf()
                        .OfType<ILocalReferenceOperation>()
                        .Any(reference => SymbolEqualityComparer.Default.Equals(reference.Local, local) && Downstream(reference));
                case IConversionOperation or IAwaitOperation or IParenthesizedOperation or IArgumentOperation or IInvocationOperation:
                    break;
                case IConditionalAccessOperation { WhenNotNull: var member } when member != value:
                    if (member.DescendantsAndSelf().OfType<IInvocationOperation>().Any(call => To(call).Verdict == Verdict.Yes))
                        return true;
                    break;
                case IConditionalAccessOperation:
                    break;
                default:
                    return false;
            }

            value = parent;
        }

        return false;
    }

    /// <summary>The property through which an options object carries a token.</summary>
    public static IPropertySymbol? TokenProperty(ITypeSymbol? type)
    {
        if (type is not { TypeKind: TypeKind.Class or TypeKind.Struct or TypeKind.Interface, SpecialType: SpecialType.None })
            return null;

        for (var current = type; current is not null; current = current.BaseType)
        {
            if (OwnTokenProperty(current) is { } property)
                return property;
        }

        return type.TypeKind == TypeKind.Interface ? type.AllInterfaces.Select(OwnTokenProperty).FirstOrDefault(property => property is not null) : null;
    }

    private static IPropertySymbol? OwnTokenProperty(ITypeSymbol type) => type.GetMembers()
        .OfType<IPropertySymbol>()
        .FirstOrDefault(property => property is { IsStatic: false, DeclaredAccessibility: Accessibility.Public } && ReturnTypes.IsCancellationToken(property.Type));

    private static ITypeSymbol ParameterType(IArgumentOperation argument) => argument.Parameter?.Type ?? argument.Value.Type!;

    private static Fact OfToken(IOperation value, IArgumentOperation argument) =>
        !value.IsNoToken() ? new Fact(Verdict.Yes, value.Syntax.GetLocation())
        : argument.ArgumentKind == ArgumentKind.Explicit ? new Fact(Verdict.No, value.Syntax.GetLocation())
        : new Fact(Verdict.No);

    private static Fact OfOptions(IOperation options, IPropertySymbol property)
    {
        switch (options)
        {
            case IDefaultValueOperation or ILiteralOperation { ConstantValue.Value: null }:
                return new Fact(Verdict.No);
            case IObjectCreationOperation creation:
                return OfCreation(creation, property);
            case ILocalReferenceOperation local when local.Initializer()?.WithoutConversions() is IObjectCreationOperation creation:
                var created = OfCreation(creation, property);
                return created.Verdict == Verdict.No ? OfUses(local, property) : created;
            default:
                return new Fact(Verdict.Unknown);
        }
    }

    private static Fact OfCreation(IObjectCreationOperation creation, IPropertySymbol property)
    {
        if (creation.Arguments.Any(argument => ReturnTypes.IsCancellationToken(ParameterType(argument)) && !argument.Value.IsNoToken()))
            return new Fact(Verdict.Yes, creation.Syntax.GetLocation());

        var set = creation.Initializer?.Initializers.OfType<ISimpleAssignmentOperation>().FirstOrDefault(assignment => IsSet(assignment, property));
        return set is not null && !set.Value.IsNoToken() ? new Fact(Verdict.Yes, set.Syntax.GetLocation()) : new Fact(Verdict.No);
    }

    private static Fact OfUses(ILocalReferenceOperation options, IPropertySymbol property)
    {
        foreach (var use in options.Root().DescendantsAndSelf().OfType<ILocalReferenceOperation>())
        {
            if (use.Syntax == options.Syntax || !SymbolEqualityComparer.Default.Equals(use.Local, options.Local))
                continue;
            if (use.Parent is not IPropertyReferenceOperation reference)
                return new Fact(Verdict.Unknown);
            if (reference.Parent is ISimpleAssignmentOperation assignment && IsSet(assignment, property) && !assignment.Value.IsNoToken())
                return new Fact(Verdict.Yes, assignment.Syntax.GetLocation());
        }

        return new Fact(Verdict.No);
    }

    private static bool IsSet(ISimpleAssignmentOperation assignment, IPropertySymbol property) =>
        assignment.Target is IPropertyReferenceOperation target && SymbolEqualityComparer.Default.Equals(target.Property, property);
}
