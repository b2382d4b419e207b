using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>A <c>CancellationTokenSource</c> that the member around makes, and everything the member does with it.</summary>
internal sealed class TokenSource
{
    private TokenSource(IOperation creation, ILocalSymbol? local)
    {
        Creation = creation;
        Local = local;
        Uses = local is null
            ? []
            : [.. LocalUses.Around(creation).ReferencesTo(local)];
    }

    /// <summary>The <c>new</c>, or the call of <c>CreateLinkedTokenSource</c>.</summary>
    public IOperation Creation { get; }

    /// <summary>Null for a source whose token is taken where it is made.</summary>
    public ILocalSymbol? Local { get; }

    public ImmutableArray<ILocalReferenceOperation> Uses { get; }

    /// <summary>It fires when the tokens it was made of do.</summary>
    public bool IsLinked => Creation is IInvocationOperation;

    /// <summary>What starts its clock, in order: the creation with a time, and each <c>CancelAfter</c>.</summary>
    public IEnumerable<IOperation> Timers
    {
        get
        {
            if (Creation is IObjectCreationOperation { Arguments: [var delay, ..] } && !IsInfinite(delay.Value))
                yield return Creation;

            foreach (var call in Calls("CancelAfter").Where(call => !IsInfinite(call.Arguments[0].Value)))
                yield return call;
        }
    }

    /// <summary>It fires when the code says so.</summary>
    public bool IsCancelledByHand => Calls("Cancel").Concat(Calls("CancelAsync")).Any();

    /// <summary>Somebody else holds the source, too, and may do anything with it: cancel it, link it.</summary>
    public bool IsGivenAway => Uses.Any(use => use.Parent switch
    {
        IPropertyReferenceOperation or IInvocationOperation or IUsingOperation or IBinaryOperation or IIsPatternOperation => false,
        ISimpleAssignmentOperation assignment => assignment.Target != use,
        IConditionalAccessOperation access => access.WhenNotNull is not IInvocationOperation,
        _ => true,
    });

    /// <summary>The source behind the expression of a token: <c>cts.Token</c>, directly or through a local.</summary>
    public static TokenSource? Of(IOperation token) => token.WithoutConversions() switch
    {
        IPropertyReferenceOperation { Property: { Name: "Token", ContainingType.Name: nameof(CancellationTokenSource) }, Instance: { } source } => OfSource(source.WithoutConversions()),
        ILocalReferenceOperation { Type: { } type } local when ReturnTypes.IsCancellationToken(type) && local.Initializer() is { } value && value.WithoutConversions() is IPropertyReferenceOperation => Of(value),
        _ => null,
    };

    /// <summary>The source that the operation makes for a local that never holds another; null otherwise.</summary>
    public static TokenSource? MadeBy(IOperation creation)
    {
        var value = creation;
        while (value.Parent is IConversionOperation)
            value = value.Parent;
        var local = value.Parent switch
        {
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } => declarator.Symbol,
            ISimpleAssignmentOperation { Target: ILocalReferenceOperation target } => target.Local,
            _ => null,
        };
        return local is not null && IsCreation(creation) && OnlyValue(local, creation) == creation ? new TokenSource(creation, local) : null;
    }

    /// <summary>A local that holds this source's own token.</summary>
    public bool IsTokenOf(ISymbol token) => token is ILocalSymbol local && Local is not null
        && LocalValues.Of(local, Creation).Any(value => value.WithoutConversions() is IPropertyReferenceOperation { Instance: ILocalReferenceOperation source } && SymbolEqualityComparer.Default.Equals(source.Local, Local));

    /// <summary>A time that never passes.</summary>
    public static bool IsInfinite(IOperation time) => time.WithoutConversions() switch
    {
        { ConstantValue: { HasValue: true, Value: -1 or -1L } } => true,
        IFieldReferenceOperation { Field: { Name: nameof(Timeout.InfiniteTimeSpan), ContainingType.Name: nameof(Timeout) } } => true,
        _ => false,
    };

    private static TokenSource? OfSource(IOperation source) => source switch
    {
        ILocalReferenceOperation local when OnlyValue(local.Local, local) is { } creation && IsCreation(creation) => new TokenSource(creation, local.Local),
        _ when IsCreation(source) => new TokenSource(source, local: null),
        _ => null,
    };

    /// <summary>What the local holds wherever it holds something: as where a <c>try</c> makes what its <c>finally</c> disposes of.</summary>
    private static IOperation? OnlyValue(ILocalSymbol local, IOperation inside) =>
        LocalValues.Of(local, inside).Select(value => value.WithoutConversions()).Where(value => value is not (IDefaultValueOperation or ILiteralOperation)).ToList() is [var only] ? only : null;

    private static bool IsCreation(IOperation operation) => operation switch
    {
        IObjectCreationOperation { Constructor.ContainingType.Name: nameof(CancellationTokenSource) } => true,
        IInvocationOperation { TargetMethod: { Name: nameof(CancellationTokenSource.CreateLinkedTokenSource), ContainingType.Name: nameof(CancellationTokenSource) } } => true,
        _ => false,
    };

    private IEnumerable<IInvocationOperation> Calls(string name) =>
        Uses.Select(use => use.Parent is IConditionalAccessOperation access ? access.WhenNotNull : use.Parent).OfType<IInvocationOperation>().Where(call => call.TargetMethod.Name == name);
}
