using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

internal static class OperationExtensions
{
    /// <summary>The static type the member is invoked on; for an extension method that of its first argument.</summary>
    public static ITypeSymbol? ReceiverType(this IInvocationOperation invocation) => invocation.Receiver()?.Type;

    /// <summary>The expression the member is invoked on, without the conversions the compiler put around it.</summary>
    public static IOperation? Receiver(this IInvocationOperation invocation)
    {
        var receiver = invocation.Instance
            ?? (invocation.TargetMethod.IsExtensionMethod ? invocation.Arguments.FirstOrDefault(a => a.Parameter?.Ordinal == 0)?.Value : null);
        return receiver is IConditionalAccessInstanceOperation instance
            ? instance.ConditionalTarget()?.WithoutConversions()
            : receiver?.WithoutConversions();
    }

    /// <summary>What <c>x</c> is in <c>x?.Member</c>, seen from the member.</summary>
    public static IOperation? ConditionalTarget(this IConditionalAccessInstanceOperation instance)
    {
        for (IOperation? child = instance, parent = instance.Parent; parent is not null; child = parent, parent = parent.Parent)
        {
            if (parent is IConditionalAccessOperation access && access.WhenNotNull == child)
                return access.Operation;
        }

        return null;
    }

    public static IOperation WithoutConversions(this IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IConversionOperation conversion:
                    operation = conversion.Operand;
                    break;
                case IParenthesizedOperation parenthesized:
                    operation = parenthesized.Operand;
                    break;
                case ITranslatedQueryOperation query:
                    operation = query.Operation;
                    break;
                case IArgumentOperation argument:
                    operation = argument.Value;
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>The value of the argument for the parameter of this name, when one is written or defaulted.</summary>
    public static IOperation? Argument(this IInvocationOperation invocation, string parameterName) =>
        invocation.Arguments.FirstOrDefault(argument => argument.Parameter?.Name == parameterName)?.Value;

    /// <summary>The lambda behind a delegate-typed expression: written in place, or the only one its local was given.</summary>
    public static IAnonymousFunctionOperation? Lambda(this IOperation operation) => operation.WithoutConversions() switch
    {
        IAnonymousFunctionOperation lambda => lambda,
        IDelegateCreationOperation { Target: IAnonymousFunctionOperation lambda } => lambda,
        IDelegateCreationOperation { Target: { } target } when target.WithoutConversions() is ILocalReferenceOperation => target.Lambda(),
        ILocalReferenceOperation local => local.Initializer()?.LambdaInPlace(),
        _ => null,
    };

    /// <summary>The invocation that has the lambda or method group as an argument.</summary>
    public static IInvocationOperation? GivenTo(this IOperation function) => function.Ancestors()
        .FirstOrDefault(ancestor => ancestor is not (IConversionOperation or IDelegateCreationOperation or IParenthesizedOperation or IArgumentOperation)) as IInvocationOperation;

    public static IMethodSymbol? MethodGroup(this IOperation operation) => operation.WithoutConversions() switch
    {
        IDelegateCreationOperation { Target: IMethodReferenceOperation method } => method.Method,
        IMethodReferenceOperation method => method.Method,
        _ => null,
    };

    /// <summary>
    /// What the referenced local was initialised with, when that is all it ever was. It stands before the reference, so that a chain of locals ends,
    /// in code that does not compile as well: <c>var tasks = tasks.ToList();</c>.
    /// </summary>
    public static IOperation? Initializer(this ILocalReferenceOperation reference)
    {
        var values = LocalValues.Of(reference);
        return values is [var only] && only.Syntax.Span.End <= reference.Syntax.SpanStart ? only : null;
    }

    public static IEnumerable<IOperation> Ancestors(this IOperation operation)
    {
        for (var parent = operation.Parent; parent is not null; parent = parent.Parent)
            yield return parent;
    }

    /// <summary>Those in the lambda, local function or member body this operation runs in.</summary>
    public static IEnumerable<IOperation> AncestorsInFunction(this IOperation operation) => operation.Ancestors().TakeWhile(ancestor => !ancestor.IsFunction());

    /// <summary>The value with the conversions and parentheses around it.</summary>
    public static IOperation WithConversionsAround(this IOperation value)
    {
        while (value.Parent is IConversionOperation or IParenthesizedOperation)
            value = value.Parent;
        return value;
    }

    /// <summary>The lambda, local function or member body this operation runs in.</summary>
    public static IOperation EnclosingFunction(this IOperation operation) =>
        operation.Ancestors().FirstOrDefault(IsFunction) ?? operation.Root();

    /// <summary>The code is data: it is translated, not run here.</summary>
    public static bool IsInExpressionTree(this IOperation operation) => operation.Ancestors()
        .OfType<IAnonymousFunctionOperation>()
        .Any(lambda => lambda.Parent is IConversionOperation { Type: { Name: "Expression", ContainingNamespace.Name: "Expressions" } });

    /// <summary>The method, accessor, field or property whose declaration this operation stands in.</summary>
    public static ISymbol? EnclosingMember(this IOperation operation)
    {
        var symbol = operation.SemanticModel?.GetEnclosingSymbol(operation.Syntax.SpanStart);
        while (symbol is IMethodSymbol { MethodKind: MethodKind.AnonymousFunction or MethodKind.LocalFunction })
            symbol = symbol.ContainingSymbol;
        return symbol;
    }

    /// <summary>The function this operation runs in can await. A query clause is no function of its own: it is what it stands in that could.</summary>
    public static bool IsInAsyncFunction(this IOperation operation) => operation.Ancestors().FirstOrDefault(ancestor => ancestor.IsFunction() && !ancestor.IsImplicit) switch
    {
        IAnonymousFunctionOperation lambda => lambda.Symbol.IsAsync,
        ILocalFunctionOperation local => local.Symbol.IsAsync,
        _ => operation.EnclosingMember() is IMethodSymbol { IsAsync: true },
    };

    public static bool IsFunction(this IOperation operation) => operation is IAnonymousFunctionOperation or ILocalFunctionOperation;

    public static IOperation Root(this IOperation operation)
    {
        while (operation.Parent is { } parent)
            operation = parent;
        return operation;
    }

    /// <summary>What a chain of invocations and properties begins with.</summary>
    public static IOperation ChainRoot(this IOperation operation)
    {
        while (true)
        {
            switch (operation)
            {
                case IInvocationOperation step when step.Receiver() is { } receiver:
                    operation = receiver;
                    break;
                case IPropertyReferenceOperation { Instance: { } owner }:
                    operation = owner.WithoutConversions();
                    break;
                default:
                    return operation;
            }
        }
    }

    /// <summary>The place to keep an answer about a value by: for a variable, of which all references have the same values, that of its declaration.</summary>
    public static SyntaxNode KeptAt(this IOperation value)
    {
        var variable = value switch
        {
            ILocalReferenceOperation { Local: var local } => local,
            IFieldReferenceOperation { Instance: null or IInstanceReferenceOperation, Field: { IsDefinition: true } field } => field,
            IPropertyReferenceOperation { Instance: null or IInstanceReferenceOperation, Property: { IsDefinition: true, IsIndexer: false } property } => property,
            IParameterReferenceOperation { Parameter: { ContainingSymbol: not IMethodSymbol { MethodKind: MethodKind.LambdaMethod } } parameter } => (ISymbol)parameter,
            _ => null,
        };

        // The parameter of a record declares a property as well.
        return variable?.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax() is { } declaration && (declaration is ParameterSyntax) == (variable is IParameterSymbol) ? declaration : value.Syntax;
    }

    /// <summary>A token that never fires: <c>CancellationToken.None</c>, <c>default</c>, <c>new CancellationToken()</c>, or a local that is one.</summary>
    public static bool IsNoToken(this IOperation operation) => operation.WithoutConversions() switch
    {
        IDefaultValueOperation => true,
        ILiteralOperation { ConstantValue: { HasValue: true, Value: null } } => true,
        IPropertyReferenceOperation { Instance: null, Property.Name: "None" } => true,
        IObjectCreationOperation { Type: { } type } creation when ReturnTypes.IsCancellationToken(type) => creation.Arguments.All(argument => argument.Value.ConstantValue is { HasValue: true, Value: false }),
        ILocalReferenceOperation local => local.Initializer() is { } value && value.WithoutConversions() is not ILocalReferenceOperation && value.IsNoToken(),
        _ => false,
    };

    public static bool IsConstant(this IOperation operation, out int value)
    {
        if (operation.ConstantValue is { HasValue: true, Value: int constant })
        {
            value = constant;
            return true;
        }

        value = 0;
        return false;
    }

    /// <summary>The loops around this operation, up to where the local is declared: each runs it again for the same local.</summary>
    public static IEnumerable<ILoopOperation> LoopsSinceDeclarationOf(this IOperation operation, ILocalSymbol local)
    {
        var declaration = local.DeclaringSyntaxReferences.FirstOrDefault()?.Span ?? default;
        return operation.Ancestors().OfType<ILoopOperation>().Where(loop => !loop.Syntax.Span.Contains(declaration));
    }

    /// <summary>The loop runs the operation in it again, and not once before it begins.</summary>
    public static bool Repeats(this ILoopOperation loop, IOperation operation)
    {
        var once = loop switch
        {
            IForEachLoopOperation each => [each.Collection],
            IForLoopOperation counting => counting.Before,
            _ => ImmutableArray<IOperation>.Empty,
        };
        return !once.Any(part => part.Syntax.Span.Contains(operation.Syntax.Span));
    }

    /// <summary>Something after the operation ends the loop: what it brought decides whether there is a next round.</summary>
    public static bool IsLeftAfter(this ILoopOperation loop, IOperation operation) => loop.Body.Descendants().Any(exit =>
        exit.Syntax.SpanStart > operation.Syntax.SpanStart
        && exit.EnclosingFunction() == loop.EnclosingFunction()
        && (exit is IReturnOperation { IsImplicit: false } || exit is IBranchOperation branch && SymbolEqualityComparer.Default.Equals(branch.Target, loop.ExitLabel)));

    /// <summary>The lambda that is written here.</summary>
    public static IAnonymousFunctionOperation? LambdaInPlace(this IOperation operation) => operation.WithoutConversions() switch
    {
        IAnonymousFunctionOperation lambda => lambda,
        IDelegateCreationOperation { Target: IAnonymousFunctionOperation lambda } => lambda,
        _ => null,
    };
}
