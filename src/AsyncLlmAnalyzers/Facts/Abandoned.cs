using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>When a wait for a task gives up, does nobody wait for the task any more?</summary>
internal static class Abandoned
{
    /// <summary>Yes: after the wait the task is looked at only where it has completed. Unknown: it is awaited later, waited for again, or handed on.</summary>
    public static Fact At(IInvocationOperation wait, IOperation task, KnownTypes types)
    {
        task = task.WithoutConversions();
        if (task is IInvocationOperation { TargetMethod.Name: "AsTask" } conversion && conversion.Receiver() is { } converted)
            task = converted;
        if (task is IFieldReferenceOperation or IPropertyReferenceOperation or IParameterReferenceOperation)
            return new Fact(Verdict.Unknown);

        var seenElsewhere = task.DescendantsAndSelf().OfType<ILocalReferenceOperation>()
            .Where(reference => HoldsTasks(reference.Type, types))
            .Select(reference => SeenElsewhere(reference.Local, wait, types))
            .FirstOrDefault(use => use is not null);
        return seenElsewhere is null ? new Fact(Verdict.Yes) : new Fact(Verdict.Unknown, seenElsewhere.Syntax.GetLocation());
    }

    /// <summary>A task, or a collection of some.</summary>
    private static bool HoldsTasks(ITypeSymbol? type, KnownTypes types) =>
        types.IsTaskLike(type)
        || type is IArrayTypeSymbol array && types.IsTaskLike(array.ElementType)
        || type is INamedTypeSymbol { TypeArguments: var arguments } && arguments.Any(types.IsTaskLike);

    /// <summary>Where the task, or one of the collection, is awaited later, waited for again, or handed on.</summary>
    private static IOperation? SeenElsewhere(ILocalSymbol local, IInvocationOperation wait, KnownTypes types)
    {
        if (wait.LoopsSinceDeclarationOf(local).FirstOrDefault() is { } loop)
            return loop;

        return LocalUses.Around(wait).ReferencesTo(local).FirstOrDefault(use =>
            !wait.Syntax.Span.Contains(use.Syntax.Span)
            && !(use.Parent is IAssignmentOperation assignment && assignment.Target == use)
            && !(use.Syntax.SpanStart < wait.Syntax.SpanStart && use.Parent is { } filled && LocalValues.ElementsPutBy(filled, local).Any())
            && !OnlyLooks(use, types)
            && (use.Syntax.SpanStart < wait.Syntax.SpanStart || IsAfterFailure(use, wait) || Completed.Of(use, types).Verdict != Verdict.Yes));
    }

    /// <summary>Compares the task, reads its state, or looks at its end without waiting for it.</summary>
    private static bool OnlyLooks(IOperation use, KnownTypes types)
    {
        return use.WithConversionsAround().Parent switch
        {
            IBinaryOperation or IIsPatternOperation => true,
            IPropertyReferenceOperation property => property.Property.Name != TaskWait.ResultName,
            IInvocationOperation { TargetMethod.Name: "ContinueWith" } continuation => continuation.Parent is IExpressionStatementOperation or ISimpleAssignmentOperation { Target: IDiscardOperation },
            IArgumentOperation { Parent: IInvocationOperation equals } => equals.TargetMethod.Name is "Equals" or "ReferenceEquals" && !types.IsTaskLike(equals.Type),
            _ => false,
        };
    }

    /// <summary>The use can be reached when the wait threw, so that the wait says nothing of the task there.</summary>
    private static bool IsAfterFailure(IOperation use, IOperation wait) => wait.Ancestors().OfType<ITryOperation>().Any(attempt =>
        !attempt.Catches.IsEmpty && attempt.Body.Syntax.Span.Contains(wait.Syntax.Span) && !attempt.Body.Syntax.Span.Contains(use.Syntax.Span));
}
