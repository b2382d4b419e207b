using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Is a call given a token that fires after a time chosen in the same member?</summary>
internal static class TimedToken
{
    public static bool Of(IInvocationOperation call) => call.Arguments
        .Select(argument => argument.Value.WithoutConversions())
        .Where(value => value.Type is { } type && ReturnTypes.IsCancellationToken(type))
        .Any(IsTimed);

    private static bool IsTimed(IOperation token) => token.WithoutConversions() switch
    {
        IPropertyReferenceOperation { Property.Name: nameof(CancellationTokenSource.Token), Instance: { } source } => source.WithoutConversions() switch
        {
            IObjectCreationOperation creation => HasTime(creation),
            ILocalReferenceOperation local => LocalValues.Of(local).Any(value => value.WithoutConversions() is IObjectCreationOperation creation && HasTime(creation)) || IsGivenTime(local),
            _ => false,
        },
        ILocalReferenceOperation local => LocalValues.Of(local).Any(value => value.WithoutConversions() is not ILocalReferenceOperation && IsTimed(value)),
        _ => false,
    };

    private static bool HasTime(IObjectCreationOperation source) => source is { Type.Name: nameof(CancellationTokenSource), Arguments.IsEmpty: false };

    private static bool IsGivenTime(ILocalReferenceOperation source) => source.Root().DescendantsAndSelf()
        .OfType<IInvocationOperation>()
        .Any(call => call.TargetMethod.Name == nameof(CancellationTokenSource.CancelAfter) && call.Instance is ILocalReferenceOperation target && SymbolEqualityComparer.Default.Equals(target.Local, source.Local));
}
