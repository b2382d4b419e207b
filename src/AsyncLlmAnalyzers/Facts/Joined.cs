using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does the function around wait for what is started here, or does it run on alone?</summary>
internal static class Joined
{
    /// <summary>Every lambda between <paramref name="site"/> and <paramref name="function"/> is waited for, and so is the call itself.</summary>
    public static bool Within(IOperation site, IOperation function)
    {
        if (IsDropped(site))
            return false;

        for (var inner = site.EnclosingFunction(); inner != function && inner.Parent is not null; inner = inner.EnclosingFunction())
        {
            if (inner is IAnonymousFunctionOperation lambda && !IsJoined(lambda))
                return false;
        }

        return true;
    }

    private static bool IsJoined(IAnonymousFunctionOperation lambda)
    {
        var value = (IOperation)lambda;
        while (value.Parent is IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation or IConditionalOperation)
            value = value.Parent;

        return value.Parent switch
        {
            IArgumentOperation { Parent: IInvocationOperation carrier } argument => !IsKept(argument, carrier) && IsJoined(carrier, lambda.Symbol.IsAsync || ReturnTypes.IsAsynchronous(lambda.Symbol.ReturnType)),
            IInvocationOperation or IVariableInitializerOperation => true,
            ISimpleAssignmentOperation { Target: ILocalReferenceOperation } => true,
            _ => false,
        };
    }

    /// <summary>Put away for somebody else to run: an item of a collection or channel, or by a method that says so.</summary>
    private static bool IsKept(IArgumentOperation argument, IInvocationOperation carrier) =>
        argument.Parameter?.OriginalDefinition.Type is ITypeParameterSymbol
        || carrier.TargetMethod.Name is var name && (name.Contains("Queue") || name.Contains("queue") || name.Contains("Schedule"));

    private static bool IsJoined(IInvocationOperation carrier, bool startsTask)
    {
        var method = carrier.TargetMethod;
        if (ReturnTypes.IsAsynchronous(method.ReturnType))
            return !IsDropped(carrier);
        if (RunsInPlace(method))
            return !startsTask || !method.ReturnsVoid;
        return !startsTask && !method.ReturnsVoid && carrier.Parent is not IExpressionStatementOperation && !IsDropped(carrier);
    }

    /// <summary>LINQ, collections and <c>Parallel</c>: when they have returned or were enumerated, the delegates have run.</summary>
    private static bool RunsInPlace(IMethodSymbol method) => method.ContainingType.ContainingNamespace.ToDisplayString() switch
    {
        "System" or "System.Linq" or "System.Collections.Generic" => true,
        "System.Threading.Tasks" => method.ContainingType.Name == "Parallel",
        _ => false,
    };

    /// <summary>A task or stream that nobody looks at again, or that outlives the function in a field.</summary>
    private static bool IsDropped(IOperation started)
    {
        if (started.Type is not { } type || !ReturnTypes.IsAsynchronous(type))
            return false;

        var value = started;
        while (value.Parent is IConversionOperation or IParenthesizedOperation or IConditionalAccessOperation
            || value.Parent is IInvocationOperation continuation && continuation.Instance == value && ReturnTypes.IsAsynchronous(continuation.TargetMethod.ReturnType))
            value = value.Parent;

        return value.Parent switch
        {
            IExpressionStatementOperation => true,
            ISimpleAssignmentOperation { Target: IDiscardOperation or IFieldReferenceOperation or IPropertyReferenceOperation, Parent: not IAnonymousObjectCreationOperation } => true,
            IArgumentOperation { Parent: IInvocationOperation { Instance: IFieldReferenceOperation or IPropertyReferenceOperation } store } argument => IsKept(argument, store),
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol: var local } } => !LocalUses.Around(started).ReferencesTo(local).Any(),
            _ => false,
        };
    }
}
