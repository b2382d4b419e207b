using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;
using AsyncLlmAnalyzers.Catalog;
using AsyncLlmAnalyzers.Model;

namespace AsyncLlmAnalyzers.Facts;

/// <summary>Does this code run when the work was cancelled or has failed, so that the work's own token would stop it at once?</summary>
internal static class AfterCancellation
{
    /// <summary>Yes with the <c>catch</c>, <c>finally</c>, test or callback that says so; looks no further out than <paramref name="function"/>.</summary>
    public static Fact Of(IOperation site, IOperation function)
    {
        for (var (child, parent) = (site, site.Parent); child != function && parent is not null; (child, parent) = (parent, parent.Parent))
        {
            var runsAfter = parent switch
            {
                ICatchClauseOperation => true,
                ITryOperation { Finally: { } cleanup } => cleanup == child,
                IConditionalOperation test => child == test.WhenTrue ? MeansCancelled(test.Condition) : child == test.WhenFalse && MeansRunning(test.Condition),
                IBlockOperation block => block.Operations.TakeWhile(statement => statement != child).Any(LeavesUnlessCancelled),
                IArgumentOperation { Parent: IInvocationOperation { TargetMethod: { Name: "Register" or "UnsafeRegister" } register } } => ReturnTypes.IsCancellationToken(register.ContainingType),
                _ => false,
            };
            if (runsAfter)
                return new Fact(Verdict.Yes, parent.Syntax.GetLocation());
        }

        return new Fact(Verdict.No);
    }

    private static bool MeansCancelled(IOperation condition) => condition.WithoutConversions() switch
    {
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalAnd } and => MeansCancelled(and.LeftOperand) || MeansCancelled(and.RightOperand),
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not => MeansRunning(not.Operand),
        IPropertyReferenceOperation { Property: { Name: "IsCancellationRequested", ContainingType: var type } } => type.ContainingNamespace is { Name: "Threading" },
        _ => false,
    };

    private static bool MeansRunning(IOperation condition) => condition.WithoutConversions() switch
    {
        IBinaryOperation { OperatorKind: BinaryOperatorKind.ConditionalOr } or => MeansRunning(or.LeftOperand) || MeansRunning(or.RightOperand),
        IUnaryOperation { OperatorKind: UnaryOperatorKind.Not } not => MeansCancelled(not.Operand),
        _ => false,
    };

    /// <summary><c>if (!ct.IsCancellationRequested) return;</c> and <c>while (!ct.IsCancellationRequested) { .. }</c> without a break.</summary>
    private static bool LeavesUnlessCancelled(IOperation statement) => statement switch
    {
        IConditionalOperation { WhenFalse: null } test => MeansRunning(test.Condition) && LastOf(test.WhenTrue) is IBranchOperation or IReturnOperation or IThrowOperation,
        IWhileLoopOperation { Condition: { } condition, ConditionIsUntil: false } loop => MeansRunning(condition) && !loop.Body.Descendants().OfType<IBranchOperation>().Any(branch => branch.BranchKind == BranchKind.Break),
        _ => false,
    };

    private static IOperation? LastOf(IOperation statement) => statement is IBlockOperation block ? block.Operations.LastOrDefault() : statement;
}
