using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Finds a token that can never fire: of a local source without a timeout that nobody cancels and nobody else gets.</summary>
internal static class DeadToken
{
    /// <summary>The token argument of the call that is dead; null when the call gets none, or one that can fire.</summary>
    public static IOperation? Of(IInvocationOperation call) => call.Arguments
        .Select(argument => argument.Value.WithoutConversions())
        .Where(value => value.Type is { } type && ReturnTypes.IsCancellationToken(type))
        .FirstOrDefault(IsDead);

    private static bool IsDead(IOperation token) => token.WithoutConversions() switch
    {
        IPropertyReferenceOperation { Property.Name: nameof(CancellationTokenSource.Token), Instance: { } source } => source.WithoutConversions() switch
        {
            IObjectCreationOperation creation => IsWithoutEnd(creation),
            ILocalReferenceOperation local => local.Initializer()?.WithoutConversions() is IObjectCreationOperation creation && IsWithoutEnd(creation) && !IsEverFired(local),
            _ => false,
        },
        ILocalReferenceOperation local => local.Initializer() is { } value && value.WithoutConversions() is not ILocalReferenceOperation && IsDead(value),
        _ => false,
    };

    private static bool IsWithoutEnd(IObjectCreationOperation source) => source is { Type.Name: nameof(CancellationTokenSource), Arguments.IsEmpty: true };

    /// <summary>Somebody cancels it, sets its timeout, or is given the source itself.</summary>
    private static bool IsEverFired(ILocalReferenceOperation source) => source.Root().DescendantsAndSelf()
        .OfType<ILocalReferenceOperation>()
        .Where(reference => SymbolEqualityComparer.Default.Equals(reference.Local, source.Local))
        .Any(reference => reference.Parent is not (IPropertyReferenceOperation { Property.Name: nameof(CancellationTokenSource.Token) }
            or IInvocationOperation { TargetMethod.Name: nameof(CancellationTokenSource.Dispose) }
            or IUsingOperation));
}
