using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;

namespace AsyncLlmAnalyzers.Model;

/// <summary>Finds the model call that a task, or one task of a collection, is the answer of: a catalogued member or a wrapper.</summary>
/// <param name="context">The compilation.</param>
/// <param name="cancellationToken">Cancels the search.</param>
/// <param name="answersByItself">Tells a call whose client is looked at where it makes calls of its own.</param>
internal sealed class CallsBehind(LlmContext context, CancellationToken cancellationToken, Func<IInvocationOperation, bool>? answersByItself = null)
{
    private readonly TaskSources _sources = new(context.Types);
    private readonly HashSet<IOperation> _seen = [];

    public ISymbol? Of(IOperation task)
    {
        task = task.WithoutConversions();
        if (!_seen.Add(task))
            return null;

        return StartedBy(task) ?? _sources.Of(task).Concat(OfField(task)).Select(Of).FirstOrDefault(call => call is not null);
    }

    /// <summary>What a field is given whose task nobody awaits, tests or hands on: who waits for it is the first to see it end.</summary>
    private IEnumerable<IOperation> OfField(IOperation task) =>
        task is IFieldReferenceOperation { Field: { DeclaredAccessibility: Accessibility.Private, IsImplicitlyDeclared: false } field } && FieldUses.Of(field, context, cancellationToken).All(IsAssignedOrWaitedFor)
            ? new ValueSources(context, cancellationToken).Of(task)
            : [];

    private bool IsAssignedOrWaitedFor(IOperation use)
    {
        for (var (child, parent) = (use, use.Parent); parent is not null; (child, parent) = (parent, parent.Parent))
        {
            switch (parent)
            {
                case IAssignmentOperation { Parent: IExpressionStatementOperation } assignment when assignment.Target == child:
                case IBinaryOperation or IIsPatternOperation { Pattern: IConstantPatternOperation or INegatedPatternOperation }:
                case var wait when TaskWait.From(wait, context.Types) is not null:
                    return true;
                case IConditionalAccessOperation access when access.Operation == child:
                    return access.WhenNotNull.DescendantsAndSelf().Any(part => TaskWait.From(part, context.Types) is not null);
                case IAssignmentOperation or IConversionOperation or IPropertyReferenceOperation { Property: { Name: "Value", ContainingType.Name: "Lazy" } }:
                case IInvocationOperation { TargetMethod.Name: "GetAwaiter" or "ConfigureAwait" }:
                    continue;
                default:
                    return false;
            }
        }

        return false;
    }

    private ISymbol? StartedBy(IOperation task) => task switch
    {
        IInvocationOperation { TargetMethod.Name: "Select" or "SelectMany" or "Zip" or "ToDictionary" or "ConvertAll" or "Run" or "StartNew" } starter when starter.TargetMethod.ContainingType.IsInNamespace("System") =>
            starter.Arguments.Select(argument => OfFunction(argument.Value)).FirstOrDefault(call => call is not null),
        IObjectCreationOperation { Type.Name: "Lazy", Arguments: [var factory, ..] } => OfFunction(factory.Value),
        IInvocationOperation { TargetMethod.MethodKind: MethodKind.DelegateInvoke, Instance: { } function } => OfFunction(function),
        IInvocationOperation invocation when IsStarted(invocation.Type) => OfMethod(invocation.TargetMethod, invocation.ReceiverType(), invocation),
        IPropertyReferenceOperation { Property.GetMethod: { } getter } property when IsStarted(property.Type) =>
            OfMethod(getter, property.Instance?.Type, property) is null ? null : property.Property,
        _ => null,
    };

    /// <summary>A task, or a stream that sends its request when it is read.</summary>
    private bool IsStarted(ITypeSymbol? type) => context.Types.IsTaskLike(type) || context.Types.IsAsyncEnumerable(type);

    /// <summary>The call that a lambda or method group makes when it runs.</summary>
    public IMethodSymbol? OfFunction(IOperation function)
    {
        if (function.Lambda() is not { } lambda)
            return function.MethodGroup() is { } method ? OfMethod(method, method.ContainingType, function) : null;

        var route = context.Wrappers.Of(lambda, lambda, cancellationToken);
        return route.Reach is Reach.Limited or Reach.Unlimited ? route.Call?.Target : null;
    }

    private IMethodSymbol? OfMethod(IMethodSymbol method, ITypeSymbol? receiver, IOperation site) =>
        IsRequest(method, receiver, site) || context.Wrappers.MakesCall(method, cancellationToken) ? method : null;

    private bool IsRequest(IMethodSymbol method, ITypeSymbol? receiver, IOperation site) =>
        context.FindRequest(method, receiver, site) is { } entry
        && (entry.Kind == CatalogKind.Local || answersByItself is null || site is not IInvocationOperation call || !answersByItself(call));
}
